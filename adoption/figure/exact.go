package figure

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// Exact holds the figures of a period before anything is hidden.
type Exact struct {
	Period Period
	Scopes []Scope
	// Silent tells per scope whether it went silent.
	Silent []bool
	Cells  []Cell
	// Placements has for each distinct place its cells, one per cut.
	Placements [][]int32
	// Eligible people per scope and cell, at scope*len(Cells) + cell.
	Eligible []int64
	Tables   []Table
}

// Table has a statistic's counts per scope and cell; NoRow where it has none.
type Table struct {
	Metric    Metric
	Statistic Statistic
	// Dimensions are those of the statistic, and further ones such as role_a.
	Dimensions             map[string]string
	Numerator, Denominator []int64
	// Values are given where they are no quotient, NaN for none.
	Values []float64
	// Low and High are given where the interval is not Wilson's.
	Low, High []float64
	// People in the statistic's own denominator, nil where they are the eligible ones.
	People []int64
	// HiddenWith are cells with which the row is hidden, as those of both roles of a gap.
	HiddenWith []int32
	// Mixes are cells of whose shares the value is a mean.
	Mixes []int32
	// Unknown are scopes that were silent in what the statistic looks at, nil
	// for those of the period.
	Unknown []bool
	// Single says that it has one row, of any tool and the total, and one number in each slice.
	Single bool
	// Beside is a coverage that stands beside other rows and has none of its own.
	Beside bool
}

// NoRow in a numerator stands for a cell that a statistic does not have.
const NoRow = -1

// errMoved says that the population was replaced while it was read.
var errMoved = errors.New("the people of the period were placed anew")

// calculation is what figures of one period are read with.
type calculation struct {
	conn    driver.Conn
	history *History
	span
	*Exact
	// standing is the table in which the standing lies.
	standing string
	at       map[Cell]int
	rowOf    map[string]int
	// window are the figures of the 28 days that end with the week.
	window *Exact
	// gaps are the sides of gaps by dimension.
	gaps map[string][]gapGroup
}

// Calculate reads the exact figures of a week or its 28 days whose people were placed; final
// weeks are followed up to lastFinal. window are those of the 28 days that end
// with a week, nil for them themselves. It returns nil where nobody was on the
// roster.
func Calculate(ctx context.Context, conn driver.Conn, h *History, p Period, lastFinal Week, window *Exact) (e *Exact, err error) {
	places, err := readPlaces(ctx, conn, p)
	if err != nil {
		return nil, fmt.Errorf("read the places of the %s: %w", p, err)
	}
	if len(places) == 0 {
		return nil, nil
	}
	c := newCalculation(conn, h, newSpan(p, lastFinal), places)
	c.window = window
	defer func() { err = errors.Join(err, c.drop(context.WithoutCancel(ctx))) }()
	if err := c.stand(ctx); err != nil {
		return nil, fmt.Errorf("find out what everybody did in the %s: %w", p, err)
	}
	if err := c.count(ctx); err != nil {
		return nil, fmt.Errorf("count the people of the %s: %w", p, err)
	}
	return c.Exact, c.readOthers(ctx)
}

func newCalculation(conn driver.Conn, h *History, s span, places []place) *calculation {
	c := &calculation{conn: conn, history: h, span: s, Exact: &Exact{Period: s.Period, Scopes: h.Scopes}, at: map[Cell]int{}, rowOf: map[string]int{}, gaps: map[string][]gapGroup{},
		standing: "standing_staging_" + strings.ReplaceAll(uuid.NewString(), "-", "")}
	for i, scope := range h.Scopes {
		c.rowOf[scope.Name] = i
		c.Silent = append(c.Silent, h.silent(scope, s.Period))
	}
	c.Cells, c.Placements = cells(places)
	for i, cell := range c.Cells {
		c.at[cell] = i
	}
	return c
}

