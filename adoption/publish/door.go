package publish

import "fmt"

// Door decides what of a draft may be seen.
type Door struct {
	*structure
	draft *Draft
	k     int64
	// patterns per scope; a scope and its only child share one.
	patterns []*pattern
	children [][]int
	// fewer are the patterns of tables over fewer people than the eligible ones,
	// per table and scope.
	fewer map[*Table][]*pattern
	// additive are the hidden scopes of tables that add up over tools.
	additive map[*Table][]bool
}

// Open chooses what is hidden, attacks it, and repairs until the attack finds
// nothing. k is the minimum group.
func Open(draft *Draft, k int) (*Door, error) {
	if len(draft.Cells) == 0 || len(draft.Scopes) == 0 {
		return nil, fmt.Errorf("open a draft of %s: there are no cells or tools", Date{draft.Period})
	}
	d := &Door{structure: newStructure(len(draft.Cells), draft.Placements), draft: draft, k: int64(k)}
	d.choose()
	if err := d.defend(); err != nil {
		return nil, fmt.Errorf("open the draft of %s: %w", Date{draft.Period}, err)
	}
	d.chooseFewer()
	d.chooseAdditive()
	return d, nil
}

// choose makes a pattern per scope. A child hides what its parent hides: who is
// active with the one is active with the other, and would show there.
func (d *Door) choose() {
	d.children = make([][]int, len(d.draft.Scopes))
	for i, s := range d.draft.Scopes {
		if s.Parent >= 0 {
			d.children[s.Parent] = append(d.children[s.Parent], i)
		}
	}
	d.patterns = make([]*pattern, len(d.draft.Scopes))
	for i, s := range d.draft.Scopes {
		people := d.draft.Eligible[d.draft.at(i, 0):d.draft.at(i+1, 0)]
		switch {
		case s.Parent < 0:
			d.patterns[i] = newPattern(d.structure, d.k, people, d.seed(i, nil))
		case len(d.children[s.Parent]) == 1:
			d.patterns[i] = d.patterns[s.Parent]
		default:
			d.patterns[i] = newPattern(d.structure, d.k, people, d.seed(i, d.patterns[s.Parent].hidden))
		}
	}
}

// seed is what is hidden in any case: as in the parent, and what was hidden in
// an earlier version. The total stays.
func (d *Door) seed(scope int, parent []bool) []bool {
	seed := make([]bool, len(d.draft.Cells))
	for c := range seed {
		before := d.draft.HiddenBefore != nil && d.draft.HiddenBefore[d.draft.at(scope, c)] && !d.total[c]
		seed[c] = before || parent != nil && parent[c]
	}
	return seed
}

func equal(a, b []int64) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// chooseFewer extends the patterns for tables with fewer people in a cell.
func (d *Door) chooseFewer() {
	d.fewer = map[*Table][]*pattern{}
	for i := range d.draft.Tables {
		t := &d.draft.Tables[i]
		if t.People == nil {
			continue
		}
		patterns := make([]*pattern, len(d.patterns))
		for scope, p := range d.patterns {
			people := make([]int64, len(d.draft.Cells))
			for c := range people {
				people[c] = d.draft.people(t, scope, c)
			}
			patterns[scope] = p
			if !equal(people, p.people) {
				patterns[scope] = newPattern(d.structure, d.k, people, p.hidden)
			}
		}
		d.fewer[t] = patterns
	}
}

// chooseAdditive hides further tools where a table's counts add up over them.
func (d *Door) chooseAdditive() {
	d.additive = map[*Table][]bool{}
	for i := range d.draft.Tables {
		if t := &d.draft.Tables[i]; t.AddsOverTools {
			d.additive[t] = d.hiddenTools(t)
		}
	}
}

// hiddenTools treats the tools that have a row as cells of the total.
func (d *Door) hiddenTools(t *Table) []bool {
	scopes := len(d.draft.Scopes)
	people := make([]int64, scopes)
	seed := make([]bool, scopes)
	var placements [][]int32
	for scope := range scopes {
		people[scope] = d.draft.people(t, scope, 0)
		seed[scope] = d.patterns[scope].hidden[0]
		leaf := len(d.children[scope]) == 0 && scope > 0
		if leaf && t.Numerator[d.draft.at(scope, 0)] != noRow {
			placements = append(placements, []int32{0, int32(scope)})
		}
	}
	return newPattern(newStructure(scopes, placements), d.k, people, seed).hidden
}

// sight is how much of a table's cell may be seen.
func (d *Door) sight(t *Table, scope, cell int) sight {
	p := d.patterns[scope]
	if fewer := d.fewer[t]; fewer != nil {
		p = fewer[scope]
	}
	if p.hidden[cell] || cell == 0 && d.additive[t] != nil && d.additive[t][scope] {
		return hidden
	}
	return sightOf(d.draft.people(t, scope, cell), d.k)
}

// Rows returns what may be seen, in a fixed order.
func (d *Door) Rows() []Row {
	coverage := d.coverage()
	var rows []Row
	for i := range d.draft.Tables {
		t := &d.draft.Tables[i]
		for scope := range d.draft.Scopes {
			for cell := range d.draft.Cells {
				if at := d.draft.at(scope, cell); t.Numerator[at] != noRow {
					r := d.row(t, scope, cell)
					r.Coverage = coverage(scope, cell, r.Suppressed)
					rows = append(rows, r)
				}
			}
		}
	}
	return rows
}

// coverage returns how to look up what stands beside the other figures: the
// same number that the metric itself shows.
func (d *Door) coverage() func(scope, cell int, suppressed bool) *float64 {
	for i := range d.draft.Tables {
		t := &d.draft.Tables[i]
		if t.Metric != coverageMetric || t.Dimensions != nil {
			continue
		}
		return func(scope, cell int, suppressed bool) *float64 {
			if suppressed {
				return nil
			}
			return d.row(t, scope, cell).Value
		}
	}
	return func(int, int, bool) *float64 { return nil }
}

func (d *Door) row(t *Table, scope, cell int) Row {
	at, s := d.draft.at(scope, cell), d.sight(t, scope, cell)
	r := Row{
		Metric: t.Metric, Definition: t.Definition, Grain: d.draft.Grain, Period: Date{d.draft.Period},
		Dimensions: d.dimensions(t, cell), Tool: d.draft.Scopes[scope].Name,
		State: d.state(scope), Watermark: d.draft.Watermark, Suppressed: s == hidden,
		Group: s.group(d.draft.people(t, scope, cell), d.k),
	}
	if s == hidden || r.State == Unknown {
		return r
	}
	var denominator int64
	if t.Denominator != nil {
		denominator = t.Denominator[at]
	}
	r.fill(t, s, t.Numerator[at], denominator)
	return r
}

func (d *Door) state(scope int) string {
	switch {
	case d.draft.Scopes[scope].Silent:
		return Unknown
	case d.draft.Final:
		return Final
	}
	return Provisional
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
