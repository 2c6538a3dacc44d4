package adoption_test

// statistic is how some rows of a metric are calculated, and from when on.
type statistic struct {
	metric, grain string
	// lookBack are the weeks before the period's own that must lie in history,
	// lookAhead those after it that must be final.
	lookBack, lookAhead int
	of                  func(*span) []*table
}

var statistics = []statistic{
	{"active_people", "day", 0, 0, activePeople},
	{"active_people", "week", 0, 0, activePeople},
	{"active_people", "28d", 3, 0, activePeople},
	{"adoption_rate", "week", 0, 0, rates},
	{"reach", "week", 0, 0, rates},
	{"seat_use", "week", 0, 0, seatUse},
	{"stickiness", "week", 0, 0, stickiness},
	{"stickiness", "week", 3, 0, returning},
	{"tier_share", "week", 3, 0, tiers},
	{"habit_rate", "week", 3, 0, tiers},
	{"power_share", "week", 3, 0, tiers},
	{"concentration", "28d", 3, 0, concentration},
	{"breadth", "week", 0, 0, breadth},
	{"depth", "week", 0, 0, depth},
	{"flow", "week", 7, 0, flow},
	{"retention", "week", 0, 4, retention(4)},
	{"retention", "week", 0, 8, retention(8)},
	{"retention", "week", 0, 12, retention(12)},
	{"time_to_first_use", "week", 0, 1, firstUse(7)},
	{"time_to_first_use", "week", 0, 4, firstUse(28)},
	{"time_to_first_use", "week", 0, 1, medianFirstUse},
	{"idle_seats", "week", 3, 0, idleSeats},
	{"role_gap", "28d", 3, 0, roleGap},
	{"training_effect", "week", 0, 0, trainingEffect},
	{"spread", "week", 3, 0, spread},
	{"spread", "week", 3, 0, afterPowerUser},
	{"coverage", "week", 3, 0, coverage},
	{"unattributed_share", "week", 0, 0, unattributed},
}

// figures gives the exact rows of a period, of those metrics that are asked for.
func (p *plain) figures(grain string, period int, asked func(metric string) bool) map[string]*exact {
	rows := map[string]*exact{}
	s := p.span(grain, period)
	if !p.begun || len(s.members) == 0 {
		return rows
	}
	monday := mondayOf(period)
	for _, one := range statistics {
		if one.grain != grain || !asked(one.metric) || monday-7*one.lookBack < p.first || one.lookAhead > 0 && monday+7*one.lookAhead > p.lastFinal {
			continue
		}
		for _, t := range one.of(s) {
			if t.metric == one.metric {
				t.into(rows)
			}
		}
	}
	return rows
}

// beside is the coverage that stands beside a row of the period, as far as the
// cell lets it be seen.
func (p *plain) beside(grain string, period int, tool string, dimensions map[string]string) *float64 {
	if grain == "day" || period-21 < p.first {
		return nil
	}
	s := p.span(grain, period)
	if s.covered == nil {
		s.covered = map[string]*exact{}
		coverage(s)[0].into(s.covered)
	}
	e := s.covered[rowKey("coverage", tool, dimensions)]
	switch {
	case e == nil || e.people < k || e.unknown:
		return nil
	case e.people >= 4*k:
		return floatOf(e.rational())
	case bandOf(e.rational(), e.people) != "":
		return nil
	}
	return floatOf(tenths(e.rational()))
}
