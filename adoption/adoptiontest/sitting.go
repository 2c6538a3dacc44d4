package adoptiontest

import (
	"slices"
	"time"
)

// authority has any orders, and for some facts none.
func (m *maker) authority() map[string]map[string][]string {
	all := make(map[string]map[string][]string)
	for _, tool := range tools[1:] {
		all[tool] = make(map[string][]string)
		for _, fact := range facts {
			order := slices.Clone(signals)
			m.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			all[tool][fact] = order[:m.IntN(len(order)+1)]
		}
	}
	return all
}

// signal is a record's, where it came by OpenTelemetry.
func (m *maker) signal(path string) string {
	if path != "otlp" {
		return ""
	}
	return one(m, []string{"", "logs", "spans"})
}

// sitting is some hours of a person with a tool, told by a few signals at once:
// logs and spans when it happened, counters a while later, two copies of some.
func (m *maker) sitting(c *Company) {
	person, device := m.who()
	tool, kind, began := one(m, tools), one(m, kinds), m.moment()
	if m.IntN(2) == 0 {
		began = m.day(1 + m.IntN(m.days)).Add(-2 * time.Hour)
	}
	heard := slices.DeleteFunc([]string{"", "logs", "spans", "metrics"}, func(string) bool { return m.IntN(2) == 0 })
	for range 1 + m.IntN(4) {
		at := began.Add(time.Duration(m.Int64N(int64(3 * time.Hour)))).Truncate(time.Microsecond)
		for _, signal := range heard {
			if signal == "metrics" {
				c.Readings = append(c.Readings, m.exports(person, device, tool, kind, at)...)
				continue
			}
			e := m.event(m.id(), "otlp")
			e.OccurredAt, e.Signal, e.Tool, e.Person, e.Device, e.PersonKind = at, signal, tool, person, device, kind
			c.Events = append(c.Events, e)
			if m.IntN(3) == 0 {
				e.ReceivedAt = m.receipt()
				c.Events = append(c.Events, e)
			}
		}
	}
}

// exports are points of a counter from that time on, and of what it holds.
func (m *maker) exports(person, device, tool, kind string, at time.Time) []Reading {
	r := Reading{Stream: m.id(), StartedAt: at, Tool: tool, Person: person, PersonKind: kind, Device: device, Session: m.session(),
		Initiator: one(m, initiators), Decision: one(m, decisions), Measure: one(m, measures), Temporality: one(m, []string{"delta", "cumulative"})}
	points := m.points(r, at)
	for _, held := range map[string][]string{"tokens_input_total": TokenMeasures[1:3], "tokens_output_total": TokenMeasures[4:]}[r.Measure] {
		r.Stream, r.Measure = m.id(), held
		points = append(points, m.points(r, at)...)
	}
	return points
}

func (m *maker) points(r Reading, at time.Time) []Reading {
	var points []Reading
	for range 1 + m.IntN(3) {
		at = at.Add(time.Duration(m.Int64N(int64(time.Hour))))
		r.ReadAt, r.ReceivedAt, r.Value = at, m.receipt(), r.Value+float64(m.IntN(40))
		points = append(points, r)
	}
	return points
}
