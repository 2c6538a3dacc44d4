package figure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Exact holds the figures of a week before anything is hidden.
type Exact struct {
	Week   Week
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

// Table is a metric's counts per scope and cell; -1 where it has no row.
type Table struct {
	Metric                 Metric
	Numerator, Denominator []int64
}

// Calculate reads the exact figures of a week whose people were placed. It
// returns nil where nobody was on the roster.
func Calculate(ctx context.Context, conn driver.Conn, h *History, week Week) (*Exact, error) {
	e := &Exact{Week: week, Scopes: h.Scopes}
	for _, scope := range h.Scopes {
		e.Silent = append(e.Silent, h.silent(scope, week))
	}
	places, err := readPlaces(ctx, conn, week)
	if err != nil {
		return nil, fmt.Errorf("read the places of the week of %s: %w", week.Monday(), err)
	}
	if len(places) == 0 {
		return nil, nil
	}
	e.Cells, e.Placements = cells(places)
	if err := e.count(ctx, conn, h); err != nil {
		return nil, fmt.Errorf("count the people of the week of %s: %w", week.Monday(), err)
	}
	if err := e.countByTool(ctx, conn, h); err != nil {
		return nil, fmt.Errorf("count the acts of the week of %s: %w", week.Monday(), err)
	}
	return e, nil
}

func readPlaces(ctx context.Context, conn driver.Conn, week Week) ([]place, error) {
	var columns []string
	for _, name := range Dimensions {
		columns = append(columns, "toString("+name+")")
	}
	rows, err := conn.Query(ctx, fmt.Sprintf("SELECT DISTINCT %s FROM %s WHERE grain = 'week' AND period = '%s' ORDER BY ALL",
		strings.Join(columns, ", "), Population, week.Monday()))
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

// count fills the tables of all metrics that count people, in one query.
func (e *Exact) count(ctx context.Context, conn driver.Conn, h *History) error {
	sets := [][]Mark{{Eligible}}
	for _, m := range metrics {
		for _, marks := range [][]Mark{m.Numerator, m.Denominator} {
			if marks != nil && index(sets, marks) < 0 {
				sets = append(sets, marks)
			}
		}
	}
	counts, err := e.countSets(ctx, conn, h, sets)
	if err != nil {
		return err
	}
	e.Eligible = counts[0]
	for _, m := range metrics {
		if m.Numerator == nil || !h.reaches(m, e.Week) {
			continue
		}
		t := Table{Metric: m, Numerator: counts[index(sets, m.Numerator)]}
		if m.Denominator != nil {
			t.Denominator = counts[index(sets, m.Denominator)]
		}
		e.Tables = append(e.Tables, t)
	}
	return nil
}

func index(sets [][]Mark, marks []Mark) int {
	return slices.IndexFunc(sets, func(s []Mark) bool { return slices.Equal(s, marks) })
}

// countSets counts, per set, scope and cell, the people with all its marks.
func (e *Exact) countSets(ctx context.Context, conn driver.Conn, h *History, sets [][]Mark) ([][]int64, error) {
	at := map[Cell]int{}
	for i, c := range e.Cells {
		at[c] = i
	}
	counts := make([][]int64, len(sets))
	for i := range counts {
		counts[i] = make([]int64, len(e.Scopes)*len(e.Cells))
	}
	rows, err := conn.Query(ctx, countSQL(h, e.Week, sets))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c Cell
		var bySet [][]uint64
		var cut uint64
		if err := rows.Scan(&cut, &c.values[0], &c.values[1], &c.values[2], &c.values[3], &c.values[4], &c.values[5], &bySet); err != nil {
			return nil, err
		}
		c.cut = cutOf(cut)
		cell, known := at[c]
		if !known {
			return nil, fmt.Errorf("a group appeared while the week was counted: %w", errMoved)
		}
		for set, byScope := range bySet {
			for scope, n := range byScope {
				counts[set][scope*len(e.Cells)+cell] = int64(n)
			}
		}
	}
	return counts, rows.Err()
}
