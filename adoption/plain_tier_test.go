package adoption_test

// ladder are the tiers from the top.
var ladder = []string{"power", "habitual", "novice", "low", "none"}

// tier is M4 for the weeks that end with this one.
func (l *life) tier(scope, monday int) string {
	since := max(mondayOf(l.began), l.first)
	weeks, habit := 12, 9
	if (monday-since)/7+1 < 12 {
		weeks, habit = 4, 4
	}
	active, acts := 0, int64(0)
	for n := range weeks {
		done := l.done(scope, monday-7*n).acts
		acts += done
		active += int(oneIf(done > 0))
	}
	return rung(active >= habit, acts, int64(weeks))
}

func rung(habit bool, acts, weeks int64) string {
	switch {
	case habit && acts >= 15*weeks:
		return "power"
	case habit:
		return "habitual"
	case acts >= weeks:
		return "novice"
	case acts > 0:
		return "low"
	}
	return "none"
}

// tiers are M4, M5 and M6.
func tiers(s *span) []*table {
	byTier := map[string]*table{}
	all := []*table{s.table("habit_rate", share, everywhere), s.table("power_share", share, everywhere)}
	for _, name := range ladder {
		byTier[name] = s.table("tier_share", share, everywhere, "tier", name)
		all = append(all, byTier[name])
	}
	for _, m := range s.members {
		for i, eligible := range m.eligibleFor {
			if !eligible {
				continue
			}
			tier := m.tier(i, s.period)
			m.count(all[0], i, tier == "power" || tier == "habitual", true)
			m.count(all[1], i, tier == "power", true)
			for name, t := range byTier {
				m.count(t, i, tier == name, true)
			}
		}
	}
	return all
}
