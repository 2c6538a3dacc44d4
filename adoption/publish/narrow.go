package publish

// raise lifts the least number of a count and passes on what follows.
func (a *attack) raise(at int, least int64, by reason) {
	if least <= a.least[at] {
		return
	}
	a.least[at], a.leastBy[at] = least, by
	a.changed(at)
}

// lower sinks the greatest number of a count and passes on what follows.
func (a *attack) lower(at int, most int64, by reason) {
	if most >= a.most[at] {
		return
	}
	a.most[at], a.mostBy[at] = most, by
	a.changed(at)
}

// changed notes a count to look at, and stops at counts that contradict each
// other: no company has them, and they would be narrowed for ever.
func (a *attack) changed(at int) {
	if a.least[at] > a.most[at] {
		a.contradicted = true
	}
	a.note(at)
}

func (a *attack) note(at int) {
	if !a.noted[at] {
		a.noted[at] = true
		a.moved = append(a.moved, at)
	}
}

// follow applies the relations within the cell and queues its sums.
func (a *attack) follow(at int) {
	per := len(a.door.draft.Eligible)
	set, rest := at/per, at%per
	scope, cell := rest/len(a.door.draft.Cells), rest%len(a.door.draft.Cells)
	for _, sum := range a.door.of[cell] {
		t := task{int32(set), int32(scope), sum}
		if place := a.place(t); !a.queued[place] {
			a.queued[place] = true
			a.queue = append(a.queue, t)
		}
	}
	for _, other := range a.sets[set].among {
		a.raise(a.at(other, scope, cell), a.least[at], a.leastBy[at])
	}
	for _, other := range a.sets[set].holds {
		a.lower(a.at(other, scope, cell), a.most[at], a.mostBy[at])
	}
	a.ratesOf.each(at, func(i int32) { a.weigh(a.rates[i]) })
	a.groupsOf.each(at, func(i int32) { a.choose(a.groups[i]) })
	for _, apart := range a.sets[set].apart {
		a.part(set, apart.other, apart.both, scope, cell)
	}
	if !a.sets[set].without {
		a.compare(set, scope, cell)
	}
	a.overlap(set, scope, cell)
}

// part holds that two sets with nobody in both are together at most a set that
// holds both.
func (a *attack) part(one, other, both, scope, cell int) {
	x, y, all := a.at(one, scope, cell), a.at(other, scope, cell), a.at(both, scope, cell)
	a.raise(all, a.least[x]+a.least[y], unreasoned)
	if a.most[all] < unbounded {
		a.lower(x, a.most[all]-a.least[y], unreasoned)
		a.lower(y, a.most[all]-a.least[x], unreasoned)
	}
}

// choose holds that the smaller of two counts is in the class of a group.
func (a *attack) choose(g seenGroup) {
	a.raise(g.one, g.low, unreasoned)
	a.raise(g.other, g.low, unreasoned)
	if a.least[g.one] > g.high {
		a.lower(g.other, g.high, unreasoned)
	}
	if a.least[g.other] > g.high {
		a.lower(g.one, g.high, unreasoned)
	}
}

// compare passes bounds on between a scope, its parent and its children: who
// is active with a tool is active with any; who is active with any tool, and
// not only eligible for it, is active with one of them.
func (a *attack) compare(set, scope, cell int) {
	d := a.door.draft
	at := a.at(set, scope, cell)
	by := byScope(scope)
	if parent := d.Scopes[scope].Parent; parent >= 0 {
		a.raise(a.at(set, parent, cell), a.least[at], by)
		a.union(set, parent, cell)
		a.differ(set, scope, cell)
	}
	for _, child := range a.door.children[scope] {
		a.lower(a.at(set, child, cell), a.most[at], by)
		a.differ(set, child, cell)
	}
	a.union(set, scope, cell)
}

// differ holds that a scope has all of its parent but whom only the others of
// the parent's children count.
func (a *attack) differ(set, scope, cell int) {
	parent := a.door.draft.Scopes[scope].Parent
	some, all := a.at(set, scope, cell), a.at(set, parent, cell)
	if a.most[all] < unbounded {
		a.exceed(set, scope, cell, a.most[all]-a.least[some])
	}
	beyond := a.beyond[some]
	if beyond >= unbounded {
		return
	}
	a.raise(some, a.least[all]-beyond, byScope(parent))
	if a.most[some] < unbounded {
		a.lower(all, a.most[some]+beyond, byScope(scope))
	}
}

// exceed holds that people whom the parent of a scope counts and the scope does
// not are in no part of a cell more than in the whole.
func (a *attack) exceed(set, scope, cell int, beyond int64) {
	at := a.at(set, scope, cell)
	if beyond >= a.beyond[at] {
		return
	}
	a.beyond[at] = beyond
	a.note(at)
	for _, part := range a.parts[cell] {
		a.exceed(set, scope, part, beyond)
	}
}

