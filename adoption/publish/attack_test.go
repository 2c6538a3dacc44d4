package publish

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

var companies = flag.Int("companies", 200, "how many random companies the attack tests try")

// TestNothingIsDisclosed attacks the published rows of random companies with
// nothing but the rows and the organisation's structure.
func TestNothingIsDisclosed(t *testing.T) {
	suppressed, small, rows := 0, 0, 0
	for seed := range *companies {
		c := newCompany(rand.New(rand.NewPCG(uint64(seed), 7)))
		door, err := Open(c.draft, 5)
		if err != nil {
			t.Fatalf("company %d: %v", seed, err)
		}
		published := door.Rows()
		for _, disclosure := range spy(c, published, 5) {
			t.Errorf("company %d: %s", seed, disclosure)
		}
		for i, r := range published[:len(c.draft.Eligible)] {
			rows++
			if r.Suppressed {
				suppressed++
			}
			if c.draft.Eligible[i] < 5 {
				small++
			}
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("cells %d, under the minimum group %.3f, hidden %.3f", rows, float64(small)/float64(rows), float64(suppressed)/float64(rows))
}

// spyNumber is what a published row says of one count.
type spyNumber struct {
	least, most int
}

const spyMost = 1 << 30

// spy returns the disclosures in the sense of rules 15 to 18.
func spy(c *company, rows []Row, k int) []string {
	s := &spying{c: c, k: k, at: map[string]*Row{}}
	for i := range rows {
		r := &rows[i]
		s.at[spyKey(r.Metric, r.Tool, r.Dimensions)] = r
	}
	s.sums = spySums(c)
	for _, attack := range []func(){s.bySums, s.byAlgebra, s.byBounds} {
		if attack(); len(s.found) > 0 {
			break
		}
	}
	return s.found
}

type spying struct {
	c     *company
	k     int
	at    map[string]*Row
	sums  [][2][]int
	found []string
}

func spyKey(metric, tool string, dimensions map[string]string) string {
	return fmt.Sprint(metric, "|", tool, "|", dimensions)
}

func (s *spying) row(metric string, scope, cell int) *Row {
	return s.at[spyKey(metric, s.c.scopes[scope].Name, s.c.cells[cell].Dimensions)]
}

// spySums finds by member lists every whole whose members are exactly those of
// some cells of another cut.
func spySums(c *company) [][2][]int {
	cut := func(cell int) string {
		var names []string
		for name := range c.cells[cell].Dimensions {
			names = append(names, name)
		}
		slices.Sort(names)
		return fmt.Sprint(names)
	}
	in := make([]map[int]bool, len(c.cells))
	cuts := map[string][]int{}
	for i := range c.cells {
		in[i] = map[int]bool{}
		for _, m := range c.member[i] {
			in[i][m] = true
		}
		cuts[cut(i)] = append(cuts[cut(i)], i)
	}
	var sums [][2][]int
	for whole := range c.cells {
		for name, cells := range cuts {
			if name == cut(whole) {
				continue
			}
			var parts []int
			covered := 0
			for _, part := range cells {
				inside := 0
				for _, m := range c.member[part] {
					if in[whole][m] {
						inside++
					}
				}
				if inside == len(c.member[part]) {
					parts = append(parts, part)
					covered += inside
				}
			}
			if covered == len(c.member[whole]) {
				sums = append(sums, [2][]int{{whole}, parts})
			}
		}
	}
	return sums
}

// bySums holds rule 17 to the letter, and rule 15.
func (s *spying) bySums() {
	for scope := range s.c.scopes {
		for cell := range s.c.cells {
			n := s.c.draft.Eligible[s.c.draft.at(scope, cell)]
			for _, metric := range []string{"active_people", "adoption_rate", "reach", "coverage"} {
				if r := s.row(metric, scope, cell); int(n) < s.k && !r.Suppressed {
					s.found = append(s.found, fmt.Sprintf("rule 15: %v %s n=%d", r.Dimensions, r.Tool, n))
				}
			}
		}
		for _, sum := range s.sums {
			s.bySum(scope, sum)
		}
	}
}

func (s *spying) bySum(scope int, sum [2][]int) {
	whole, parts := sum[0][0], sum[1]
	dark, people := 0, 0
	for _, cell := range parts {
		if s.row("adoption_rate", scope, cell).Suppressed {
			dark++
			people += int(s.c.draft.Eligible[s.c.draft.at(scope, cell)])
		}
	}
	wholeDark := s.row("adoption_rate", scope, whole).Suppressed
	switch {
	case wholeDark && dark == 0, !wholeDark && dark == 1:
		s.found = append(s.found, fmt.Sprintf("rule 17: one number hidden in the sum of %v, %s", s.c.cells[whole].Dimensions, s.c.scopes[scope].Name))
	case !wholeDark && dark > 0 && people < s.k:
		s.found = append(s.found, fmt.Sprintf("rule 17: %d people hidden in the sum of %v, %s", people, s.c.cells[whole].Dimensions, s.c.scopes[scope].Name))
	}
}

// byAlgebra solves the sums of the hidden cells by elimination with whole rows.
func (s *spying) byAlgebra() {
	for scope := range s.c.scopes {
		var dark []int
		column := map[int]int{}
		for cell := range s.c.cells {
			if s.row("adoption_rate", scope, cell).Suppressed {
				column[cell] = len(dark)
				dark = append(dark, cell)
			}
		}
		var rows [][]int64
		for _, sum := range s.sums {
			row := make([]int64, len(dark))
			for side, sign := range []int64{1, spyPrime - 1} {
				for _, cell := range sum[side] {
					if i, is := column[cell]; is {
						row[i] = sign
					}
				}
			}
			rows = append(rows, row)
		}
		for _, i := range spySolve(rows) {
			s.found = append(s.found, fmt.Sprintf("rule 18: sums fix %v, %s", s.c.cells[dark[i]].Dimensions, s.c.scopes[scope].Name))
		}
	}
}

const spyPrime = 998244353

// spySolve brings the rows into reduced form; a row with one unknown fixes it.
func spySolve(rows [][]int64) []int {
	if len(rows) == 0 {
		return nil
	}
	done := 0
	for column := range rows[0] {
		pivot := -1
		for r := done; r < len(rows); r++ {
			if rows[r][column] != 0 {
				pivot = r
				break
			}
		}
		if pivot < 0 {
			continue
		}
		rows[done], rows[pivot] = rows[pivot], rows[done]
		scale := spyPower(rows[done][column], spyPrime-2)
		for i := range rows[done] {
			rows[done][i] = rows[done][i] * scale % spyPrime
		}
		for r := range rows {
			if f := rows[r][column]; r != done && f != 0 {
				for i := range rows[r] {
					rows[r][i] = (rows[r][i] + (spyPrime-f)*rows[done][i]) % spyPrime
				}
			}
		}
		done++
	}
	var fixed []int
	for _, row := range rows[:done] {
		only, count := -1, 0
		for i, f := range row {
			if f != 0 {
				only, count = i, count+1
			}
		}
		if count == 1 {
			fixed = append(fixed, only)
		}
	}
	return fixed
}

func spyPower(a, exponent int64) int64 {
	result := int64(1)
	for ; exponent > 0; exponent >>= 1 {
		if exponent&1 == 1 {
			result = result * a % spyPrime
		}
		a = a * a % spyPrime
	}
	return result
}

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
