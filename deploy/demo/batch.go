package demo

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
	"time"
)

// batchEvents is how many events a batch holds at most.
const batchEvents = 500

// Batch is a body for POST /v1/events in newline-delimited JSON; it belongs to
// whoever receives it.
type Batch struct {
	Events int
	Body   []byte
}

// ContentType is that of a batch.
const ContentType = "application/x-ndjson"

// Events gives what happened up to now, day by day, oldest day first.
func (c *Company) Events(now time.Time) iter.Seq[Batch] {
	return func(yield func(Batch) bool) {
		for events := range c.days(now) {
			slices.SortStableFunc(events, func(a, b *event) int { return a.at.Compare(b.at) })
			for chunk := range slices.Chunk(events, batchEvents) {
				if !yield(encode(chunk)) {
					return
				}
			}
		}
	}
}

// Count says how many events there are up to now.
func (c *Company) Count(now time.Time) int {
	total := 0
	for events := range c.days(now) {
		total += len(events)
	}
	return total
}

// days gives, one local day after the other, the events of everybody, person by person.
func (c *Company) days(now time.Time) iter.Seq[[]*event] {
	return func(yield func([]*event) bool) {
		plans := make([][7]int, len(c.members))
		for number := range c.today + 1 {
			if number%7 == 0 {
				c.planAll(plans, number/7)
			}
			if !yield(c.everybody(plans, number, now)) {
				return
			}
		}
	}
}

func (c *Company) planAll(plans [][7]int, week int) {
	for i, m := range c.members {
		plans[i] = c.plan(m, week)
	}
}

func (c *Company) everybody(plans [][7]int, number int, now time.Time) []*event {
	var all []*event
	for i, m := range c.members {
		all = append(all, c.live(m, number, plans[i][number%7])...)
	}
	return slices.DeleteFunc(all, func(e *event) bool { return e.at.After(now) })
}

func encode(events []*event) Batch {
	var body bytes.Buffer
	lines := json.NewEncoder(&body)
	for _, e := range events {
		e.Time = e.at.UTC().Format("2006-01-02T15:04:05.000Z07:00")
		if err := lines.Encode(e); err != nil {
			panic(err) // Plain strings and numbers always encode.
		}
	}
	return Batch{Events: len(events), Body: body.Bytes()}
}