// stand makes the standing.
func (c *calculation) stand(ctx context.Context) error {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"max_query_size": 16 << 20, "max_ast_elements": 500_000}))
	if c.Grain == Weekly {
		uses := "uses_" + c.standing
		if err := c.conn.Exec(ctx, "CREATE TABLE "+uses+" ENGINE = MergeTree ORDER BY (person, tool) AS "+c.usesSQL()); err != nil {
			return err
		}
		c.uses = uses
	}
	return c.conn.Exec(ctx, "CREATE TABLE "+c.standing+" ENGINE = MergeTree ORDER BY tuple() AS "+c.history.standingSQL(c.span)+"\nSETTINGS join_use_nulls = 0")
}

func (c *calculation) drop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var err error
	if c.uses != "" {
		err = c.conn.Exec(ctx, "DROP TABLE IF EXISTS "+c.uses)
	}
	return errors.Join(err, c.conn.Exec(ctx, "DROP TABLE IF EXISTS "+c.standing))
}

func readPlaces(ctx context.Context, conn driver.Conn, p Period) ([]place, error) {
	rows, err := conn.Query(ctx, fmt.Sprintf("SELECT DISTINCT %s FROM %s WHERE grain = '%s' AND period = '%s' ORDER BY ALL", asStrings(Dimensions), Population, p.Grain, p.Name()))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var places []place
	for rows.Next() {
		var p place
		if err := rows.Scan(&p[0], &p[1], &p[2], &p[3], &p[4], &p[5]); err != nil {
			return nil, err
		}
		places = append(places, p)
	}
	return places, rows.Err()
}

// statistics visits those that the period has.
func (c *calculation) statistics(visit func(Metric, Statistic) error) error {
	for _, m := range metrics {
		for _, s := range m.Statistics {
			if !c.has(s) {
				continue
			}
			if err := visit(m, s); err != nil {
				return fmt.Errorf("%s of the %s: %w", m.Name, c.span.Period, err)
			}
		}
	}
	return nil
}

// has tells whether the statistic is published of the period: where all it
// looks back at lies in the history, and all it looks ahead at is final.
func (c *calculation) has(s Statistic) bool {
	return s.of(c.Grain) && c.history.reaches(s, c.Week()) && s.Ahead <= c.ahead()
}

// readOthers reads the tables that the standing does not give.
func (c *calculation) readOthers(ctx context.Context) error {
	return c.statistics(func(m Metric, s Statistic) error {
		if s.read == nil {
			return nil
		}
		tables, err := s.read(ctx, c, m, s)
		c.Tables = append(c.Tables, tables...)
		return err
	})
}

// amender adds to a table what the standing does not tell.
type amender func(ctx context.Context, c *calculation, t *Table) error

// reader reads the tables of a statistic.
type reader func(ctx context.Context, c *calculation, m Metric, s Statistic) ([]Table, error)

// table has no rows but those that the statistic may have, all zero.
func (c *calculation) table(m Metric, s Statistic) Table {
	t := Table{Metric: m, Statistic: s, Dimensions: s.Dimensions, Numerator: make([]int64, len(c.Scopes)*len(c.Cells))}
	if s.Denominator != "" || s.Form != Count && s.Value == "" {
		t.Denominator = make([]int64, len(t.Numerator))
	}
	for i, scope := range c.Scopes {
		for j, cell := range c.Cells {
			if !s.Rows.has(scope) || !s.Cuts.has(cell) {
				t.Numerator[i*len(c.Cells)+j] = NoRow
			}
		}
	}
	if s.Ahead > 0 && s.Follows {
		t.Unknown = c.silentLater(s.Ahead)
	}
	return t
}

// silentLater tells per scope whether it is unknown because nothing was heard
// in the week, or in the one to which people are followed.
func (c *calculation) silentLater(weeks int) []bool {
	var silent []bool
	for i, scope := range c.Scopes {
		silent = append(silent, c.Silent[i] || c.history.silent(scope, c.Week().Add(weeks).Period()))
	}
	return silent
}
