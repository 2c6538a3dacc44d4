package adoption_test

// trainingEffect is M15: how much more of the trained are active afterwards
// than before, less the same of those who were not trained.
func trainingEffect(s *span) []*table {
	effect, trend := s.table("training_effect", level, anyInTotal), s.table("training_effect", level, anyInTotal, "statistic", "pre_trend")
	s.stack(effect.row(0, 0), span2{1, 6}, span2{-4, -1})
	s.stack(trend.row(0, 0), span2{-2, -1}, span2{-4, -3})
	effect.row(0, 0).roughly = true
	return []*table{effect, trend}
}

// span2 are weeks from and to, counted from that of the training.
type span2 struct{ from, to int }

// stack adds up the cohorts, each weighing what it has trained people.
func (s *span) stack(e *exact, after, before span2) {
	sum, trained := 0.0, 0
	for week := s.first + 28; week+42 <= s.period; week += 7 {
		if week <= s.period-7*32 {
			continue
		}
		change, n := s.change(week, after, before, func(l *life) bool { return l.trained > 0 && mondayOf(l.trained) == week })
		others, m := s.change(week, after, before, func(l *life) bool { return l.trained == 0 || mondayOf(l.trained) > week+49 })
		if n > 0 && m > 0 {
			sum += change - others*float64(n)/float64(m)
			trained += n
		}
	}
	value := sum / float64(trained)
	e.value, e.people, e.least = &fraction{}, int64(trained), 30
	e.noNumerator, e.noDenominator = true, true
	if trained > 0 {
		e.float = &value
	}
}

// change is the sum over people of what they did afterwards less before.
func (s *span) change(week int, after, before span2, of func(*life) bool) (sum float64, people int) {
	for _, l := range s.lives {
		later, thereLater := l.share(week, after)
		earlier, thereEarlier := l.share(week, before)
		if of(l) && thereLater && thereEarlier {
			sum += later - earlier
			people++
		}
	}
	return sum, people
}

// share is the share of the weeks on the roster in which the person is active.
func (l *life) share(week int, of span2) (share float64, there bool) {
	active, weeks := 0, 0
	for n := of.from; n <= of.to; n++ {
		monday := week + 7*n
		if l.present(monday) {
			weeks++
			active += int(oneIf(l.active(0, monday)))
		}
	}
	return float64(active) / float64(max(weeks, 1)), weeks > 0
}

func (l *life) present(monday int) bool {
	for day := monday; day < monday+7; day++ {
		if l.rows[day] != nil {
			return true
		}
	}
	return false
}
