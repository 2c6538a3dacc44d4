package publish

import "math"

// Rows are what may be seen, as readers get it from the tables.
func (d *Door) Rows() []Row {
	var rows []Row
	for i := range d.views {
		v := &d.views[i]
		d.each(v, func(scope, cell int, g glimpse) { rows = append(rows, d.rowOf(v, scope, cell, g)) })
	}
	return rows
}

func (d *Door) rowOf(v *view, scope, cell int, g glimpse) Row {
	number := func(f float64) *float64 {
		if math.IsNaN(f) {
			return nil
		}
		return &f
	}
	r := Row{Metric: v.Metric, Definition: v.Definition, Grain: d.draft.Grain, Period: Date{d.draft.Period}, Tool: d.draft.Scopes[scope].Name,
		Dimensions: map[string]string{}, Value: number(g.value), Low: number(g.low), High: number(g.high), Numerator: number(g.numerator),
		Denominator: number(g.denominator), Band: bands[g.band], Coverage: number(g.coverage), State: d.state(g), Watermark: d.draft.Watermark, Suppressed: g.sight == hidden}
	for _, dimensions := range []map[string]string{d.draft.Cells[cell].Dimensions, v.Dimensions} {
		for name, value := range dimensions {
			r.Dimensions[name] = value
		}
	}
	if g.sight != hidden {
		group := Group(g.sight.group(g.people, d.k))
		r.Group = &group
	}
	return r
}

func (d *Door) state(g glimpse) string {
	switch {
	case g.unknown:
		return Unknown
	case d.draft.Final:
		return Final
	}
	return Provisional
}
