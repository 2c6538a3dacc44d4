package publish

import "slices"

// view is a table with what it hides.
type view struct {
	*Table
	// index is the table's place in the draft.
	index int
	// patterns per scope are those of all tables where nil, and otherwise hide more.
	patterns []*pattern
	// withheld, at scope*cells + cell, is what is hidden because it would give
	// away a single tool; nil where nothing is.
	withheld []bool
	// dark is the whole table.
	dark bool
	// cuts are the scopes in which the table has rows besides the total.
	cuts []bool
}

// hides tells whether the view hides the cell for another reason than that it
// has too few people.
func (v *view) hides(d *Door, scope, cell int) bool {
	return v.dark || v.pattern(d, scope).hidden[cell] || d.draft.refused(v.Table, scope, cell) ||
		v.withheld != nil && v.withheld[d.draft.at(scope, cell)]
}

func (v *view) pattern(d *Door, scope int) *pattern {
	if v.patterns != nil {
		return v.patterns[scope]
	}
	return d.patterns[scope]
}

// look makes the views. Those that tell how people use several tools need their
// own patterns before the attack, because the attack hides cells of theirs alone.
func (d *Door) look() {
	d.views = make([]view, len(d.draft.Tables))
	for i := range d.views {
		v := &d.views[i]
		v.Table, v.index, v.cuts = &d.draft.Tables[i], i, d.cuts(&d.draft.Tables[i])
		if v.overlaps() {
			v.patterns = d.own(v)
		}
	}
}

// own are patterns for a table that no other shares.
func (d *Door) own(v *view) []*pattern {
	patterns, copies := d.fewer(v), map[*pattern]*pattern{}
	for scope, p := range patterns {
		if copies[p] == nil {
			copies[p] = p.clone()
		}
		patterns[scope] = copies[p]
	}
	return patterns
}

func (v *view) hasCuts() bool { return slices.Contains(v.cuts, true) }

// overlaps says that the table tells how tools' people overlap.
func (v *view) overlaps() bool { return v.Uses || v.Twice }

// chooseFewer gives the tables over fewer people than the eligible ones, or
// with refused cells, patterns that hide more. Equal tables share theirs.
func (d *Door) chooseFewer() {
	for i := range d.views {
		v := &d.views[i]
		v.dark = slices.ContainsFunc(v.HiddenWith, func(cell int32) bool { return d.patterns[0].hidden[cell] }) || d.unmixes(v.Table)
		if v.overlaps() || !d.narrower(v) {
			continue
		}
		same := slices.IndexFunc(d.views[:i], func(other view) bool { return !other.overlaps() && d.alike(v, &other) })
		switch {
		case same >= 0:
			v.patterns = d.views[same].patterns
		case v.AddsOverTools:
			v.patterns = d.own(v)
		default:
			v.patterns = d.fewer(v)
		}
	}
}

// leastMixed is how many hidden shares a mean must have to tell of none of
// them: with three on each side of a gap four are free when their sums are known.
const leastMixed = 6

// unmixes tells whether the mean of some shares would give a hidden one away.
func (d *Door) unmixes(t *Table) bool {
	hidden := 0
	for _, cell := range t.Mixes {
		if d.patterns[0].hidden[cell] {
			hidden++
		}
	}
	return hidden > 0 && hidden < leastMixed
}

// narrower tells whether the table can hide more than all do: only rows of
// counts, or of fewer people, give anything away by sums.
func (d *Door) narrower(v *view) bool {
	if v.Single {
		return false
	}
	return v.People != nil || v.AddsOverTools && v.hasCuts() || v.counted() && (v.LeastPeople > d.k || v.Veiled != nil || d.before(v) != nil)
}

// alike tells whether two tables hide the same.
func (d *Door) alike(v, other *view) bool {
	if !d.narrower(other) || !slices.Equal(v.cuts, other.cuts) || v.AddsOverTools != other.AddsOverTools || v.counted() != other.counted() || !slices.Equal(v.People, other.People) || !slices.Equal(d.before(v), d.before(other)) {
		return false
	}
	return !v.counted() || v.LeastPeople == other.LeastPeople && slices.Equal(v.Veiled, other.Veiled)
}

