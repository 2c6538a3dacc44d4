package publish

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// isCut is true of the dimensions of a cut; the others tell rows of a metric apart.
var isCut = "name IN ('" + strings.Join(dimensions, "', '") + "')"

// darkness is what a kind of row hid, per tool the dimensions of its cells.
type darkness map[string]map[string]bool

// keepHidden keeps dark what was dark in a version that may have been read:
// two versions with different patterns could be subtracted from each other.
func (d *Draft) keepHidden(ctx context.Context, conn driver.Conn) error {
	dark, err := d.readDark(ctx, conn)
	if err != nil {
		return fmt.Errorf("read what the %s of %s hid: %w", d.Grain, Date{d.Period}, err)
	}
	d.keep(dark)
	return nil
}

func (d *Draft) keep(dark map[string]darkness) {
	d.before = make([][]bool, len(d.Tables))
	for i := range d.Tables {
		if t := &d.Tables[i]; dark[t.kind()] != nil && !t.Single {
			d.before[i] = d.darkened(dark[t.kind()])
		}
	}
	d.joinTools()
	d.HiddenBefore = d.shared()
	for i := range d.before {
		if d.onlyShared(i) {
			d.before[i] = nil
		}
	}
}

// joinTools lets the statistics of a metric that adds up over tools keep the
// same: they share their patterns, though one has rows where another has none.
func (d *Draft) joinTools() {
	all := map[string][]bool{}
	for i, before := range d.before {
		t := &d.Tables[i]
		if !t.AddsOverTools || before == nil {
			continue
		}
		if all[t.Metric] == nil {
			all[t.Metric] = make([]bool, len(before))
		}
		for at, hidden := range before {
			all[t.Metric][at] = all[t.Metric][at] || hidden
		}
		d.before[i] = all[t.Metric]
	}
}

// shared is what all tables hid that had a row there: some hid more, none less.
func (d *Draft) shared() []bool {
	all, none := make([]bool, len(d.Eligible)), make([]bool, len(d.Eligible))
	for i, before := range d.before {
		for at, hidden := range before {
			if d.Tables[i].has(at) {
				all[at], none[at] = all[at] || hidden, none[at] || !hidden
			}
		}
	}
	for at := range all {
		all[at] = all[at] && !none[at]
	}
	return all
}

// onlyShared tells whether a table hid no more than all did.
func (d *Draft) onlyShared(table int) bool {
	for at, hidden := range d.before[table] {
		if hidden && !d.HiddenBefore[at] && d.Tables[table].has(at) {
			return false
		}
	}
	return true
}

// kind tells the rows of a table from those of others.
func (t *Table) kind() string { return t.Metric + key(t.Dimensions) }

// darkened is a darkness in the places of this draft. Cells that were not there
// were not hidden, and rows that a table does not have hide nothing.
func (d *Draft) darkened(dark darkness) []bool {
	before := make([]bool, len(d.Scopes)*len(d.Cells))
	for scope := range d.Scopes {
		cells := dark[d.Scopes[scope].Name]
		for cell := range d.Cells {
			before[d.at(scope, cell)] = cells[key(d.Cells[cell].Dimensions)]
		}
	}
	return before
}

func (d *Draft) readDark(ctx context.Context, conn driver.Conn) (map[string]darkness, error) {
	rows, err := conn.Query(ctx, `
SELECT metric, mapFilter((name, value) -> NOT `+isCut+`, any(dimensions)), tool, groupArrayIf(arrayStringConcat(arrayMap((name, value) -> char(0) || name || char(1) || value, mapKeys(cut), mapValues(cut))), suppressed)
FROM (SELECT metric, tool, dimensions, suppressed, mapFilter((name, value) -> `+isCut+`, dimensions) AS cut FROM figure WHERE grain = ? AND period = ?)
GROUP BY metric, tool, toString(mapFilter((name, value) -> NOT `+isCut+`, dimensions))`, d.Grain, d.Period)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]darkness{}
	for rows.Next() {
		var t Table
		var tool string
		var cells []string
		if err := rows.Scan(&t.Metric, &t.Dimensions, &tool, &cells); err != nil {
			return nil, err
		}
		of := all[t.kind()]
		if of == nil {
			of = darkness{}
			all[t.kind()] = of
		}
		of[tool] = map[string]bool{}
		for _, cell := range cells {
			of[tool][cell] = true
		}
	}
	return all, rows.Err()
}
