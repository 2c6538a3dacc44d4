package publish

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// load brings the rows of a door into a table like figure. Millions of rows
// would take long one by one: only numbers are sent, in columns, and the tables
// join them with names and dimensions that are sent once.
type load struct {
	door *Door
	conn driver.Conn
	// rows is what becomes the period, cells and numbers what it is made from.
	rows, cells, numbers string
	// firstOf tells per table where the cells with its added dimensions begin.
	firstOf []int
}

func newLoad(d *Door, conn driver.Conn) *load {
	id := strings.ReplaceAll(uuid.NewString(), "-", "")
	return &load{door: d, conn: conn, rows: "figure_staging_" + id, cells: "figure_cell_" + id, numbers: "figure_number_" + id}
}

// apart does work with the load's own tables, and drops them.
func (l *load) apart(ctx context.Context, work func(context.Context) error) (err error) {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"async_insert": 0, "alter_sync": 1}))
	defer func() {
		for _, table := range []string{l.rows, l.cells, l.numbers} {
			err = errors.Join(err, l.conn.Exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS "+table))
		}
	}()
	return work(ctx)
}

// replace puts the rows in the place of the period's old ones, all at once. It
// finds out whether any of them corrects a settled version.
func (d *Door) replace(ctx context.Context, conn driver.Conn, p *Publication, settled bool) error {
	l := newLoad(d, conn)
	return l.apart(ctx, func(ctx context.Context) error {
		if err := l.fill(ctx, p, settled); err != nil {
			return err
		}
		return l.show(ctx, p, settled)
	})
}

// show publishes the rows, and keeps them for audit once they are final.
func (l *load) show(ctx context.Context, p *Publication, settled bool) error {
	if settled {
		var corrected uint64
		if err := l.conn.QueryRow(ctx, "SELECT countIf(state = 'corrected') FROM "+l.rows).Scan(&corrected); err != nil {
			return err
		}
		if corrected > 0 {
			p.State = Corrected
		}
	}
	if p.Settled() {
		if err := l.conn.Exec(ctx, "INSERT INTO figure_history SELECT * FROM "+l.rows); err != nil {
			return err
		}
	}
	return l.conn.Exec(ctx, fmt.Sprintf("ALTER TABLE figure REPLACE PARTITION ('%s', '%s') FROM %s", p.Grain, Date{p.Period}, l.rows))
}

