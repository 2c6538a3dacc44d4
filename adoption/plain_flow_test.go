package adoption_test

// flow is M10.
func flow(s *span) []*table {
	byFlow := map[string]*table{}
	var all []*table
	for _, name := range []string{"new", "retained", "returned", "lapsed"} {
		byFlow[name] = s.table("flow", counted, everywhere, "flow", name)
		all = append(all, byFlow[name])
	}
	for _, m := range s.members {
		for i := range s.scopes {
			if stream := m.stream(i, s.period); stream != "" {
				m.count(byFlow[stream], i, true, false)
			}
		}
	}
	return all
}

// stream tells which way a person goes in the week, "" for none of them.
func (l *life) stream(scope, monday int) string {
	_, ever := l.firstAct(l.scopes[scope], 0, monday-1)
	switch {
	case l.active(scope, monday) && !ever:
		return "new"
	case l.active(scope, monday) && l.weeksActive(scope, monday, 1, 4) > 0:
		return "retained"
	case l.active(scope, monday):
		return "returned"
	case l.weeksActive(scope, monday, 1, 3) == 0 && l.weeksActive(scope, monday, 4, 7) >= 2:
		return "lapsed"
	}
	return ""
}

// weeksActive counts the active ones of the weeks from that many to that many before.
func (l *life) weeksActive(scope, monday, from, to int) (active int) {
	for n := from; n <= to; n++ {
		active += int(oneIf(l.active(scope, monday-7*n)))
	}
	return active
}
