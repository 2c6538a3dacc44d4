package adoption_test

import "slices"

// idleSeats is M13.
func idleSeats(s *span) []*table {
	idle, never, dormant := s.table("idle_seats", counted, everywhere), s.table("idle_seats", counted, everywhere, "statistic", "never_used"), s.table("idle_seats", counted, everywhere, "statistic", "dormant")
	money, left := s.table("idle_seats", counted, everywhere, "statistic", "monthly_usd"), s.table("idle_seats", counted, inTotal, "statistic", "left")
	holders := s.table("", counted, everywhere)
	friday := s.period + 4
	for _, m := range s.members {
		if m.rows[friday] == nil {
			continue
		}
		for i, scope := range s.scopes {
			m.count(holders, i, false, m.holds(friday, scope.tools))
			for _, tool := range scope.tools {
				if !m.idle(tool, friday) {
					continue
				}
				_, ever := m.firstAct(scopeOf(tool), 0, s.to)
				m.count(idle, i, true, false)
				m.count(never, i, !ever, false)
				m.count(dormant, i, ever, false)
				m.pay(money, i, m.price(tool, friday))
			}
		}
	}
	s.leave(friday, idle, money, left)
	holders.ofThose()
	for _, t := range []*table{idle, never, dormant, money, left} {
		t.each(func(scope, c int, e *exact) { e.people = holders.row(scope, c).people })
	}
	money.each(func(_, _ int, e *exact) { e.scale = 1_000_000 })
	return []*table{idle, never, dormant, money, left}
}

func scopeOf(tool string) scope { return scope{tools: []string{tool}} }

// idle tells of a named seat of 28 days or more, whose holder is not on long
// leave and did nothing with it in the 28 days that end with the week.
func (l *life) idle(tool string, friday int) bool {
	if !l.holds(friday, []string{tool}) || l.longLeave(friday) {
		return false
	}
	begun := slices.ContainsFunc(l.held, func(s seat) bool {
		return s.tool == tool && s.from <= friday-28 && friday <= s.to
	})
	_, used := l.firstAct(scopeOf(tool), friday-25, friday+2)
	return begun && !used
}

// price is of all rows of the tool that are valid on the day.
func (l *life) price(tool string, day int) (microUSD int64) {
	for _, s := range l.held {
		if s.tool == tool && s.from <= day && day <= s.to {
			microUSD += s.microUSD
		}
	}
	return microUSD
}

func (m *member) pay(t *table, scope int, microUSD int64) {
	for _, c := range m.cells {
		t.row(scope, c).numerator += microUSD
	}
}

// leave adds the seats of people who had left by the Friday, to the total alone.
func (s *span) leave(friday int, idle, money, left *table) {
	for _, l := range s.lives {
		if len(l.rows) == 0 || l.began > friday || l.rows[friday] != nil {
			continue
		}
		for i, scope := range s.scopes {
			for _, tool := range scope.tools {
				if l.holds(friday, []string{tool}) {
					idle.row(i, 0).numerator++
					left.row(i, 0).numerator++
					money.row(i, 0).numerator += l.price(tool, friday)
				}
			}
		}
	}
}
