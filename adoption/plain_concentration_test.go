package adoption_test

import "slices"

// concentration is M7, over the prompts of the 28 days of eligible people.
func concentration(s *span) []*table {
	top := s.table("concentration", ratio, everywhere)
	gini := s.table("concentration", level, everywhere, "statistic", "gini")
	half := s.table("concentration", counted, everywhere, "statistic", "half_people")
	prompts := map[*exact][]int64{}
	for _, m := range s.members {
		for i, eligible := range m.eligibleFor {
			for _, c := range m.cells {
				if eligible {
					prompts[top.row(i, c)] = append(prompts[top.row(i, c)], m.promptsOf28Days(i, s))
				}
			}
		}
	}
	top.each(func(scope, c int, e *exact) {
		each := prompts[e]
		slices.Sort(each)
		g, h := gini.row(scope, c), half.row(scope, c)
		e.numerator, e.denominator, e.least = sumOf(each[len(each)-(len(each)+9)/10:]), sumOf(each), 30
		g.value, g.least, g.noNumerator, g.noDenominator = giniOf(each), 10, true, true
		h.numerator, h.least = halfOf(each), 30
	})
	return []*table{top, gini, half}
}

func (m *member) promptsOf28Days(scope int, s *span) (prompts int64) {
	for monday := s.from; monday < s.to; monday += 7 {
		prompts += m.done(scope, monday).prompts
	}
	return prompts
}

func sumOf(list []int64) (sum int64) {
	for _, n := range list {
		sum += n
	}
	return sum
}

// giniOf an ascending list with zeros is 1 + 1/n − 2 Σ yᵢ (n+1−i) ÷ (n Σ yᵢ).
func giniOf(list []int64) *fraction {
	n, sum, weighted := int64(len(list)), sumOf(list), int64(0)
	for i, y := range list {
		weighted += y * (n - int64(i))
	}
	return &fraction{n*sum + sum - 2*weighted, n * sum}
}

// halfOf is the fewest people who hold at least half of the sum.
func halfOf(list []int64) (people int64) {
	held := int64(0)
	for 2*held < sumOf(list) {
		people++
		held += list[int64(len(list))-people]
	}
	return people
}
