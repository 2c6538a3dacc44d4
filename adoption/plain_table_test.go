package adoption_test

import (
	"fmt"
	"maps"
)

// form says how a row shows what was calculated.
type form int

const (
	// counted: the value is the numerator.
	counted form = iota
	// share of people, with Wilson's interval.
	share
	// ratio of something else, without one.
	ratio
	// level is a number that is no share: it has no bands.
	level
)

// exact is what a row would say if all could be seen.
type exact struct {
	form                   form
	numerator, denominator int64
	// scale divides the numerator.
	scale int64
	// value, where it is not numerator ÷ denominator, is a fraction: none where
	// it is nil, null where its denominator is 0.
	value *fraction
	// float is the value of a row that adds up quotients, low and high its interval.
	float, low, high *float64
	// roughly says that the interval is drawn by lot.
	roughly bool
	// noNumerator and noDenominator are null whatever may be seen.
	noNumerator, noDenominator bool
	// people is n by rule 15, and least is what it must be.
	people, least int64
	unknown       bool
	// veils are rows of the 28 days that hide this one where they are hidden.
	veils []string
}

type fraction struct{ top, bottom int64 }

// table has a metric's rows of a period, by scope and cell.
type table struct {
	*span
	metric string
	// more are dimensions beside those of the cell.
	more map[string]string
	rows []*exact
}

// table makes a metric's rows of the scopes and cells that it has; dimensions
// come as names and values.
func (s *span) table(metric string, f form, has func(scope, cell) bool, dimensions ...string) *table {
	t := &table{span: s, metric: metric, more: map[string]string{}, rows: make([]*exact, len(s.scopes)*len(s.cells))}
	for i := 0; i < len(dimensions); i += 2 {
		t.more[dimensions[i]] = dimensions[i+1]
	}
	for i, one := range s.scopes {
		for j, c := range s.cells {
			if has(one, c) {
				t.rows[i*len(s.cells)+j] = &exact{form: f, scale: 1}
			}
		}
	}
	for _, m := range s.members {
		for i, eligible := range m.eligibleFor {
			for _, c := range m.cells {
				if e := t.row(i, c); e != nil && eligible {
					e.people++
				}
			}
		}
	}
	return t
}

func (t *table) row(scope, cell int) *exact { return t.rows[scope*len(t.cells)+cell] }

func everywhere(scope, cell) bool { return true }

func inTotal(_ scope, c cell) bool { return c.cut == "" }

func anyInTotal(s scope, c cell) bool { return s.name == "any" && c.cut == "" }

// each visits the rows that there are.
func (t *table) each(visit func(scope, cell int, e *exact)) {
	for i := range t.scopes {
		for j := range t.cells {
			if e := t.row(i, j); e != nil {
				visit(i, j, e)
			}
		}
	}
}

// ofThose makes the statistic's own denominator the people of rule 15.
func (t *table) ofThose() *table {
	t.each(func(_, _ int, e *exact) { e.people = min(e.people, e.denominator) })
	return t
}

// rowKey names a row of a period.
func rowKey(metric, tool string, dimensions map[string]string) string {
	return metric + "|" + tool + "|" + fmt.Sprint(dimensions)
}

// into adds the table's rows to those of the period.
func (t *table) into(rows map[string]*exact) {
	t.each(func(scope, cell int, e *exact) {
		dimensions := maps.Clone(t.cells[cell].dimensions)
		maps.Copy(dimensions, t.more)
		from, to := t.from, t.to
		if t.grain == "day" {
			from, to = mondayOf(t.period), mondayOf(t.period)+6
		}
		e.unknown = e.unknown || t.silent(t.scopes[scope], from, to)
		rows[rowKey(t.metric, t.scopes[scope].name, dimensions)] = e
	})
}
