package adoption_test

import "slices"

// entitled is rule 6.
func (l *life) entitled(day int, tools []string) bool {
	if len(l.seats) == 0 {
		return true
	}
	has := func(s seat) bool { return s.from <= day && day <= s.to && slices.Contains(tools, s.tool) }
	return slices.ContainsFunc(l.held, has) || slices.ContainsFunc(l.everybody, has)
}

// longLeave is rule 7: it walks from the day to both ends of the leave, until
// it is long.
func (l *life) longLeave(day int) bool {
	away := func(d int) bool { one := l.rows[d]; return one != nil && one.leave }
	if !away(day) {
		return false
	}
	first, last := day, day
	for away(first-1) && last-first < 27 {
		first--
	}
	for away(last+1) && last-first < 27 {
		last++
	}
	return last-first >= 27
}

func working(day int) bool { return (day+3)%7 < 5 }

// able is a day that counts for being eligible, weekends left aside.
func (l *life) able(day int, tools []string) bool {
	return l.rows[day] != nil && !l.longLeave(day) && l.entitled(day, tools)
}

// eligible is rule 8 for a week.
func (l *life) eligible(monday int, tools []string) bool {
	days := 0
	for day := monday; day < monday+5; day++ {
		if l.able(day, tools) {
			days++
		}
	}
	return days >= 3
}

// employed is rule 9.
func (l *life) employed(monday int) bool {
	days := 0
	for day := monday; day < monday+5; day++ {
		if l.rows[day] != nil {
			days++
		}
	}
	return days >= 3
}

// placed is rule 10, nil for who is on the roster on no day of the window.
func (l *life) placed(from, to int) map[string]string {
	var able, atWork, any []int
	for day := from; day <= to; day++ {
		if l.rows[day] == nil {
			continue
		}
		any = append(any, day)
		if !working(day) {
			continue
		}
		atWork = append(atWork, day)
		if l.able(day, l.scopes[0].tools) {
			able = append(able, day)
		}
	}
	for _, days := range [][]int{able, atWork, any} {
		if len(days) > 0 {
			return l.mostly(days)
		}
	}
	return nil
}

var dimensions = []string{"region", "department", "team", "role", "seniority", "employment"}

// mostly takes for each dimension the value of most of the days, of two as
// frequent the later one.
func (l *life) mostly(days []int) map[string]string {
	place := map[string]string{}
	for _, dimension := range dimensions {
		times, best := map[string]int{}, 0
		for _, day := range days {
			times[l.rows[day].values[dimension]]++
		}
		for _, day := range days {
			if value := l.rows[day].values[dimension]; times[value] >= best {
				best, place[dimension] = times[value], value
			}
		}
	}
	return place
}
