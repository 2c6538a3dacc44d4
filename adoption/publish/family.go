package publish

import "slices"

// family is a number that adds up over cells and over the tools of a scope as
// well, so that a hidden one could follow from both kinds of sums together.
type family struct {
	door *Door
	// owner shows the number where it has rows, tools the people of the scopes
	// below, which are counted into it there; nil where the owner has them too.
	owner, tools *view
	// known numbers are published, judged ones must not follow from them. What is
	// blunted is neither, nor what the owner hides of sums of shown people.
	known, judged []bool
	// scopes are those whose numbers add up to their parent's.
	scopes []int
}

// protectFamilies hides in the tables that add up over tools, or tell how tools
// overlap, what would give away a single tool.
func (d *Door) protectFamilies() {
	tools := slices.IndexFunc(d.views, func(v view) bool { return v.Metric == activeMetric })
	for i := range d.views {
		v := &d.views[i]
		switch {
		case v.AddsOverTools && v.hasCuts():
			if !slices.ContainsFunc(d.views[:i], func(other view) bool { return other.AddsOverTools && other.hasCuts() && d.same(v, &other) }) {
				d.newFamily(v, nil).protect()
			}
		case v.Uses && tools >= 0, v.Twice && tools >= 0 && len(d.children[0]) == 2:
			d.newFamily(v, &d.views[tools]).protect()
		}
	}
}

// same tells whether two views share their patterns.
func (d *Door) same(v, other *view) bool {
	return v.patterns != nil && other.patterns != nil && &v.patterns[0] == &other.patterns[0]
}

func (d *Door) newFamily(owner, tools *view) *family {
	f := &family{door: d, owner: owner, tools: tools}
	for scope, s := range d.draft.Scopes {
		if !owner.Twice || s.Parent <= 0 {
			f.scopes = append(f.scopes, scope)
		}
	}
	return f
}

// protect hides further cells of the owner until no judged number follows.
func (f *family) protect() {
	for {
		f.look()
		exposed := f.exposed()
		if len(exposed) == 0 {
			return
		}
		for _, at := range exposed {
			if !f.cover(int(at)/f.door.cells, int(at)%f.door.cells) {
				f.darken()
				break
			}
		}
		for _, scope := range f.scopes {
			f.owner.patterns[scope].protect()
		}
	}
}

// darken hides all of the owner: the judged numbers were safe without it.
func (f *family) darken() {
	for _, scope := range f.scopes {
		f.owner.patterns[scope].darken()
	}
}

// source is the view that shows the number of a scope.
func (f *family) source(scope int) *view {
	inner := len(f.door.children[scope]) > 0 || scope == 0
	if f.tools == nil || f.owner.Uses && inner || f.owner.Twice && scope == 0 {
		return f.owner
	}
	return f.tools
}

func (f *family) look() {
	d := f.door
	f.known, f.judged = make([]bool, len(d.draft.Eligible)), make([]bool, len(d.draft.Eligible))
	for _, scope := range f.scopes {
		v := f.source(scope)
		if d.draft.unknown(v.Table, scope) {
			continue
		}
		for cell := range d.draft.Cells {
			at := d.draft.at(scope, cell)
			if !v.has(at) {
				continue
			}
			s := d.sight(v, scope, cell)
			f.known[at], f.judged[at] = s == exact, s == hidden && (f.tools == nil || v == f.tools)
			if f.owner.Twice && scope == 0 {
				all := d.sight(f.tools, scope, cell)
				f.known[at], f.judged[at] = s == exact && all == exact, all == hidden
			}
		}
	}
}

// exposed are the judged numbers that follow from the known ones. Only those of
// the lowest scopes are unknowns: where each of them adds up over cells, so do
// the scopes above, which are sums of them.
func (f *family) exposed() []int32 {
	if !slices.Contains(f.judged, true) {
		return nil
	}
	system := newSystem(len(f.known))
	rows := f.equations()
	slices.SortStableFunc(rows, func(a, b []term) int { return len(a) - len(b) })
	for _, row := range rows {
		system.insert(row)
	}
	solution := system.solution()
	var exposed []int32
	for _, scope := range f.scopes {
		for cell := range f.door.cells {
			if at := f.door.draft.at(scope, cell); f.judged[at] && f.value(solution, scope, int32(cell)) == 0 {
				exposed = append(exposed, int32(at))
			}
		}
	}
	return exposed
}

// value is the number of a scope in a solution in which all known ones are 0.
func (f *family) value(solution []uint64, scope int, cell int32) (value uint64) {
	for _, t := range f.below(scope, cell) {
		value = add(value, solution[t.unknown])
	}
	return value
}

// equations are the sums over cells and over tools, of what is not known.
func (f *family) equations() (rows [][]term) {
	d := f.door
	for _, scope := range f.scopes {
		if f.inner(scope) {
			for cell := range int32(d.cells) {
				if row := f.below(scope, cell); len(row) > 0 && f.known[d.draft.at(scope, int(cell))] {
					rows = append(rows, row)
				}
			}
			continue
		}
		for _, s := range d.sums {
			row := f.terms(nil, scope, s.left, 1)
			if row = f.terms(row, scope, s.right, prime-1); len(row) > 0 {
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// inner scopes are sums of others.
func (f *family) inner(scope int) bool {
	children := f.door.children[scope]
	return len(children) > 0 && slices.Contains(f.scopes, children[0])
}

// below are the unknowns of the lowest scopes in a cell of a scope.
func (f *family) below(scope int, cell int32) []term {
	if !f.inner(scope) {
		return f.terms(nil, scope, []int32{cell}, 1)
	}
	var row []term
	for _, child := range f.door.children[scope] {
		row = append(row, f.below(child, cell)...)
	}
	return row
}

func (f *family) terms(row []term, scope int, cells []int32, factor uint64) []term {
	for _, c := range cells {
		if at := f.door.draft.at(scope, int(c)); !f.known[at] {
			row = append(row, term{int32(at), factor})
		}
	}
	return row
}

// cover hides the row of the owner that says least among those that add up
// with an exposed number, and tells whether there was any.
func (f *family) cover(scope, cell int) bool {
	around := slices.Clone(f.door.children[scope])
	if parent := f.door.draft.Scopes[scope].Parent; parent >= 0 {
		around = append(append(around, f.door.children[parent]...), parent)
	}
	best := -1
	for _, other := range around {
		at := f.door.draft.at(other, cell)
		if slices.Contains(f.scopes, other) && f.source(other) == f.owner && f.known[at] && (best < 0 || f.people(other, cell) < f.people(best, cell)) {
			best = other
		}
	}
	if best >= 0 {
		f.known[f.door.draft.at(best, cell)] = false
		return f.door.withhold(f.owner, best, cell)
	}
	if f.source(scope) == f.owner {
		p := f.owner.patterns[scope]
		return p.cover(int32(cell)) || p.hideNext()
	}
	return false
}

func (f *family) people(scope, cell int) int64 {
	return f.door.draft.people(f.owner.Table, scope, cell)
}