// union holds that the active people of a scope are at most those of its
// children together, and a child's at least what the others leave.
func (a *attack) union(set, scope, cell int) {
	children := a.door.children[scope]
	if !a.sets[set].anyTool || len(children) == 0 {
		return
	}
	var most int64
	for _, child := range children {
		if a.door.draft.Scopes[child].Silent {
			return
		}
		most = min(most+a.most[a.at(set, child, cell)], unbounded)
	}
	at := a.at(set, scope, cell)
	a.lower(at, most, byScope(children[0]))
	if most >= unbounded {
		a.split(set, scope, cell)
		return
	}
	for _, child := range children {
		a.raise(a.at(set, child, cell), a.least[at]-(most-a.most[a.at(set, child, cell)]), byScope(scope))
	}
	a.share(set, scope, cell, most-a.least[at])
	a.split(set, scope, cell)
}

// share holds that people whom the children of a scope count more than once
// are in no part of a cell more than in the whole.
func (a *attack) share(set, scope, cell int, double int64) {
	at := a.at(set, scope, cell)
	if double >= a.double[at] {
		return
	}
	a.double[at] = double
	a.note(at)
	for _, part := range a.parts[cell] {
		a.share(set, scope, part, double)
	}
}

// split holds that the children of a scope together are at most the scope and
// whom they count more than once.
func (a *attack) split(set, scope, cell int) {
	at := a.at(set, scope, cell)
	double := a.double[at]
	if double >= unbounded {
		return
	}
	var least int64
	for _, child := range a.door.children[scope] {
		least += a.least[a.at(set, child, cell)]
	}
	a.raise(at, least-double, byScope(a.door.children[scope][0]))
	if a.most[at] >= unbounded {
		return
	}
	for _, child := range a.door.children[scope] {
		one := a.at(set, child, cell)
		a.lower(one, a.most[at]+double-(least-a.least[one]), byScope(scope))
	}
}

// widest is how many denominators are tried one by one for a blunted rate.
const widest = 1000

// weigh narrows the two counts of a blunted rate to those that occur in a pair
// that gives this rate.
func (a *attack) weigh(r seenRate) {
	low, high := a.least[r.denominator], a.most[r.denominator]
	if high-low > widest {
		least, _ := r.numerators(low)
		a.raise(r.numerator, least, unreasoned)
		return
	}
	first, last := high+1, low-1
	least, most := unbounded, int64(0)
	for n := low; n <= high; n++ {
		x, y := r.numerators(n)
		x, y = max(x, a.least[r.numerator]), min(y, a.most[r.numerator])
		if x <= y {
			first, last = min(first, n), n
			least, most = min(least, x), max(most, y)
		}
	}
	a.raise(r.denominator, first, unreasoned)
	a.lower(r.denominator, last, unreasoned)
	a.raise(r.numerator, least, unreasoned)
	a.lower(r.numerator, most, unreasoned)
}

// numerators are the least and the greatest that give the rate over n.
func (r seenRate) numerators(n int64) (least, most int64) {
	edge := r.sight.edge()
	switch r.band {
	case "<=0.2", "<=0.1":
		return 0, n / edge
	case ">=0.8", ">=0.9":
		return ceil(n*(edge-1), edge), n
	}
	// (2t-1)/20 <= numerator/n < (2t+1)/20, and between the bands.
	return max(ceil((2*r.tenths-1)*n, 20), n/edge+1), min(ceil((2*r.tenths+1)*n, 20), ceil(n*(edge-1), edge)) - 1
}

func ceil(a, b int64) int64 { return (a + b - 1) / b }

// narrow works off what moved and the sums that wait. Bounds are whole numbers
// that only close in on each other, so it ends.
func (a *attack) narrow() {
	for !a.contradicted {
		switch {
		case len(a.moved) > 0:
			at := a.moved[len(a.moved)-1]
			a.moved = a.moved[:len(a.moved)-1]
			a.noted[at] = false
			a.follow(at)
		case len(a.queue) > 0:
			t := a.queue[0]
			a.queue = a.queue[1:]
			a.queued[a.place(t)] = false
			a.balance(t)
		default:
			return
		}
	}
}

// balance narrows both sides of a sum.
func (a *attack) balance(t task) {
	s := a.door.sums[t.sum]
	a.side(t, s.left, a.totals(t, s.right))
	a.side(t, s.right, a.totals(t, s.left))
}

// totals are the bounds of one side; unbounded ones are counted apart.
type totals struct {
	least, most int64
	open        int
}

func (a *attack) totals(t task, cells []int32) totals {
	var sum totals
	for _, c := range cells {
		at := a.at(int(t.set), int(t.scope), int(c))
		sum.least += a.least[at]
		if a.most[at] >= unbounded {
			sum.open++
		} else {
			sum.most += a.most[at]
		}
	}
	return sum
}

// side narrows each count of one side by the other side and its neighbours.
func (a *attack) side(t task, cells []int32, other totals) {
	own := a.totals(t, cells)
	by := reason{t.sum, -1, -1}
	for _, c := range cells {
		at := a.at(int(t.set), int(t.scope), int(c))
		least, most := a.least[at], a.most[at]
		if other.open == 0 {
			a.lower(at, other.most-(own.least-least), by)
		}
		open, rest := own.open, own.most-most
		if most >= unbounded {
			open, rest = own.open-1, own.most
		}
		if open == 0 {
			a.raise(at, other.least-rest, by)
		}
	}
}
