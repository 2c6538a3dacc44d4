package adoption_test

import (
	"math/big"
	"slices"
)

// retention is M11: of those whose first act lies in the week, who is active
// that many weeks later.
func retention(later int) func(*span) []*table {
	statistic := map[int][]string{8: {"statistic", "week8"}, 12: {"statistic", "week12"}}[later]
	return func(s *span) []*table {
		t := s.table("retention", share, everywhere, statistic...)
		for _, m := range s.members {
			for i, scope := range s.scopes {
				if first, ever := m.firstAct(scope, 0, s.to); ever && first >= s.from {
					m.count(t, i, m.active(i, s.period+7*later), true)
				}
			}
		}
		t.each(func(scope, _ int, e *exact) {
			e.unknown = s.silent(s.scopes[scope], s.from+7*later, s.to+7*later)
		})
		return []*table{t.ofThose()}
	}
}

// firstUse is M12 within some days.
func firstUse(within int) func(*span) []*table {
	statistic := map[int][]string{28: {"statistic", "days28"}}[within]
	return func(s *span) []*table {
		t := s.table("time_to_first_use", share, everywhere, statistic...)
		for _, m := range s.members {
			for i, scope := range s.scopes {
				if begin, entitled := m.entitledFrom(scope); entitled && mondayOf(begin) == s.period {
					_, used := m.firstAct(scope, begin, begin+within)
					m.count(t, i, used, true)
				}
			}
		}
		return []*table{t.ofThose()}
	}
}

// entitledFrom is when the person's first entitlement to a tool of the row began.
func (l *life) entitledFrom(s scope) (first int, entitled bool) {
	if len(l.rows) == 0 {
		return 0, false
	}
	for _, tool := range s.tools {
		if day, is := l.entitledTo(tool); is && (!entitled || day < first) {
			first, entitled = day, true
		}
	}
	return first, entitled
}

// entitledTo is the first day of a named seat, for others the first on the
// roster, if they were entitled then.
func (l *life) entitledTo(tool string) (first int, entitled bool) {
	for _, s := range l.held {
		if s.tool == tool && (!entitled || s.from < first) {
			first, entitled = s.from, true
		}
	}
	if entitled {
		return max(first, l.began), true
	}
	return l.began, l.entitled(l.began, []string{tool})
}

// wait is how long a person took, or was looked at without an act.
type wait struct {
	days int
	used bool
}

// medianFirstUse is M12's median, as far as is known today.
func medianFirstUse(s *span) []*table {
	today := min(s.lastFinal, s.period+7*12) + 6
	t := s.table("time_to_first_use", level, everywhere, "statistic", "median")
	waits := map[*exact][]wait{}
	for _, m := range s.members {
		for i, scope := range s.scopes {
			begin, entitled := m.entitledFrom(scope)
			if !entitled || mondayOf(begin) != s.period {
				continue
			}
			one := wait{days: today - begin}
			if first, used := m.firstAct(scope, begin, today); used {
				one = wait{first - begin, true}
			}
			m.count(t, i, false, true)
			for _, c := range m.cells {
				waits[t.row(i, c)] = append(waits[t.row(i, c)], one)
			}
		}
	}
	t.each(func(_, _ int, e *exact) { e.value, e.noNumerator = kaplanMeier(waits[e]), true })
	return []*table{t.ofThose()}
}

// kaplanMeier is the first day by which at least half had begun, null where
// that was never seen. Who was lost sight of on a day was at risk on it.
func kaplanMeier(waits []wait) *fraction {
	slices.SortFunc(waits, func(a, b wait) int { return a.days - b.days })
	left, half := big.NewRat(1, 1), big.NewRat(1, 2)
	for i := 0; i < len(waits); {
		day, atRisk, began := waits[i].days, len(waits)-i, 0
		for ; i < len(waits) && waits[i].days == day; i++ {
			began += int(oneIf(waits[i].used))
		}
		left.Mul(left, big.NewRat(int64(atRisk-began), int64(atRisk)))
		if left.Cmp(half) <= 0 {
			return &fraction{int64(day), 1}
		}
	}
	return &fraction{}
}
