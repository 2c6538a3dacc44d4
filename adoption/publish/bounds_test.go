package publish

import (
	"fmt"
	"slices"
)

// The counts that the spy bounds, and which are among which.
const (
	countActive = iota
	countReached
	countAdopted
	countEmployed
	countEligible
	countHeard
	counts
)

// byBounds sweeps over all relations until no bound moves.
func (s *spying) byBounds() {
	cells, scopes := len(s.c.cells), len(s.c.scopes)
	n := make([]spyNumber, counts*scopes*cells)
	for i := range n {
		n[i].most = spyMost
	}
	at := func(count, scope, cell int) *spyNumber { return &n[(count*scopes+scope)*cells+cell] }
	for moved := true; moved; {
		moved = false
		before := slices.Clone(n)
		for scope := range scopes {
			for cell := range cells {
				s.readRows(scope, cell, at)
			}
			for count := range counts {
				for _, sum := range s.sums {
					spySum(sum, func(cell int) *spyNumber { return at(count, scope, cell) })
				}
			}
		}
		s.acrossTools(at)
		s.countedTwice(at)
		s.countedBeyond(at)
		moved = !slices.Equal(before, n)
	}
	for scope := range scopes {
		for cell := range cells {
			s.judge(scope, cell, at)
		}
	}
}

func (s *spying) judge(scope, cell int, at func(count, scope, cell int) *spyNumber) {
	if !s.row("active_people", scope, cell).Suppressed {
		return
	}
	for count, metric := range []string{"active_people", "reach", "adoption_rate"} {
		has := at(count, scope, cell)
		truth := s.c.draft.Tables[[]int{0, 2, 1}[count]].Numerator[s.c.draft.at(scope, cell)]
		if has.least > int(truth) || has.most < int(truth) {
			s.found = append(s.found, fmt.Sprintf("the spy errs: %s %v %s is %d, not %v", metric, s.c.cells[cell].Dimensions, s.c.scopes[scope].Name, truth, *has))
		}
		if has.least == has.most && (has.least > 0 || scope == 0 && !s.zeroWhole(count, metric, cell)) {
			s.found = append(s.found, fmt.Sprintf("rule 18: bounds fix %s of %v, %s at %d", metric, s.c.cells[cell].Dimensions, s.c.scopes[scope].Name, has.least))
		}
	}
}

func (s *spying) zeroWhole(count int, metric string, cell int) bool {
	for _, sum := range s.sums {
		r := s.row(metric, 0, sum[0][0])
		if slices.Contains(sum[1], cell) && r.Numerator != nil && *r.Numerator == 0 {
			return true
		}
	}
	return false
}

func spySum(sum [2][]int, at func(cell int) *spyNumber) {
	least, most := 0, 0
	for _, cell := range sum[1] {
		least += at(cell).least
		most = min(most+at(cell).most, spyMost)
	}
	whole := at(sum[0][0])
	whole.least, whole.most = max(whole.least, least), min(whole.most, most)
	for _, cell := range sum[1] {
		part := at(cell)
		others := 0
		for _, other := range sum[1] {
			if other != cell {
				others = min(others+at(other).most, spyMost)
			}
		}
		part.most = min(part.most, whole.most-(least-part.least))
		part.least = max(part.least, whole.least-others)
		least = 0
		for _, other := range sum[1] {
			least += at(other).least
		}
	}
}

func (s *spying) acrossTools(at func(count, scope, cell int) *spyNumber) {
	for scope, own := range s.c.scopes {
		for cell := range s.c.cells {
			if own.Parent >= 0 {
				for count := range counts {
					spyAmong(at(count, scope, cell), at(count, own.Parent, cell))
				}
			}
			for _, count := range []int{countActive, countReached} {
				var children []int
				for child, c := range s.c.scopes {
					if c.Parent == scope {
						children = append(children, child)
					}
				}
				most := 0
				for _, child := range children {
					most = min(most+at(count, child, cell).most, spyMost)
				}
				if len(children) > 0 {
					at(count, scope, cell).most = min(at(count, scope, cell).most, most)
				}
				for _, child := range children {
					if most < spyMost {
						c := at(count, child, cell)
						c.least = max(c.least, at(count, scope, cell).least-(most-c.most))
					}
				}
			}
		}
	}
}

