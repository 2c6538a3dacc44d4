package demo

import "math/rand/v2"

// plan gives how many acts a member does on each day of a week.
func (c *Company) plan(m *member, week int) [7]int {
	var acts [7]int
	random := c.random("week", m.index, week)
	u := usual[m.habit]
	if !m.inMood(random, week) || m.stopped(week) {
		return acts
	}
	total := u.minActs + random.IntN(u.maxActs-u.minActs+1)
	days := min(u.minDays+random.IntN(u.maxDays-u.minDays+1), total)
	chosen := random.Perm(5)[:days]
	for n := range total {
		acts[chosen[n%days]]++
	}
	c.workLate(random, m, &acts)
	for day := range acts {
		if !m.works(7*week + day) {
			acts[day] = 0
		}
	}
	return acts
}

// inMood says whether a week has any act. Occasional users take turns, so that
// their group neither swells nor shrinks by chance.
func (m *member) inMood(random *rand.Rand, week int) bool {
	if m.habit == occasional {
		return week%3 == m.phase
	}
	return random.Float64() < usual[m.habit].chance
}

// workLate lets a few of the busy take something into the weekend.
func (c *Company) workLate(random *rand.Rand, m *member, acts *[7]int) {
	if m.habit <= regular && random.IntN(100) < 6 {
		acts[5+random.IntN(2)] = 1 + random.IntN(2)
	}
}

// stopped says whether the fate of the team has silenced a member.
func (m *member) stopped(week int) bool {
	return m.stops && week >= stalledFromWeek || m.blind(week)
}

func (m *member) blind(week int) bool {
	return m.last().team.name == blindTeam && week >= blindFromWeek
}

// works says whether a member uses anything that day: employed, not on leave, begun.
func (m *member) works(day int) bool {
	s := m.on(day)
	return s != nil && !s.leave && day >= m.firstAt
}
