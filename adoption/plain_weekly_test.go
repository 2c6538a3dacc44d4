package adoption_test

import (
	"slices"
	"strings"
)

// activePeople is M1, for all grains.
func activePeople(s *span) []*table {
	t := s.table("active_people", counted, everywhere)
	for _, m := range s.members {
		for i, active := range m.activeWith {
			m.count(t, i, active, false)
		}
	}
	return []*table{t}
}

// rates are M2 and M2b.
func rates(s *span) []*table {
	rate, reach := s.table("adoption_rate", share, everywhere), s.table("reach", share, everywhere)
	for _, m := range s.members {
		employed := m.employed(s.period)
		for i, active := range m.activeWith {
			m.count(rate, i, active && m.eligibleFor[i], m.eligibleFor[i])
			m.count(reach, i, active && employed, employed)
		}
	}
	return []*table{rate, reach.ofThose()}
}

// coverage is of whom anything was heard in the 28 days.
func coverage(s *span) []*table {
	t := s.table("coverage", share, everywhere)
	for _, m := range s.members {
		heard := false
		for day := s.to - 27; day <= s.to; day++ {
			heard = heard || m.noted[day]
		}
		for i, eligible := range m.eligibleFor {
			m.count(t, i, heard && eligible, eligible)
		}
	}
	return []*table{t}
}

// seatUse is M2c: people with a named seat on the Friday.
func seatUse(s *span) []*table {
	t := s.table("seat_use", share, func(s scope, _ cell) bool { return s.single })
	for _, m := range s.members {
		for i, scope := range s.scopes {
			if scope.single && m.rows[s.period+4] != nil && m.holds(s.period+4, scope.tools) {
				m.count(t, i, m.activeWith[i], true)
			}
		}
	}
	return []*table{t.ofThose()}
}

// holds tells of a named seat on the day.
func (l *life) holds(day int, tools []string) bool {
	return slices.ContainsFunc(l.held, func(s seat) bool { return s.from <= day && day <= s.to && slices.Contains(tools, s.tool) })
}

// stickiness is M3, the mean over the working days: people are where they are that day.
func stickiness(s *span) []*table {
	t := s.table("stickiness", ratio, everywhere)
	for _, m := range s.members {
		for i, active := range m.activeWith {
			m.count(t, i, false, active)
		}
	}
	t.ofThose()
	for day := s.period; day < s.period+5; day++ {
		t.addDay(s.span("day", day))
	}
	t.each(func(_, _ int, e *exact) { e.scale = 5 })
	return []*table{t}
}

// addDay adds the active people of a day to the cells that the week has too.
func (t *table) addDay(day *span) {
	for _, m := range day.members {
		for i, active := range m.activeWith {
			for _, c := range m.cells {
				if at, there := t.at[cellKey(day.cells[c])]; there && active {
					t.row(i, at).numerator++
				}
			}
		}
	}
}

// returning is wau_28d: the active people of the week among those of the 28 days.
func returning(s *span) []*table {
	t := s.table("stickiness", share, everywhere, "statistic", "wau_28d")
	for _, m := range s.members {
		for i, active := range m.activeWith {
			m.count(t, i, active, false)
		}
	}
	long := s.span("28d", s.period)
	for _, m := range long.members {
		for i, active := range m.activeWith {
			for _, c := range m.cells {
				if at, there := t.at[cellKey(long.cells[c])]; there && active {
					t.row(i, at).denominator++
				}
			}
		}
	}
	t.each(func(scope, c int, e *exact) {
		e.veils = []string{rowKey("active_people", s.scopes[scope].name, s.cells[c].dimensions)}
	})
	return []*table{t.ofThose()}
}

// breadth is M8.
func breadth(s *span) []*table {
	t := s.table("breadth", level, func(s scope, _ cell) bool { return !s.single })
	two := s.table("breadth", share, func(s scope, _ cell) bool { return s.name == "any" }, "statistic", "two_categories")
	for _, m := range s.members {
		for i, active := range m.activeWith {
			for _, c := range m.cells {
				if e := t.row(i, c); e != nil && active {
					e.numerator += m.tools(s.period, s.scopes[i])
					e.denominator++
				}
			}
			m.count(two, i, active && m.categories(s.period) >= 2, active)
		}
	}
	return []*table{t.ofThose(), two.ofThose()}
}

// tools is how many of the row's were used in the week, categories how many of all.
func (l *life) tools(monday int, s scope) (used int64) {
	for _, tool := range s.tools {
		if _, active := l.firstAct(scope{tools: []string{tool}}, monday, monday+6); active {
			used++
		}
	}
	return used
}

func (l *life) categories(monday int) (used int) {
	for i, s := range l.scopes {
		if strings.HasPrefix(s.name, "category:") && l.active(i, monday) {
			used++
		}
	}
	return used
}

// depth is M9, over the person-days with an act in the row.
func depth(s *span) []*table {
	median, p90 := s.table("depth", level, everywhere), s.table("depth", level, everywhere, "statistic", "p90")
	active := s.table("", counted, everywhere)
	prompts := map[*exact][]int64{}
	for _, m := range s.members {
		for i, scope := range s.scopes {
			days := m.promptsOf(s.period, scope)
			m.count(active, i, false, len(days) > 0)
			for _, c := range m.cells {
				prompts[median.row(i, c)] = append(prompts[median.row(i, c)], days...)
			}
		}
	}
	active.ofThose()
	median.each(func(scope, c int, e *exact) {
		days := prompts[e]
		slices.Sort(days)
		for _, one := range []*exact{e, p90.row(scope, c)} {
			one.people, one.denominator, one.noNumerator = active.row(scope, c).people, int64(len(days)), true
		}
		e.value, p90.row(scope, c).value = middle(days), nearestRank(days, 9, 10)
	})
	return []*table{median, p90}
}

// promptsOf has the prompts of each day of the week with an act in the row.
func (l *life) promptsOf(monday int, s scope) (days []int64) {
	for day := monday; day < monday+7; day++ {
		if !l.activeOn(day, s) {
			continue
		}
		prompts := int64(0)
		for _, tool := range s.tools {
			prompts += l.acts[day][tool].prompts
		}
		days = append(days, prompts)
	}
	return days
}

// middle is the median of an ascending list.
func middle(list []int64) *fraction {
	n := len(list)
	if n == 0 {
		return &fraction{}
	}
	return &fraction{list[(n-1)/2] + list[n/2], 2}
}

// nearestRank is the element ceil(top ÷ bottom × n) of an ascending list.
func nearestRank(list []int64, top, bottom int) *fraction {
	if len(list) == 0 {
		return &fraction{}
	}
	return &fraction{list[(top*len(list)+bottom-1)/bottom-1], 1}
}

// unattributed counts acts by days of UTC, for any tool and each tool.
func unattributed(s *span) []*table {
	t := s.table("unattributed_share", ratio, func(s scope, c cell) bool { return c.cut == "" && (s.single || s.name == "any") })
	for _, a := range s.world.acts {
		if a.day < s.from || a.day > s.to || a.tool == "uptake-extension" {
			continue
		}
		for i, scope := range s.scopes {
			if e := t.row(i, 0); e != nil && slices.Contains(scope.tools, a.tool) {
				e.denominator += int64(a.acts)
				e.numerator += int64(a.acts) * oneIf(!s.employed(a.person, a.local))
			}
		}
	}
	return []*table{t}
}