func (l *load) fill(ctx context.Context, p *Publication, settled bool) error {
	for _, create := range []string{
		"CREATE TABLE " + l.rows + " AS figure",
		"CREATE TABLE " + l.cells + " (id UInt32, dimensions Map(LowCardinality(String), String)) ENGINE = Memory",
		"CREATE TABLE " + l.numbers + ` (id UInt32, figures UInt16, scope UInt16, sight UInt8, people Int64, band UInt8, unknown Bool,
			value Float64, low Float64, high Float64, numerator Float64, denominator Float64, coverage Float64) ENGINE = Memory`,
	} {
		if err := l.conn.Exec(ctx, create); err != nil {
			return err
		}
	}
	if err := l.sendCells(ctx); err != nil {
		return err
	}
	for from := 0; from < len(l.door.views); {
		to, err := l.sendNumbers(ctx, from)
		if err != nil {
			return err
		}
		if err := l.expand(ctx, p, settled); err != nil {
			return err
		}
		if err := l.conn.Exec(ctx, "TRUNCATE TABLE "+l.numbers); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// sendCells sends the dimensions of each cell once for each kind of table.
func (l *load) sendCells(ctx context.Context) error {
	batch, err := l.conn.PrepareBatch(ctx, "INSERT INTO "+l.cells+" (id, dimensions)")
	if err != nil {
		return err
	}
	defer batch.Close()
	kinds, sent := map[string]int{}, 0
	for i := range l.door.views {
		t := l.door.views[i].Table
		first, known := kinds[key(t.Dimensions)]
		if !known {
			first = sent
			kinds[key(t.Dimensions)] = first
			for cell := range l.door.cellsOf(t) {
				if err := batch.Append(uint32(sent), ordered(l.door.dimensions(t, cell))); err != nil {
					return err
				}
				sent++
			}
		}
		l.firstOf = append(l.firstOf, first)
	}
	return batch.Send()
}

// cellsOf is how many cells the table has at most.
func (d *Door) cellsOf(t *Table) int {
	if t.Single {
		return 1
	}
	return len(d.draft.Cells)
}

// most is how many rows are sent and expanded at once.
const most = 1 << 20

// numbers are rows as columns.
type numbers struct {
	id                                                 []uint32
	figures, scope                                     []uint16
	sight, band                                        []uint8
	people                                             []int64
	unknown                                            []bool
	value, low, high, numerator, denominator, coverage []float64
}

func (n *numbers) add(id uint32, figures, scope int, g glimpse) {
	n.id, n.figures, n.scope = append(n.id, id), append(n.figures, uint16(figures)), append(n.scope, uint16(scope))
	n.sight, n.band, n.unknown = append(n.sight, uint8(g.sight)), append(n.band, g.band), append(n.unknown, g.unknown)
	if g.sight != exact {
		g.people = 0
	}
	n.people = append(n.people, g.people)
	n.value, n.low, n.high = append(n.value, g.value), append(n.low, g.low), append(n.high, g.high)
	n.numerator, n.denominator, n.coverage = append(n.numerator, g.numerator), append(n.denominator, g.denominator), append(n.coverage, g.coverage)
}

// sendNumbers sends tables until there are enough rows, and returns the next.
func (l *load) sendNumbers(ctx context.Context, from int) (int, error) {
	var n numbers
	to := from
	for ; to < len(l.door.views) && len(n.id) < most; to++ {
		l.door.each(&l.door.views[to], func(scope, cell int, g glimpse) { n.add(uint32(l.firstOf[to]+cell), to, scope, g) })
	}
	batch, err := l.conn.PrepareBatch(ctx, "INSERT INTO "+l.numbers+" (id, figures, scope, sight, people, band, unknown, value, low, high, numerator, denominator, coverage)")
	if err != nil {
		return to, err
	}
	defer batch.Close()
	for i, column := range []any{n.id, n.figures, n.scope, n.sight, n.people, n.band, n.unknown, n.value, n.low, n.high, n.numerator, n.denominator, n.coverage} {
		if err := batch.Column(i).Append(column); err != nil {
			return to, err
		}
	}
	return to, batch.Send()
}

// expand makes rows of the numbers. Of what is blunted only the class goes out:
// people is 0 there.
func (l *load) expand(ctx context.Context, p *Publication, settled bool) error {
	var metrics, definitions, scopes []string
	for i := range l.door.views {
		metrics, definitions = append(metrics, l.door.views[i].Metric), append(definitions, l.door.views[i].Definition)
	}
	for _, s := range l.door.draft.Scopes {
		scopes = append(scopes, s.Name)
	}
	k := l.door.k
	null := func(name string) string { return fmt.Sprintf("if(isNaN(n.%[1]s), NULL, n.%[1]s)", name) }
	state, args := "'"+p.State+"'", []any{metrics, definitions, scopes, bands}
	if settled {
		state = correctedSQL(p)
	}
	return l.conn.Exec(ctx, `
INSERT INTO `+l.rows+` (`+columns+`)
SELECT metric, definition, '`+p.Grain+`', toDate('`+Date{p.Period}.String()+`'), dimensions, tool, value, low, high, numerator, denominator, group, band, coverage,
    if(unknown, 'unknown', `+state+`), fromUnixTimestamp64Micro(`+fmt.Sprint(p.Watermark.UnixMicro())+`, 'UTC'), suppressed
FROM
(
    WITH (SELECT groupArray(dimensions) FROM (SELECT dimensions FROM `+l.cells+` ORDER BY id)) AS of
    SELECT ?[n.figures + 1] AS metric, ?[n.figures + 1] AS definition, of[n.id + 1] AS dimensions, ?[n.scope + 1] AS tool,
        `+null("value")+` AS value, `+null("low")+` AS low, `+null("high")+` AS high, `+null("numerator")+` AS numerator, `+null("denominator")+` AS denominator, `+null("coverage")+` AS coverage,
        multiIf(n.sight = 0, NULL, n.sight = 1, '`+coarse.group(0, k)+`', n.sight = 2, '`+fine.group(0, k)+`', toString(n.people)) AS group,
        ?[n.band + 1] AS band, n.unknown AS unknown, n.sight = 0 AS suppressed
    FROM `+l.numbers+` AS n
)`, args...)
}

// contentSQL is a hash of all that a row says but for its state and watermark.
const contentSQL = `cityHash64(metric, tool, toString(dimensions), definition, band, suppressed, ifNull(value, nan), ifNull(low, nan), ifNull(high, nan),
    ifNull(numerator, nan), ifNull(denominator, nan), ifNull(coverage, nan), ifNull(group, ''))`

// correctedSQL is the state of a row of a period that was settled: it keeps the
// mark of one that says the same, and kinds of rows that were not there before
// correct nothing, because cohorts are followed for weeks.
func correctedSQL(p *Publication) string {
	before := fmt.Sprintf("FROM figure WHERE grain = '%s' AND period = toDate('%s')", p.Grain, Date{p.Period})
	return `multiIf(` + contentSQL + ` IN (SELECT ` + contentSQL + ` ` + before + ` AND state = 'corrected'), 'corrected',
        ` + contentSQL + ` IN (SELECT ` + contentSQL + ` ` + before + ` AND state != 'corrected'), 'final',
        (metric, dimensions['statistic']) IN (SELECT DISTINCT metric, dimensions['statistic'] ` + before + `), 'corrected', 'final')`
}

func (d *Door) dimensions(t *Table, cell int) map[string]string {
	own := d.draft.Cells[cell].Dimensions
	if len(t.Dimensions) == 0 {
		return own
	}
	all := make(map[string]string, len(own)+len(t.Dimensions))
	for name, value := range own {
		all[name] = value
	}
	for name, value := range t.Dimensions {
		all[name] = value
	}
	return all
}