// countedTwice holds that whom several tools of a scope count is in no part
// more often than in the whole: where nobody uses two tools in the company,
// nobody does in a team.
func (s *spying) countedTwice(at func(count, scope, cell int) *spyNumber) {
	for scope := range s.c.scopes {
		var children []int
		for child, c := range s.c.scopes {
			if c.Parent == scope {
				children = append(children, child)
			}
		}
		for _, sum := range s.sums {
			for _, count := range []int{countActive, countReached} {
				twice := -at(count, scope, sum[0][0]).least
				for _, child := range children {
					twice = min(twice+at(count, child, sum[0][0]).most, spyMost)
				}
				for _, part := range sum[1] {
					left := min(at(count, scope, part).most+twice, spyMost)
					for _, child := range children {
						left -= at(count, child, part).least
					}
					for _, child := range children {
						c := at(count, child, part)
						c.most = min(c.most, left+c.least)
					}
				}
			}
		}
	}
}

// countedBeyond holds that whom a scope counts and one of its tools does not
// are in no part more than in the whole.
func (s *spying) countedBeyond(at func(count, scope, cell int) *spyNumber) {
	for scope, own := range s.c.scopes {
		if own.Parent < 0 {
			continue
		}
		for _, sum := range s.sums {
			for count := range counts {
				beyond := at(count, own.Parent, sum[0][0]).most - at(count, scope, sum[0][0]).least
				for _, part := range sum[1] {
					some, all := at(count, scope, part), at(count, own.Parent, part)
					some.least = max(some.least, all.least-beyond)
					all.most = min(all.most, min(some.most+beyond, spyMost))
				}
			}
		}
	}
}

func spyAmong(some, all *spyNumber) {
	all.least = max(all.least, some.least)
	some.most = min(some.most, all.most)
}

// readRows takes in the published rows of a cell, trying all pairs of counts
// that a rounded rate or a band allows.
func (s *spying) readRows(scope, cell int, at func(count, scope, cell int) *spyNumber) {
	number := func(p *float64, to *spyNumber) {
		if p != nil {
			to.least, to.most = max(to.least, int(*p)), min(to.most, int(*p))
		}
	}
	number(s.row("active_people", scope, cell).Value, at(countActive, scope, cell))
	for metric, pair := range map[string][2]int{"adoption_rate": {countAdopted, countEligible}, "reach": {countReached, countEmployed}, "coverage": {countHeard, countEligible}} {
		r := s.row(metric, scope, cell)
		numerator, denominator := at(pair[0], scope, cell), at(pair[1], scope, cell)
		number(r.Numerator, numerator)
		number(r.Denominator, denominator)
		if r.Group != nil {
			var low, high int
			if n, _ := fmt.Sscanf(string(*r.Group), "%d-%d", &low, &high); n == 1 {
				high = low
			}
			eligible := at(countEligible, scope, cell)
			eligible.least, eligible.most = max(eligible.least, low), min(eligible.most, high)
			s.readRate(r, high, numerator, denominator)
		}
	}
	spyAmong(at(countAdopted, scope, cell), at(countReached, scope, cell))
	spyAmong(at(countReached, scope, cell), at(countActive, scope, cell))
	spyAmong(at(countAdopted, scope, cell), at(countHeard, scope, cell))
	spyAmong(at(countHeard, scope, cell), at(countEligible, scope, cell))
	spyAmong(at(countEligible, scope, cell), at(countEmployed, scope, cell))
	spyAmong(at(countReached, scope, cell), at(countEmployed, scope, cell))
}

func (s *spying) readRate(r *Row, high int, numerator, denominator *spyNumber) {
	if r.Numerator != nil || r.Value == nil && r.Band == "" || denominator.most > 2000 {
		return
	}
	fits := func(a, b int) bool {
		rate, edge := float64(a)/float64(b), 0.1
		if high < 2*s.k {
			edge = 0.2
		}
		switch {
		case r.Band == "":
			return rate > edge && rate < 1-edge && int(rate*10+0.5+1e-9) == int(*r.Value*10+0.5)
		case r.Band[0] == '<':
			return rate <= edge+1e-9
		}
		return rate >= 1-edge-1e-9
	}
	a, b := spyNumber{spyMost, -1}, spyNumber{spyMost, -1}
	for y := max(denominator.least, 1); y <= denominator.most; y++ {
		for x := numerator.least; x <= min(numerator.most, y); x++ {
			if fits(x, y) {
				a.least, a.most = min(a.least, x), max(a.most, x)
				b.least, b.most = min(b.least, y), max(b.most, y)
			}
		}
	}
	*numerator, *denominator = a, b
}