// before is what the table hid in an earlier version.
func (d *Door) before(v *view) []bool {
	if d.draft.before == nil {
		return nil
	}
	return d.draft.before[v.index]
}

// fewer extends the patterns of all tables for one of them.
func (d *Door) fewer(v *view) []*pattern {
	patterns := make([]*pattern, len(d.patterns))
	for scope, p := range d.patterns {
		if parent := d.draft.Scopes[scope].Parent; parent >= 0 && p == d.patterns[parent] && patterns[parent] != p && d.sameIn(v, scope, parent) {
			patterns[scope] = patterns[parent]
			continue
		}
		patterns[scope] = d.fewerOf(v, scope)
	}
	return patterns
}

// sameIn tells whether the table counts the same people in a scope and its parent.
func (d *Door) sameIn(v *view, scope, parent int) bool {
	if v.People == nil {
		return true
	}
	at := func(scope int) Counts { return v.People[d.draft.at(scope, 0):d.draft.at(scope+1, 0)] }
	return slices.Equal(at(scope), at(parent))
}

func (d *Door) fewerOf(v *view, scope int) *pattern {
	base := d.patterns[scope]
	people, seed, more := make([]int64, d.cells), make([]bool, d.cells), false
	before := d.before(v)
	for c := range seed {
		people[c] = d.draft.people(v.Table, scope, c)
		seed[c] = base.hidden[c] || before != nil && before[d.draft.at(scope, c)] && (!d.total[c] || v.AddsOverTools || v.overlaps()) || v.counted() && d.draft.refused(v.Table, scope, c)
		more = more || !base.hidden[c] && (seed[c] || people[c] < d.k)
	}
	if !more || !v.cuts[scope] {
		return base
	}
	d.joinTotals(seed)
	return newPattern(d.structure, d.k, people, seed)
}

// joinTotals hides all cells that hold the same people as the total with one of them.
func (d *Door) joinTotals(seed []bool) {
	hides := false
	for c, total := range d.total {
		hides = hides || total && seed[c]
	}
	for c, total := range d.total {
		seed[c] = seed[c] || total && hides
	}
}

// cuts tells of each scope whether the table has rows of it besides the total.
func (d *Door) cuts(t *Table) []bool {
	cuts := make([]bool, len(d.draft.Scopes))
	if t.Single {
		return cuts
	}
	for scope := range cuts {
		for c := 1; c < d.cells && !cuts[scope]; c++ {
			cuts[scope] = t.has(d.draft.at(scope, c))
		}
	}
	return cuts
}

// chooseAdditive hides further tools where a table's counts add up over them,
// and it has rows of the total only. A statistic of a metric with more rows
// hides what that hides, since it is a part of it.
func (d *Door) chooseAdditive() {
	for i := range d.views {
		v := &d.views[i]
		if !v.AddsOverTools || v.hasCuts() {
			continue
		}
		whole := slices.IndexFunc(d.views, func(other view) bool { return other.Metric == v.Metric && other.AddsOverTools && other.hasCuts() })
		if whole >= 0 {
			v.patterns = d.views[whole].patterns
		} else {
			v.withheld = d.hiddenTools(v)
		}
	}
}

// hiddenTools treats the tools that have a row as cells of the total.
func (d *Door) hiddenTools(v *view) []bool {
	scopes := len(d.draft.Scopes)
	people, seed := make([]int64, scopes), make([]bool, scopes)
	var placements [][]int32
	for scope := range scopes {
		people[scope] = d.draft.people(v.Table, scope, total)
		seed[scope] = v.hides(d, scope, total)
		leaf := len(d.children[scope]) == 0 && scope > 0
		if leaf && v.has(d.draft.at(scope, total)) {
			placements = append(placements, []int32{0, int32(scope)})
		}
	}
	hidden := newPattern(newStructure(scopes, placements), d.k, people, seed).hidden
	withheld := make([]bool, scopes*d.cells)
	for scope := range scopes {
		withheld[d.draft.at(scope, total)] = hidden[scope]
	}
	return withheld
}
