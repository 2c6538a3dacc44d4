package publish

import (
	"errors"
	"slices"
	"strings"
)

// unbounded is above any number of people.
const unbounded = int64(1) << 40

// attack finds what bounds from all published cells of a period fix. It keeps
// for each set of people, scope and cell the least and the greatest number
// that fit the published ones, and narrows them until nothing moves.
type attack struct {
	door *Door
	// sets are the countable sets of people, each by the marks that they carry.
	sets  []set
	least []int64
	most  []int64
	// double is by how many the children of a scope together count more than
	// the scope at most.
	double []int64
	// beyond is by how many the parent of a scope counts more than the scope at
	// most.
	beyond []int64
	// parts lists per cell the cells that it is a whole of.
	parts [][]int
	// leastBy and mostBy say what narrowed a bound last, for the repair.
	leastBy, mostBy []reason
	rates           []seenRate
	groups          []seenGroup
	// ratesOf and groupsOf list per count those that it is in.
	ratesOf, groupsOf lists
	overlaps
	// moved are the counts, and queue the sums, that have to be looked at.
	moved        []int
	noted        []bool
	queue        []task
	queued       []bool
	contradicted bool
}

type set struct {
	marks []string
	// active people are in it alone; of those anyTool has who counts for any
	// tool of a scope and so counts for the scope.
	active, anyTool bool
	// without a mark a set of a tool is not among that of any tool.
	without bool
	// among are the sets that hold all people of this one, holds the reverse.
	among, holds []int
	apart        []apart
}

// apart is another set with nobody of a set, and one that holds both.
type apart struct{ other, both int }

// reason is the sum, the other scope, or that scope's row of a table that a
// bound came from.
type reason struct {
	sum, scope, table int32
}

var unreasoned = reason{-1, -1, -1}

func byScope(scope int) reason { return reason{-1, int32(scope), -1} }

// seenRate is what a blunted row tells of its two counts.
type seenRate struct {
	numerator, denominator int
	sight                  sight
	band                   string
	tenths                 int64
}

// seenGroup is the class of the smaller of two counts of people.
type seenGroup struct {
	one, other int
	low, high  int64
}

// task is a sum of one set and scope that has to be looked at again.
type task struct{ set, scope, sum int32 }

// place is where the task stands in queued.
func (a *attack) place(t task) int {
	return (int(t.set)*len(a.door.draft.Scopes)+int(t.scope))*len(a.door.sums) + int(t.sum)
}

// finding is a hidden cell whose number of active people is fixed.
type finding struct {
	scope, cell int
	by          [2]reason
}

// ErrContradiction says that a draft's counts fit no company: something was
// changed while it was counted, and nothing of it is published.
var ErrContradiction = errors.New("its counts contradict each other")

// run narrows all bounds and returns what they fix.
func (d *Door) run() ([]finding, error) {
	a := d.newAttack()
	a.see()
	a.narrow()
	if a.contradicted {
		return nil, ErrContradiction
	}
	return a.findings(), nil
}

func (d *Door) newAttack() *attack {
	a := &attack{door: d}
	a.setOf(d.draft.EligibleOf)
	for i := range d.draft.Tables {
		t := &d.draft.Tables[i]
		for _, marks := range [][]string{t.NumeratorOf, t.DenominatorOf, t.PeopleOf} {
			if marks != nil {
				a.setOf(marks)
			}
		}
	}
	a.overlaps = a.findOverlaps()
	a.relate()
	size := len(a.sets) * len(d.draft.Eligible)
	a.least, a.most, a.noted = make([]int64, size), make([]int64, size), make([]bool, size)
	a.double, a.beyond, a.parts = make([]int64, size), make([]int64, size), make([][]int, len(d.draft.Cells))
	for part, wholes := range d.among {
		for _, whole := range wholes {
			a.parts[whole] = append(a.parts[whole], part)
		}
	}
	a.ratesOf, a.groupsOf = newLists(size), newLists(size)
	a.leastBy, a.mostBy = make([]reason, size), make([]reason, size)
	a.queued = make([]bool, len(a.sets)*len(d.draft.Scopes)*len(d.sums))
	for i := range a.most {
		a.most[i], a.double[i], a.beyond[i] = unbounded, unbounded, unbounded
		a.leastBy[i], a.mostBy[i] = unreasoned, unreasoned
	}
	return a
}

// setOf returns the index of the set with these marks, which it adds if new.
func (a *attack) setOf(marks []string) int {
	key := strings.Join(marks, " ")
	for i, s := range a.sets {
		if strings.Join(s.marks, " ") == key {
			return i
		}
	}
	s := set{marks: marks, active: slices.Contains(marks, activeMark)}
	s.without = slices.ContainsFunc(marks, func(m string) bool { return strings.HasPrefix(m, not) })
	s.anyTool = s.active && !slices.ContainsFunc(marks, func(m string) bool { return !slices.Contains(personal, m) })
	a.sets = append(a.sets, s)
	return len(a.sets) - 1
}

// activeMark is carried by who is active, not stands before a mark that nobody
// of a set carries.
const activeMark, not = "active", "!"

// personal are the marks that active people carry whatever the tool.
var personal = []string{activeMark, "employed", "heard"}

func (a *attack) relate() {
	for i := range a.sets {
		for j := range a.sets {
			if i != j && includes(a.sets[i].marks, a.sets[j].marks) {
				a.sets[i].among = append(a.sets[i].among, j)
				a.sets[j].holds = append(a.sets[j].holds, i)
			}
			if i != j && opposed(a.sets[i].marks, a.sets[j].marks) {
				a.separate(i, j)
			}
		}
	}
}

