package demo

import (
	"slices"
	"sort"
)

// habit is how a person has taken to AI.
type habit int

const (
	power habit = iota
	regular
	occasional
	never
)

// usual is what a week of a habit looks like: the chance of any act, how many
// acts, on how many days. Power users stay above and regular ones below 15 acts a
// week on average, which is where the definition of a power user lies.
var usual = [...]struct {
	chance           float64
	minActs, maxActs int
	minDays, maxDays int
}{
	power:      {0.98, 20, 45, 4, 5},
	regular:    {0.95, 3, 11, 2, 4},
	occasional: {1. / 3, 1, 3, 1, 1},
	never:      {0.008, 1, 1, 1, 1},
}

// Weekly adoption by department and seniority that the story asks for where
// nothing went wrong. Beside the teams that went wrong it gives 0.61 for
// executives and 0.42 for entry level, in marketing and in the whole.
var adoption = map[string][4]float64{
	"marketing":   {0.61, 0.57, 0.51, 0.42},
	"sales":       {0.72, 0.62, 0.58, 0.48},
	"engineering": {0.80, 0.76, 0.80, 0.74},
	"support":     {0.65, 0.55, 0.50, 0.45},
}

// Share of power users by seniority; engineering has half as many again.
var powerShare = [4]float64{0.10, 0.09, 0.09, 0.05}

const occasionalShare = 0.18

// shares gives how many of a group have each habit.
func shares(department string, s seniority) [4]float64 {
	p := powerShare[s]
	if department == "engineering" {
		p *= 1.5
	}
	rest := adoption[department][s] - p*usual[power].chance - occasionalShare*usual[occasional].chance
	r := rest / usual[regular].chance
	return [4]float64{p, r, occasionalShare, 1 - p - r - occasionalShare}
}

// form gives everybody a habit. Shares are kept by dealing, not by chance: the
// story must hold in a group of 23.
func (c *Company) form() {
	random := c.random("form")
	order := append([]*member(nil), c.members...)
	random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	sort.SliceStable(order, func(i, j int) bool { return before(order[i], order[j]) })
	var owed [4]float64
	for _, m := range order {
		for h, share := range shares(m.last().team.department, m.seniority) {
			owed[h] += share
		}
		m.habit = most(owed)
		owed[m.habit]--
	}
	c.schedule(order)
}

// departments in the order of dealing: marketing first, where no earlier debt
// bends the shares.
var departments = []string{"marketing", "sales", "engineering", "support"}

// before orders people so that groups that are looked at together are dealt to together.
func before(a, b *member) bool {
	ta, tb := a.last().team, b.last().team
	if ta.department != tb.department {
		return slices.Index(departments, ta.department) < slices.Index(departments, tb.department)
	}
	if a.seniority != b.seniority {
		return a.seniority < b.seniority
	}
	return fated(ta) && !fated(tb)
}

func most(owed [4]float64) habit {
	best := 0
	for h := range owed {
		if owed[h] > owed[best] {
			best = h
		}
	}
	return habit(best)
}

// schedule says when people begin, which makes the company grow slowly, and who
// of the stalled team stops.
func (c *Company) schedule(order []*member) {
	random := c.random("schedule")
	for i, m := range order {
		m.firstAt = m.spells[0].from + 7
		m.phase = i % 3
		t := m.last().team
		if m.habit == regular && i%4 == 0 && t.name != stalledTeam {
			m.firstAt = max(m.firstAt, 7*(2+random.IntN(16)))
		}
		m.stops = t.name == stalledTeam && i%3 != 0
	}
}
