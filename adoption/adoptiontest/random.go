package adoptiontest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// zones have days of 23, 24 and 25 hours in the weeks that Random uses, both
// ends of the earth, and halves and quarters of an hour.
var zones = []string{"Pacific/Kiritimati", "Pacific/Honolulu", "Pacific/Pago_Pago", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Chatham", "UTC"}

var (
	tools      = []string{"claude-code", "chatgpt", "codex"}
	actions    = []string{"prompt", "prompt", "prompt", "request", "request", "session", "suggestion", "edit", "tool_use", "commit", "pull_request", "heartbeat"}
	initiators = []string{"user", "user", "user", "", "agent", "schedule"}
	kinds      = []string{"human", "human", "human", "unknown", "service"}
	decisions  = []string{"", "accepted", "rejected", "automatic"}
	paths      = []string{"otlp", "extension", "api", "gateway"}
	signals    = []string{"logs", "spans", "metrics"}
	facts      = []string{"prompts", "sessions", "requests", "tokens", "cost", "tool_uses", "edits", "suggestions", "lines", "commits", "pull_requests"}
	measures   = append([]string{"lines_added", "lines_removed", "commits", "pull_requests", "cost_micro_usd", "prompts", "requests", "tool_uses",
		"edits", "suggestions", "tokens_input_total", "tokens_output_total"}, TokenMeasures...)
)

type maker struct {
	*rand.Rand
	start time.Time
	days  int
	// people are on the roster, others are not.
	people, others, aliases []string
	owner                   map[string]string
	received                int
}

// Random makes a company whose events lie in the given number of days from
// start on. Nothing is received twice at the same microsecond.
func Random(r *rand.Rand, start time.Time, days int) Company {
	m := &maker{Rand: r, start: start, days: days, owner: make(map[string]string)}
	for i := range 8 {
		m.people = append(m.people, fmt.Sprintf("%032x", 1000+i))
	}
	for i := range 3 {
		m.others = append(m.others, fmt.Sprintf("%032x", 2000+i))
	}
	for i := range 12 {
		m.aliases = append(m.aliases, fmt.Sprintf("%032x", 3000+i))
	}
	periods, aliases := m.roster()
	c := Company{Periods: periods, Aliases: aliases, Events: m.events(150), Readings: m.readings(25), Authority: m.authority()}
	for range 25 {
		m.sitting(&c)
	}
	return c
}

// RandomRoster makes another roster of the same people.
func RandomRoster(r *rand.Rand, c Company, start time.Time, days int) ([]Period, map[string]string) {
	m := &maker{Rand: r, start: start, days: days, owner: make(map[string]string)}
	seen := make(map[string]bool)
	for _, p := range c.Periods {
		if !seen[p.Person] {
			seen[p.Person] = true
			m.people = append(m.people, p.Person)
		}
	}
	for i := range 12 {
		m.aliases = append(m.aliases, fmt.Sprintf("%032x", 3000+i))
	}
	return m.roster()
}

func one[T any](m *maker, of []T) T { return of[m.IntN(len(of))] }

func (m *maker) roster() ([]Period, map[string]string) {
	var periods []Period
	for _, person := range m.people {
		periods = append(periods, m.career(person)...)
	}
	aliases := make(map[string]string)
	for _, alias := range m.aliases {
		if m.IntN(4) > 0 {
			aliases[alias] = one(m, m.people)
		}
	}
	return periods, aliases
}

// career is a person's rows: moves, gaps, changes of role, an end or none.
func (m *maker) career(person string) []Period {
	var rows []Period
	zone := one(m, zones)
	from := m.day(-5 + m.IntN(m.days))
	for range 1 + m.IntN(4) {
		to := from.AddDate(0, 0, m.IntN(m.days))
		rows = append(rows, Period{Person: person, From: from, To: to, Status: "active", Employment: "employee", Role: "engineer", Seniority: "entry", TimeZone: zone})
		from = to.AddDate(0, 0, 1+m.IntN(2)*m.IntN(3))
		if m.IntN(2) == 0 {
			zone = one(m, zones)
		}
	}
	if m.IntN(2) == 0 {
		rows[len(rows)-1].To = time.Date(2299, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return rows
}

func (m *maker) day(n int) time.Time { return m.start.AddDate(0, 0, n) }

// moment is any time of the days, often close to the turn of an hour.
func (m *maker) moment() time.Time {
	at := m.start.Add(time.Duration(m.Int64N(int64(m.days) * int64(24*time.Hour)))).Truncate(time.Microsecond)
	if m.IntN(3) == 0 {
		at = at.Truncate(15 * time.Minute).Add(time.Duration(m.IntN(3)-1) * time.Microsecond)
	}
	return at
}

// receipt is another moment each time, in no order.
func (m *maker) receipt() time.Time {
	m.received++
	return m.day(m.days).Add(time.Duration(m.IntN(1_000_000))*time.Millisecond + time.Duration(m.received)*time.Microsecond)
}

// who is a person, by any identifier, or a device, or nobody.
func (m *maker) who() (person, device string) {
	switch m.IntN(6) {
	case 0, 1:
		person = one(m, m.people)
	case 2:
		person = one(m, m.others)
	case 3:
		person = one(m, m.aliases)
	}
	if m.IntN(2) == 0 {
		device = one(m, m.aliases)
	}
	return person, device
}

func (m *maker) id() uuid.UUID {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(m.Uint32())
	}
	return id
}

func (m *maker) session() string {
	if m.IntN(4) == 0 {
		return ""
	}
	return fmt.Sprintf("%032x", 9000+m.IntN(6))
}

// events has repeats, and ids that came again with another content.
func (m *maker) events(n int) []Event {
	var events []Event
	for range n {
		e := m.event(m.id(), one(m, paths))
		events = append(events, e)
		if m.IntN(5) == 0 {
			again := e
			again.ReceivedAt = m.receipt()
			events = append(events, again)
		}
		for m.IntN(6) == 0 && e.Path != "otlp" {
			events = append(events, m.event(e.ID, e.Path))
		}
	}
	return events
}

func (m *maker) event(id uuid.UUID, path string) Event {
	person, device := m.who()
	e := Event{
		ID: id, OccurredAt: m.moment(), ReceivedAt: m.receipt(), Path: path, Tool: one(m, tools), Person: person, PersonKind: one(m, kinds), Device: device,
		Signal: m.signal(path), Session: m.session(), Action: one(m, actions), Initiator: one(m, initiators), Decision: one(m, decisions),
		CostMicroUSD: m.Uint64N(5000), Added: m.Uint32N(50), Removed: m.Uint32N(50),
	}
	for i := range e.Tokens {
		e.Tokens[i] = m.Uint64N(100_000)
	}
	if m.IntN(2) == 0 {
		success := m.IntN(2) == 0
		e.Success = &success
	}
	return e
}

// readings has streams of both kinds, with restarts, dips, repeats and points
// of other values for a time that was told already.
func (m *maker) readings(streams int) []Reading {
	var readings []Reading
	for range streams {
		person, device := m.who()
		r := Reading{Stream: m.id(), StartedAt: m.moment(), Tool: one(m, tools), Person: person, PersonKind: one(m, kinds), Device: device,
			Session: m.session(), Initiator: one(m, initiators), Decision: one(m, decisions), Measure: one(m, measures), Temporality: one(m, []string{"delta", "cumulative", "cumulative"})}
		for range 1 + m.IntN(8) {
			r.ReadAt, r.ReceivedAt, r.Value = m.moment(), m.receipt(), float64(m.IntN(400))/4
			readings = append(readings, r)
			if m.IntN(4) == 0 {
				again := r
				again.ReceivedAt, again.Value = m.receipt(), r.Value+float64(m.IntN(3))
				readings = append(readings, again)
			}
			if m.IntN(6) == 0 {
				r.StartedAt = m.moment()
			}
		}
	}
	return readings
}
