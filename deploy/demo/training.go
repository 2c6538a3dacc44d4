package demo

// Share of each seniority that had formal training.
var trainedShare = [4]float64{0.65, 0.55, 0.48, 0.34}

var courses = map[string]string{
	"marketing":   "prompting for marketers",
	"sales":       "ai in the sales cycle",
	"engineering": "coding with agents",
	"support":     "ai foundations",
}

// train deals out the training. Those who took to AI are first in the line, and
// who begins late begins soon after the course.
func (c *Company) train() {
	random := c.random("train")
	owed := map[seniority]float64{}
	for turn := range 2 {
		for _, m := range c.members {
			if turn == 0 {
				owed[m.seniority] += trainedShare[m.seniority]
			}
			keen := m.habit <= regular || random.IntN(5) == 0
			if m.trained || owed[m.seniority] < 1 || (turn == 0 && !keen) {
				continue
			}
			owed[m.seniority]--
			m.trained = true
			m.course = courses[m.last().team.department]
			m.trainedAt = c.trainingDay(m, random.IntN(150))
		}
	}
}

// trainingDay is a working day shortly before the first use of a late beginner,
// else some time ago, but never before the person came.
func (c *Company) trainingDay(m *member, ago int) int {
	day := 7*18 - ago
	if m.firstAt > 7 {
		day = m.firstAt - 3 - ago%7
	}
	day = min(max(day, m.spells[0].from), m.last().to)
	day = min(day, c.today)
	for c.date(day).Weekday()%6 == 0 && day > m.spells[0].from {
		day--
	}
	return day
}
