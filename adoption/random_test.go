package adoption_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// zones lie at both ends of the earth, half an hour beside the others, and
// where the clocks change in the weeks of the tests.
var zones = []string{"Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "UTC"}

// chance makes a random company whose weeks begin with the Monday.
type chance struct {
	*rand.Rand
	*world
	monday, weeks               int
	regions, departments, roles int
	team                        int
	tools                       []string
	silentAfter                 map[string]int
	steady, trainings           bool
}

// newWorld makes a company of about that size, with teams from tiny to large.
func newWorld(r *rand.Rand, monday, weeks, size int) *world {
	c := &chance{Rand: r, world: &world{}, monday: monday, weeks: weeks, regions: 1 + r.IntN(3), departments: 1 + r.IntN(4), roles: 1 + r.IntN(4),
		team: 2 + r.IntN(20), silentAfter: map[string]int{}, steady: r.IntN(2) == 0, trainings: r.IntN(3) > 0}
	c.tools = slices.Clone(tools[:1+r.IntN(len(tools))])
	for _, tool := range c.tools {
		if r.IntN(4) == 0 {
			c.silentAfter[tool] = monday + r.IntN(7*weeks)
		}
	}
	for i := range size {
		person := fmt.Sprintf("%032x", 1000+i)
		c.career(person, i/c.team)
		c.use(person)
		c.train(person)
	}
	for i := range 3 {
		c.use(fmt.Sprintf("%032x", 9000+i))
	}
	if r.IntN(3) > 0 {
		c.entitle(size)
	}
	return c.world
}

// career is a person's rows: moves in mid-week, leaves in pieces, gaps, an end.
func (c *chance) career(person string, team int) {
	from := c.monday - 40
	if c.IntN(4) == 0 {
		from = c.monday + c.IntN(7*c.weeks)
	}
	for {
		to := openEnd
		if c.IntN(3) == 0 {
			to = from + c.IntN(20*(1+c.weeks/8))
		}
		c.periods = append(c.periods, period{person, from, to, c.IntN(6) == 0, map[string]string{
			"region": fmt.Sprint("g", team%c.regions), "department": fmt.Sprint("d", team%c.departments), "team": fmt.Sprint("t", team),
			"role": fmt.Sprint("r", c.IntN(c.roles)), "seniority": []string{"executive", "manager", "professional", "entry"}[c.IntN(4)],
			"employment": []string{"employee", "employee", "employee", "contractor"}[c.IntN(4)]}, zones[c.IntN(len(zones))]})
		if to == openEnd || c.IntN(4) == 0 {
			return
		}
		from = to + 1 + max(0, c.IntN(6)-4)
		if c.IntN(2) == 0 {
			team = max(0, team+c.IntN(3)-1)
		}
	}
}

// use is what a person does: seldom or often, with pauses, from a day on.
func (c *chance) use(person string) {
	often := c.Float64()
	if !c.steady {
		often *= c.Float64()
	}
	for _, tool := range append(slices.Clone(c.tools), "uptake-extension") {
		if c.IntN(3) > 0 {
			continue
		}
		begin := c.monday - 10 + c.IntN(2)*c.IntN(7*c.weeks)
		pause := begin + c.IntN(7*c.weeks)
		length := c.IntN(2) * c.IntN(7*8)
		for day := begin; day < c.monday+7*c.weeks; day++ {
			after, silent := c.silentAfter[tool]
			if silent && day > after || day >= pause && day < pause+length || c.Float64() >= often {
				continue
			}
			c.act(person, tool, day)
		}
	}
	if c.IntN(3) == 0 {
		c.heard = append(c.heard, hearing{person, c.monday + c.IntN(7*c.weeks)})
	}
}

func (c *chance) act(person, tool string, day int) {
	n := c.Uint32N(7) * min(1, c.Uint32N(3))
	c.used = append(c.used, use{person, tool, day, n})
	switch {
	case n > 0:
		c.acts = append(c.acts, act{person, tool, day + c.IntN(3) - 1, day, n, c.Uint32N(n + 1)})
	case c.IntN(4) == 0:
		c.acts = append(c.acts, act{"", tool, day, 0, 1 + c.Uint32N(3), 0})
	}
}

// train gives some people trainings, many of them in the same few weeks.
func (c *chance) train(person string) {
	if !c.trainings || c.IntN(3) == 0 {
		return
	}
	day := c.monday + 7*(c.weeks/2) + c.IntN(14)
	if c.IntN(4) == 0 {
		day = c.monday + c.IntN(7*c.weeks)
	}
	c.world.trainings = append(c.world.trainings, training{person, "basics", day})
	if c.IntN(4) == 0 {
		c.world.trainings = append(c.world.trainings, training{person, "more", day + c.IntN(30) - 10})
	}
}

// entitle gives seats: to everybody from a day on, or to some, for a while or
// for good, to some twice.
func (c *chance) entitle(size int) {
	for _, tool := range c.tools {
		if c.IntN(4) == 0 {
			c.seats = append(c.seats, seat{"*", tool, c.monday - 50 + c.IntN(2)*c.IntN(60), openEnd, 0})
			if c.IntN(2) == 0 {
				continue
			}
		}
		share := c.Float64()
		price := []int64{0, 100_000, 19_990_000, 30_000_000, 1}[c.IntN(5)]
		for i := range size {
			for c.Float64() < share {
				c.seat(fmt.Sprintf("%032x", 1000+i), tool, price)
				if c.IntN(4) > 0 {
					break
				}
			}
		}
	}
}

func (c *chance) seat(person, tool string, price int64) {
	from := c.monday - 40 + c.IntN(7*c.weeks)
	to := openEnd
	if c.IntN(2) == 0 {
		to = from + c.IntN(20*(1+c.weeks/4))
	}
	// The same row twice is one row to an import.
	if s := (seat{person, tool, from, to, price}); !slices.Contains(c.seats, s) {
		c.seats = append(c.seats, s)
	}
}
