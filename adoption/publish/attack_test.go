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
	for _, attack := range []func(){s.bySums, s.byAlgebra, s.byKinds, s.byBounds} {
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
	kinds map[*Table][]*Row
}

func spyKey(metric, tool string, dimensions map[string]string) string {
	return metric + "|" + tool + "|" + key(dimensions)
}

func (s *spying) row(metric string, scope, cell int) *Row {
	for i := range s.c.draft.Tables {
		if t := &s.c.draft.Tables[i]; t.Metric == metric && t.Dimensions == nil {
			return s.kind(t, scope, cell)
		}
	}
	return nil
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
