package demo

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// event is an event as the front door takes it.
type event struct {
	ID           string  `json:"id"`
	Time         string  `json:"time"`
	Tool         string  `json:"tool"`
	ToolVersion  string  `json:"tool_version,omitempty"`
	Surface      string  `json:"surface,omitempty"`
	Person       string  `json:"person,omitempty"`
	Device       string  `json:"device,omitempty"`
	Session      string  `json:"session,omitempty"`
	Action       string  `json:"action"`
	Initiator    string  `json:"initiator,omitempty"`
	Decision     string  `json:"decision,omitempty"`
	Model        string  `json:"model,omitempty"`
	Tokens       *tokens `json:"tokens,omitempty"`
	CostMicroUSD uint64  `json:"cost_micro_usd,omitempty"`
	LinesAdded   uint32  `json:"lines_added,omitempty"`
	LinesRemoved uint32  `json:"lines_removed,omitempty"`
	DurationMS   uint64  `json:"duration_ms,omitempty"`
	Success      *bool   `json:"success,omitempty"`

	at time.Time
}

type tokens struct {
	InputUncached uint64 `json:"input_uncached"`
	CacheRead     uint64 `json:"cache_read"`
	CacheWrite    uint64 `json:"cache_write"`
	Output        uint64 `json:"output"`
	Reasoning     uint64 `json:"reasoning"`
}

// day writes down one local day of one person, event after event.
type day struct {
	random  *rand.Rand
	member  *member
	number  int
	clock   time.Time
	session string
	tool    string
	events  []*event
}

// live gives the events of a member's local day, oldest first. acts is what the
// week's plan holds for it.
func (c *Company) live(m *member, number, acts int) []*event {
	s := m.on(number)
	if s == nil || s.leave || m.blind(number/7) {
		return nil
	}
	d := &day{random: c.random("day", m.index, number), member: m, number: number}
	d.clock = c.morning(d.random, s.team.region, number)
	if m.extension && number%7 < 5 {
		d.heartbeat()
	}
	for acts > 0 {
		acts -= d.work(acts)
	}
	return d.events
}

// morning is some time between half past seven and half past nine at the place.
func (c *Company) morning(random *rand.Rand, r region, number int) time.Time {
	year, month, date := c.date(number).Date()
	return time.Date(year, month, date, 7, 30, 0, 0, c.zones[r]).Add(time.Duration(random.IntN(7200_000)) * time.Millisecond)
}

// add takes the event down as of now and lets a little time pass.
func (d *day) add(e event, passes time.Duration) {
	e.ID = fmt.Sprintf("demo-%d-%d-%d", d.member.index, d.number, len(d.events))
	e.at = d.clock
	if e.Device == "" {
		e.Person, e.Device = d.member.email, d.member.device
	}
	d.events = append(d.events, &e)
	d.clock = d.clock.Add(passes/2 + time.Duration(d.random.Int64N(int64(passes))).Truncate(time.Millisecond))
}

func (d *day) heartbeat() {
	d.add(event{Tool: "uptake-extension", Surface: "web", Action: "heartbeat"}, time.Minute)
}

// work is one sitting with one tool; it says how many acts it held.
func (d *day) work(acts int) int {
	d.tool = d.member.tools[0]
	if d.random.IntN(100) < 25 {
		d.tool = d.member.tools[len(d.member.tools)-1]
	}
	d.session = fmt.Sprintf("s-%d-%d-%d", d.member.index, d.number, len(d.events))
	d.clock = d.clock.Add(time.Duration(10+d.random.IntN(50)) * time.Minute)
	sitting := min(acts, 1+d.random.IntN(8))
	if agent, coding := codingAgents[d.tool]; coding {
		d.code(agent, sitting)
	} else {
		d.chat(sitting)
	}
	if d.random.IntN(1000) < 35 {
		d.stray()
	}
	return sitting
}

// stray is a prompt of nobody: from a shared machine that the roster does not
// know, or from a guest.
func (d *day) stray() {
	e := event{Tool: "chatgpt", Surface: "web", Action: "prompt", Device: fmt.Sprintf("pool-%02d", 1+d.random.IntN(6))}
	if d.random.IntN(3) == 0 {
		e.Person = "guest@agency.example"
	}
	d.add(e, time.Second)
}