// separate notes the sets that hold all of two with nobody in both.
func (a *attack) separate(i, j int) {
	for both := range a.sets {
		if includes(a.sets[i].marks, a.sets[both].marks) && includes(a.sets[j].marks, a.sets[both].marks) {
			a.sets[i].apart = append(a.sets[i].apart, apart{j, both})
		}
	}
}

func opposed(some, others []string) bool {
	return slices.ContainsFunc(some, func(m string) bool {
		return slices.Contains(others, not+m) || slices.Contains(others, strings.TrimPrefix(m, not)) && strings.HasPrefix(m, not)
	})
}

func includes(marks, wanted []string) bool {
	for _, w := range wanted {
		if !slices.Contains(marks, w) {
			return false
		}
	}
	return true
}

func (a *attack) at(set, scope, cell int) int {
	return set*len(a.door.draft.Eligible) + a.door.draft.at(scope, cell)
}

// see takes in what the rows of the period show.
func (a *attack) see() {
	d := a.door.draft
	for i := range a.door.views {
		v := &a.door.views[i]
		if v.NumeratorOf == nil && v.PeopleOf == nil && (!v.Uses || a.uses < 0) {
			continue
		}
		for scope := range d.Scopes {
			for cell := range d.Cells {
				a.seeCell(v, scope, cell)
			}
		}
	}
}

func (a *attack) seeCell(v *view, scope, cell int) {
	d, t := a.door.draft, v.Table
	at, n := d.at(scope, cell), d.people(t, scope, cell)
	s := a.door.sight(v, scope, cell)
	if s == hidden || !t.has(at) {
		return
	}
	a.seeGroup(t, s, n, scope, cell)
	if d.unknown(t, scope) || t.NumeratorOf == nil && (!t.Uses || a.uses < 0) {
		return
	}
	of := a.uses
	if !t.Uses {
		of = a.setOf(t.NumeratorOf)
	}
	numerator := a.at(of, scope, cell)
	if s == exact {
		a.fix(numerator, t.Numerator[at])
		if t.DenominatorOf != nil {
			a.fix(a.at(a.setOf(t.DenominatorOf), scope, cell), t.Denominator[at])
		}
		return
	}
	// Blunted uses say next to nothing and would be weighed in every team.
	if t.DenominatorOf == nil || t.Denominator[at] <= 0 || t.Uses {
		return
	}
	r := seenRate{numerator, a.at(a.setOf(t.DenominatorOf), scope, cell), s,
		s.band(t.Numerator[at], t.Denominator[at]), tenths(t.Numerator[at], t.Denominator[at])}
	index := int32(len(a.rates))
	a.rates = append(a.rates, r)
	a.ratesOf.add(r.numerator, index)
	a.ratesOf.add(r.denominator, index)
	a.weigh(r)
}

// seeGroup takes in the number of people, or its class.
func (a *attack) seeGroup(t *Table, s sight, n int64, scope, cell int) {
	low, high := s.class(n, a.door.k)
	eligible := a.at(a.setOf(a.door.draft.EligibleOf), scope, cell)
	a.raise(eligible, low, unreasoned)
	switch {
	case t.People == nil:
		a.lower(eligible, high, unreasoned)
	case t.PeopleOf != nil:
		g := seenGroup{eligible, a.at(a.setOf(t.PeopleOf), scope, cell), low, high}
		index := int32(len(a.groups))
		a.groups = append(a.groups, g)
		a.groupsOf.add(g.one, index)
		a.groupsOf.add(g.other, index)
		a.choose(g)
	}
}

func (a *attack) fix(at int, value int64) {
	a.raise(at, value, unreasoned)
	a.lower(at, value, unreasoned)
}

// findings are the hidden cells whose number of active people is fixed above
// 0, or at 0 for any tool unless a whole was published with 0.
func (a *attack) findings() []finding {
	d := a.door.draft
	var found []finding
	for scope := range d.Scopes {
		if d.Scopes[scope].Silent {
			continue
		}
		for cell := range d.Cells {
			if !a.door.patterns[scope].hidden[cell] {
				continue
			}
			if by, is := a.fixed(scope, cell); is {
				found = append(found, finding{scope, cell, by})
			}
		}
	}
	return found
}

func (a *attack) fixed(scope, cell int) (by [2]reason, is bool) {
	for i, s := range a.sets {
		at := a.at(i, scope, cell)
		if !s.active || a.least[at] != a.most[at] {
			continue
		}
		if a.least[at] > 0 || scope == 0 && !a.wholeIsZero(i, cell) {
			return [2]reason{a.leastBy[at], a.mostBy[at]}, true
		}
	}
	return by, false
}

// wholeIsZero tells whether a whole that the cell is part of was published
// with 0. Every whole counts, since each is linked to the cell by a plain sum.
func (a *attack) wholeIsZero(set, cell int) bool {
	d := a.door
	for _, whole := range d.among[cell] {
		n := d.draft.Eligible[d.draft.at(0, int(whole))]
		shown := !d.patterns[0].hidden[whole] && sightOf(n, d.k) == exact
		if shown && a.most[a.at(set, 0, int(whole))] == 0 {
			return true
		}
	}
	return false
}

// lists are many short lists of numbers, most of them empty.
type lists struct {
	// first per list, and next per entry, is an entry's place plus 1, 0 for none.
	first, next, entries []int32
}

func newLists(n int) lists { return lists{first: make([]int32, n)} }

func (l *lists) add(list int, entry int32) {
	l.entries, l.next = append(l.entries, entry), append(l.next, l.first[list])
	l.first[list] = int32(len(l.entries))
}

// each visits a list's entries.
func (l *lists) each(list int, visit func(entry int32)) {
	for at := l.first[list]; at > 0; at = l.next[at-1] {
		visit(l.entries[at-1])
	}
}
