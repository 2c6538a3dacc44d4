package adoption_test

// spread is M16: the teams in which three are habitual.
func spread(s *span) []*table {
	t := s.table("spread", ratio, func(_ scope, c cell) bool { return c.cut == "" || c.cut == "region" || c.cut == "department" })
	teams := map[*exact]map[string]int{}
	for _, m := range s.members {
		for i, eligible := range m.eligibleFor {
			if !eligible {
				continue
			}
			tier := m.tier(i, s.period)
			for _, c := range m.cells {
				if e := t.row(i, c); e != nil {
					if teams[e] == nil {
						teams[e] = map[string]int{}
					}
					teams[e][m.place["team"]] += int(oneIf(tier == "power" || tier == "habitual"))
				}
			}
		}
	}
	t.each(func(_, _ int, e *exact) {
		for _, habitual := range teams[e] {
			e.denominator++
			e.numerator += oneIf(habitual >= 3)
		}
	})
	return []*table{t}
}

// afterPowerUser are the team mates who had not begun when their team had its
// first power user, four weeks before.
func afterPowerUser(s *span) []*table {
	t := s.table("spread", share, anyInTotal, "statistic", "after_power_user")
	w := s.period
	for _, m := range s.members {
		if !m.eligibleFor[0] || s.firstPowerUser(m.place["team"]) != w-28 {
			continue
		}
		began := false
		for n := 5; n <= 16; n++ {
			began = began || w-7*n >= s.first && m.active(0, w-7*n)
		}
		if !began {
			m.count(t, 0, m.weeksActive(0, w, 0, 3) > 0, true)
		}
	}
	return []*table{t.ofThose()}
}

// firstPowerUser is the first week in which the team has one, 0 for none.
func (p *plain) firstPowerUser(team string) int {
	if p.powered == nil {
		p.powered = map[string]int{}
		for monday := p.first + 21; monday <= p.lastFinal+7*4; monday += 7 {
			for _, m := range p.span("week", monday).members {
				if p.powered[m.place["team"]] == 0 && m.eligibleFor[0] && m.tier(0, monday) == "power" {
					p.powered[m.place["team"]] = monday
				}
			}
		}
	}
	return p.powered[team]
}
