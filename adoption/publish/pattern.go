package publish

import (
	"math"
	"slices"
)

// pattern is which cells of one scope are hidden.
type pattern struct {
	*structure
	// k is the minimum group.
	k int64
	// people is what the pattern is chosen on, per cell.
	people []int64
	hidden []bool
	// worth is what readers lose with a cell, press how much a further sum that
	// asks for a cell weighs against it.
	worth []float64
	press float64
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

// presses are tried in turn: none is best for all companies.
var presses = []float64{2, 4, 8, 16}

// newPattern hides the cells under the minimum group and those of seed, and as
// many further ones as rule 17 asks for: of some patterns the one with which
// readers lose least.
func newPattern(s *structure, k int64, people []int64, seed []bool) *pattern {
	var best *pattern
	for _, press := range presses {
		p := &pattern{structure: s, k: k, people: people, press: press, worth: worth(s, people),
			hidden: make([]bool, s.cells), tally: make([]tally, len(s.sums)), queued: make([]bool, len(s.sums))}
		p.start(seed)
		p.protect()
		if best == nil || p.loss() < best.loss() {
			best = p
		}
	}
	return best
}

// clone is a pattern of its own that hides the same.
func (p *pattern) clone() *pattern {
	q := *p
	q.hidden, q.tally, q.queued = slices.Clone(p.hidden), slices.Clone(p.tally), slices.Clone(p.queued)
	q.pending = nil
	return &q
}

// worth grows with the people of a cell and with the sums whose whole it is: a
// seniority says more than one of its pairs. Both count less the more there are.
func worth(s *structure, people []int64) []float64 {
	worth := make([]float64, s.cells)
	for c := range worth {
		wholes := 0
		for _, i := range s.of[c] {
			if s.sums[i].whole(int32(c)) {
				wholes++
			}
		}
		worth[c] = math.Sqrt(float64(people[c]+1) * float64(wholes+1))
	}
	return worth
}

func (p *pattern) start(seed []bool) {
	for i, one := range p.sums {
		p.tally[i].shown = len(one.left) + len(one.right)
	}
	for c := range p.hidden {
		if p.people[c] < p.k || seed != nil && seed[c] {
			p.hide(int32(c))
		}
	}
}

func (p *pattern) loss() (loss float64) {
	for c, hidden := range p.hidden {
		if hidden {
			loss += p.worth[c]
		}
	}
	return loss
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
			exposed = p.apart()
		}
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

// follow hides what the parent scope hides.
func (p *pattern) follow(parent *pattern) {
	for c, hidden := range parent.hidden {
		if hidden {
			p.hide(int32(c))
		}
	}
}

// darken hides all cells, the total too: where nothing is shown there is
// nothing to subtract from.
func (p *pattern) darken() {
	for c := range p.hidden {
		p.hide(int32(c))
	}
}

// hideTotal hides all cells that hold the same people as the total.
func (p *pattern) hideTotal() {
	for c, total := range p.total {
		if total {
			p.hide(int32(c))
		}
	}
}

// changed tells whether a sum of the cell waits to be looked at again.
func (p *pattern) changed(c int32) bool {
	return slices.ContainsFunc(p.of[c], func(i int32) bool { return p.queued[i] })
}

// hideNext hides the shown cell of least worth, where no sum of an exposed one has
// any left; false when all is hidden that may be.
func (p *pattern) hideNext() bool {
	next := int32(-1)
	for c, hidden := range p.hidden {
		if !hidden && !p.total[c] && (next < 0 || p.worth[c] < p.worth[next]) {
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
	var least float64
	for _, side := range [][]int32{s.left, s.right} {
		for _, c := range side {
			if p.hidden[c] || p.total[c] {
				continue
			}
			if cost := p.cost(c); !found || cost < least {
				best, least, found = c, cost, true
			}
		}
	}
	return best, found
}

// cost is what readers lose with the cell, and how many more sums ask for a
// further one afterwards.
func (p *pattern) cost(c int32) float64 {
	cost := p.worth[c]
	for _, i := range p.of[c] {
		before, after := p.sound(p.tally[i], p.sums[i]), p.sound(p.with(i, c), p.sums[i])
		switch {
		case before && !after:
			cost += p.press
		case !before && after:
			cost -= p.press
		}
	}
	return cost
}

// cover hides the best further cell in the sums of an exposed one, and tells
// whether there was any.
func (p *pattern) cover(exposed int32) bool {
	var best int32
	var least float64
	found := false
	for _, i := range p.of[exposed] {
		c, shown := p.best(p.sums[i])
		if !shown {
			continue
		}
		if cost := p.cost(c); !found || cost < least {
			best, least, found = c, cost, true
		}
	}
	if found {
		p.hide(best)
	}
	return found
}
