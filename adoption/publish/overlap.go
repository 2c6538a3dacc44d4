package publish

import "slices"

// overlaps is what two kinds of tables tell of the people of several tools: one
// counts people once per tool, so that the single tools add up to it, the other
// who is active in two categories or more.
type overlaps struct {
	// active, uses and twice are sets, -1 where there is none; uses stands for
	// its whole numbers, those of single tools are the active people.
	active, uses, twice   int
	usesTable, twiceTable int
}

// activeMetric is the metric whose people the tools' overlap is told of.
const activeMetric = "active_people"

func (a *attack) findOverlaps() overlaps {
	o := overlaps{-1, -1, -1, -1, -1}
	tables := a.door.draft.Tables
	active := slices.IndexFunc(tables, func(t Table) bool { return t.Metric == activeMetric && t.NumeratorOf != nil })
	if active < 0 {
		return o
	}
	o.active = a.setOf(tables[active].NumeratorOf)
	for i := range tables {
		switch t := &tables[i]; {
		case t.Uses:
			o.uses, o.usesTable = a.setOf([]string{"uses"}), i
		case t.Twice && t.NumeratorOf != nil:
			o.twice, o.twiceTable = a.setOf(t.NumeratorOf), i
		}
	}
	return o
}

// usesAt is where the uses of a scope are counted.
func (a *attack) usesAt(scope, cell int) int {
	if len(a.door.children[scope]) == 0 && scope > 0 {
		return a.at(a.active, scope, cell)
	}
	return a.at(a.uses, scope, cell)
}

// overlap passes on what moved in a count of people who may use several tools.
func (a *attack) overlap(set, scope, cell int) {
	parent := a.door.draft.Scopes[scope].Parent
	if a.uses >= 0 && (set == a.uses || set == a.active) {
		if parent >= 0 {
			a.addUses(parent, cell)
		}
		a.addUses(scope, cell)
	}
	if a.twice >= 0 && (set == a.twice || set == a.active) && parent <= 0 {
		a.countTwice(cell)
	}
}

// addUses holds that the uses of a scope are those of its children together.
func (a *attack) addUses(scope, cell int) {
	children := a.door.children[scope]
	if len(children) == 0 {
		return
	}
	var least, most int64
	for _, child := range children {
		if a.door.draft.Scopes[child].Silent {
			return
		}
		at := a.usesAt(child, cell)
		least, most = least+a.least[at], min(most+a.most[at], unbounded)
	}
	by := reason{-1, int32(scope), int32(a.usesTable)}
	all := a.at(a.uses, scope, cell)
	a.raise(all, least, by)
	a.lower(all, most, by)
	for _, child := range children {
		at := a.usesAt(child, cell)
		if a.most[all] < unbounded {
			a.lower(at, a.most[all]-(least-a.least[at]), by)
		}
		if most < unbounded {
			a.raise(at, a.least[all]-(most-a.most[at]), by)
		}
	}
}

// countTwice holds that people in two categories or more are counted once more
// at least, and at most once for each category but one.
func (a *attack) countTwice(cell int) {
	children := a.door.children[0]
	if len(children) < 2 || slices.ContainsFunc(children, func(c int) bool { return a.door.draft.Scopes[c].Silent }) {
		return
	}
	by := reason{-1, 0, int32(a.twiceTable)}
	any, twice := a.at(a.active, 0, cell), a.at(a.twice, 0, cell)
	var least, most int64
	for _, child := range children {
		at := a.at(a.active, child, cell)
		least, most = least+a.least[at], min(most+a.most[at], unbounded)
	}
	more := int64(len(children) - 1)
	if a.most[any] < unbounded && a.most[twice] < unbounded {
		for _, child := range children {
			at := a.at(a.active, child, cell)
			a.lower(at, a.most[any]+more*a.most[twice]-(least-a.least[at]), by)
		}
	}
	if most < unbounded {
		for _, child := range children {
			at := a.at(a.active, child, cell)
			a.raise(at, a.least[any]+a.least[twice]-(most-a.most[at]), by)
		}
		a.lower(twice, most-a.least[any], by)
		a.lower(any, most-a.least[twice], by)
	}
	if a.most[any] < unbounded {
		a.raise(twice, ceil(max(least-a.most[any], 0), more), by)
	}
	if a.most[twice] < unbounded {
		a.raise(any, least-more*a.most[twice], by)
	}
}
