package publish

import "slices"

// pattern is which cells of one scope are hidden.
type pattern struct {
	*structure
	// k is the minimum group.
	k int64
	// people is what the pattern is chosen on, per cell.
	people []int64
	hidden []bool
	// like marks cells that are hidden in the parent scope: of two that serve
	// alike, the one that is hidden there already is taken.
	like []bool
	// tally per sum of what is hidden on either side, and what is shown.
	tally []tally
	// pending are sums to look at again.
	pending []int32
	queued  []bool
}

type tally struct {
	hidden, shown           int
	leftPeople, rightPeople int64
}

// newPattern hides the cells under the minimum group and those of seed, and as
// many further ones as rule 17 asks for.
func newPattern(s *structure, k int64, people []int64, seed, like []bool) *pattern {
	p := &pattern{structure: s, k: k, people: people, like: like,
		hidden: make([]bool, s.cells), tally: make([]tally, len(s.sums)), queued: make([]bool, len(s.sums))}
	for i, one := range s.sums {
		p.tally[i].shown = len(one.left) + len(one.right)
	}
	for c := range p.hidden {
		if people[c] < k || seed != nil && seed[c] {
			p.hide(int32(c))
		}
	}
	p.protect()
	return p
}

// protect hides cells until no sum gives a hidden cell away, neither alone nor
// together with others.
func (p *pattern) protect() {
	if len(p.pending) == 0 {
		return
	}
	p.settle()
	for {
		exposed := p.determined()
		if len(exposed) == 0 {
			return
		}
		if !p.coverAll(exposed) && !p.hideNext() {
			return
		}
		p.settle()
	}
}

// coverAll hides one further cell for each exposed one whose sums did not
// change on the way, and tells whether any was hidden.
func (p *pattern) coverAll(exposed []int32) bool {
	hid := false
	for _, c := range exposed {
		if !p.changed(c) && p.cover(c) {
			hid = true
		}
	}
	return hid
}

// darken hides all cells, the total too: where nothing is shown there is
// nothing to subtract from.
func (p *pattern) darken() {
	for c := range p.hidden {
		p.hide(int32(c))
	}
}

// changed tells whether a sum of the cell waits to be looked at again.
func (p *pattern) changed(c int32) bool {
	return slices.ContainsFunc(p.of[c], func(i int32) bool { return p.queued[i] })
}

// hideNext hides the smallest shown cell, where no sum of an exposed one has
// any left; false when all is hidden that may be.
func (p *pattern) hideNext() bool {
	next := int32(-1)
	for c, hidden := range p.hidden {
		if !hidden && !p.total[c] && (next < 0 || p.people[c] < p.people[next]) {
			next = int32(c)
		}
	}
	if next >= 0 {
		p.hide(next)
	}
	return next >= 0
}

// settle hides cells until each sum alone gives nothing away.
func (p *pattern) settle() {
	for len(p.pending) > 0 {
		i := p.pending[0]
		p.pending = p.pending[1:]
		p.queued[i] = false
		for !p.sound(p.tally[i], p.sums[i]) {
			c, found := p.best(p.sums[i])
			if !found {
				break
			}
			p.hide(c)
		}
	}
}

// sound is rule 17 for one sum: never exactly one number is hidden, and what
// is hidden holds at least k people. Sums without a single whole bind only
// together with others.
func (p *pattern) sound(t tally, s sum) bool {
	if t.hidden == 0 || t.shown == 0 {
		return true
	}
	return t.hidden > 1 && (!s.plain() || max(t.leftPeople, t.rightPeople) >= p.k)
}

func (p *pattern) hide(c int32) {
	if p.hidden[c] {
		return
	}
	p.hidden[c] = true
	for _, i := range p.of[c] {
		p.tally[i] = p.with(i, c)
		if !p.queued[i] {
			p.queued[i] = true
			p.pending = append(p.pending, i)
		}
	}
}

// with returns the tally of a sum if the cell were hidden too.
func (p *pattern) with(i, c int32) tally {
	t := p.tally[i]
	t.hidden++
	t.shown--
	if contains(p.sums[i].left, c) {
		t.leftPeople += p.people[c]
	} else {
		t.rightPeople += p.people[c]
	}
	return t
}

// contains searches the shorter way: a whole stands alone on its side.
func contains(side []int32, c int32) bool {
	low, high := 0, len(side)
	for low < high {
		if middle := (low + high) / 2; side[middle] < c {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low < len(side) && side[low] == c
}

// best returns the shown cell of a sum whose hiding costs least.
func (p *pattern) best(s sum) (best int32, found bool) {
	least := cost{}
	consider := func(c int32) {
		if p.hidden[c] || p.total[c] {
			return
		}
		if has := p.cost(c); !found || has.less(least) {
			best, least, found = c, has, true
		}
	}
	for _, c := range s.left {
		consider(c)
	}
	for _, c := range s.right {
		consider(c)
	}
	return best, found
}

// cost orders the candidates: how many more sums ask for a further cell
// afterwards, whether the parent scope shows the cell, its people.
type cost struct {
	unsound int
	shown   bool
	people  int64
}

func (a cost) less(b cost) bool {
	if a.unsound != b.unsound {
		return a.unsound < b.unsound
	}
	if a.shown != b.shown {
		return b.shown
	}
	return a.people < b.people
}

func (p *pattern) cost(c int32) cost {
	has := cost{shown: p.like == nil || !p.like[c], people: p.people[c]}
	for _, i := range p.of[c] {
		before, after := p.sound(p.tally[i], p.sums[i]), p.sound(p.with(i, c), p.sums[i])
		switch {
		case before && !after:
			has.unsound++
		case !before && after:
			has.unsound--
		}
	}
	return has
}

// cover hides the best further cell in the sums of an exposed one, and tells
// whether there was any.
func (p *pattern) cover(exposed int32) bool {
	var best int32
	least, found := cost{}, false
	for _, i := range p.of[exposed] {
		c, shown := p.best(p.sums[i])
		if !shown {
			continue
		}
		if has := p.cost(c); !found || has.less(least) {
			best, least, found = c, has, true
		}
	}
	if found {
		p.hide(best)
	}
	return found
}
