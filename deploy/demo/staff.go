package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// How many people come, go, change and rest during the history.
const (
	joiners          = 14
	leavers          = 12
	movers           = 6
	longLeaves       = 3
	shortLeaves      = 9
	contractorsOf100 = 9
)

// open ends a spell that has no end.
const open = math.MaxInt

// member is one person of the company, today's or a former one.
type member struct {
	index      int
	email      string
	device     string
	github     string // Empty outside engineering.
	contractor bool
	role       string
	seniority  seniority
	spells     []spell

	habit   habit
	firstAt int // Day of the first use, where the habit has one.
	phase   int // Which week of three is that of an occasional user.
	stops   bool
	trained bool
	// Day of the training, most often before the history.
	trainedAt int
	course    string
	extension bool
	tools     []string // The usual tool first.
	seats     []seat
}

// spell is a time in one team, both days inclusive, counted from the start of history.
type spell struct {
	from, to int
	team     *team
	leave    bool
}

// on gives the spell that holds the day, nil when the person was not employed then.
func (m *member) on(day int) *spell {
	for i := range m.spells {
		if s := &m.spells[i]; s.from <= day && day <= s.to {
			return s
		}
	}
	return nil
}

// last gives the newest spell.
func (m *member) last() *spell { return &m.spells[len(m.spells)-1] }

// hire fills the teams, then lets people come, go, move and rest.
func (c *Company) hire() {
	random := c.random("hire")
	for i := range teams {
		for level, count := range teams[i].people {
			for n := range count {
				c.add(random, &teams[i], seniority(level), n)
			}
		}
	}
	plain := c.plainStaff(random)
	c.join(random, plain[:joiners])
	c.move(random, plain[joiners:joiners+movers])
	rested := plain[joiners+movers:]
	c.rest(random, rested[:longLeaves], rested[longLeaves:longLeaves+shortLeaves])
	c.leaveForGood(random)
	c.holiday()
	c.christen(random)
}

func (c *Company) add(random *rand.Rand, t *team, s seniority, n int) *member {
	choices := roles[t.department][s]
	m := &member{
		index:      len(c.members),
		role:       choices[n%len(choices)],
		seniority:  s,
		contractor: s > manager && random.IntN(100) < contractorsOf100,
		spells:     []spell{{from: -30 - random.IntN(1500), to: open, team: t}},
	}
	c.members = append(c.members, m)
	return m
}

// plainStaff gives, shuffled, the people whose coming and going blurs no part of
// the story: those without a fate, below manager.
func (c *Company) plainStaff(random *rand.Rand) []*member {
	var plain []*member
	for _, m := range c.members {
		if m.seniority > manager && !fated(m.spells[0].team) {
			plain = append(plain, m)
		}
	}
	random.Shuffle(len(plain), func(i, j int) { plain[i], plain[j] = plain[j], plain[i] })
	return plain
}

func fated(t *team) bool {
	return t.name == stalledTeam || t.name == blindTeam || t.name == holidayTeam
}

func (c *Company) join(random *rand.Rand, joining []*member) {
	for _, m := range joining {
		m.spells[0].from = 7 * (2 + random.IntN(19))
	}
}

// move gives people a past in another team of their department.
func (c *Company) move(random *rand.Rand, moving []*member) {
	for _, m := range moving {
		now := m.spells[0]
		before := now
		for before.team == now.team {
			if t := &teams[random.IntN(len(teams))]; t.department == now.team.department && !fated(t) {
				before.team = t
			}
		}
		now.from = 7*(4+random.IntN(16)) + random.IntN(5)
		before.to = now.from - 1
		m.spells = []spell{before, now}
	}
}

func (c *Company) rest(random *rand.Rand, long, short []*member) {
	for i, m := range long {
		from := 7 * (8 + 3*i)
		to := from + 69
		if i == len(long)-1 {
			to = open
		}
		m.takeLeave(from, to)
	}
	for _, m := range short {
		from := 7*(3+random.IntN(19)) + random.IntN(3)
		m.takeLeave(from, from+4+random.IntN(8))
	}
}

// takeLeave cuts the last spell of a member around a leave.
func (m *member) takeLeave(from, to int) {
	before, after := *m.last(), *m.last()
	before.to, after.from = from-1, to
	m.spells[len(m.spells)-1] = before
	m.spells = append(m.spells, spell{from: from, to: to, team: before.team, leave: true})
	if to != open {
		after.from = to + 1
		m.spells = append(m.spells, after)
	}
}

// leaveForGood adds people who were there and are gone, so that the teams above
// are as large as stated today.
func (c *Company) leaveForGood(random *rand.Rand) {
	for range leavers {
		t := &teams[random.IntN(len(teams))]
		for fated(t) {
			t = &teams[random.IntN(len(teams))]
		}
		m := c.add(random, t, professional+seniority(random.IntN(2)), random.IntN(5))
		m.spells[0].to = 7*(3+random.IntN(19)) + 4
	}
}

func (c *Company) holiday() {
	for _, m := range c.members {
		if m.last().team.name == holidayTeam {
			m.takeLeave(7*holidayFromWeek, 7*holidayToWeek+6)
		}
	}
}

func (c *Company) christen(random *rand.Rand) {
	for i, name := range invent(random, len(c.members)) {
		m := c.members[i]
		m.email = name + "@demo.example"
		m.device = fmt.Sprintf("laptop-%04d", i+1)
		if m.last().team.department == "engineering" {
			m.github = name
		}
	}
}
