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
	// views are the tables with what each hides besides, in the draft's order.
	views []view
}

// Open chooses what is hidden, attacks it, and repairs until the attack finds
// nothing. k is the minimum group.
func Open(draft *Draft, k int) (*Door, error) {
	if len(draft.Cells) == 0 || len(draft.Scopes) == 0 {
		return nil, fmt.Errorf("open a draft of %s: there are no cells or tools", Date{draft.Period})
	}
	d := &Door{structure: newStructure(len(draft.Cells), draft.Placements), draft: draft, k: int64(k)}
	d.choose()
	d.look()
	if err := d.defend(); err != nil {
		return nil, fmt.Errorf("open the draft of %s: %w", Date{draft.Period}, err)
	}
	d.chooseFewer()
	d.chooseAdditive()
	d.protectFamilies()
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

// sight is how much of a table's cell may be seen.
func (d *Door) sight(v *view, scope, cell int) sight {
	if v.hides(d, scope, cell) {
		return hidden
	}
	return sightOf(d.draft.people(v.Table, scope, cell), d.k)
}

// glimpse is what may be seen of a table's cell, but for the coverage beside it.
func (d *Door) glimpse(v *view, scope, cell int) glimpse {
	g := blank(d.sight(v, scope, cell), d.draft.people(v.Table, scope, cell))
	if g.unknown = d.draft.unknown(v.Table, scope); !g.unknown && g.sight != hidden {
		g.fill(v.Table, d.draft.at(scope, cell))
	}
	return g
}

// each visits what may be seen of a table, scope by scope and cell by cell.
func (d *Door) each(v *view, visit func(scope, cell int, g glimpse)) {
	if v.Beside {
		return
	}
	beside := d.beside()
	scopes, cells := len(d.draft.Scopes), len(d.draft.Cells)
	if v.Single {
		scopes, cells = 1, 1
	}
	for scope := range scopes {
		for cell := range cells {
			if !v.has(d.draft.at(scope, cell)) {
				continue
			}
			g := d.glimpse(v, scope, cell)
			if beside != nil && g.sight != hidden {
				g.coverage = d.glimpse(beside, scope, cell).value
			}
			visit(scope, cell, g)
		}
	}
}

// beside is the table whose values stand beside those of all others: the same
// number that the metric itself shows. Some periods have none.
func (d *Door) beside() *view {
	for i := range d.views {
		if v := &d.views[i]; v.Metric == coverageMetric && len(v.Dimensions) == 0 {
			return v
		}
	}
	return nil
}
