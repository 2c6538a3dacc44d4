package main

import (
	"fmt"
	"time"
)

// coverageTable is for programs.
func coverageTable(heard []toolHeard, k int) table {
	t := table{columns: []string{"tool", "state", "silent_since", "last_event", "last_mark", "devices_7_days", "devices_28_days", "browsers_7_days", "browsers_28_days",
		"people_7_days", "people_28_days", "expected", "events_28_days", "without_person", "not_on_roster"}}
	for _, h := range heard {
		t.rows = append(t.rows, []any{h.tool, h.state(), h.silentSince(), moment(h.lastEvent), dayOrNull(h.lastMark), h.devices.week, h.devices.month, h.browsers.week, h.browsers.month,
			peopleClass(h.people.week, k), peopleClass(h.people.month, k), h.expectedClass(k), h.events, shareOf(h.nameless, h.events), shareOf(h.strangers, h.events)})
	}
	return t
}

// readableCoverage is for a reader, in a hundred columns.
func readableCoverage(heard []toolHeard, k int) table {
	t := table{columns: []string{"tool", "state", "last heard", "devices", "browsers", "people", "expected", "nobody", "off roster"}}
	for _, h := range heard {
		state := h.state()
		if state == "silent" {
			state = "SILENT"
		}
		t.rows = append(t.rows, []any{h.tool, state, h.lastWords(), h.devices.String(), h.browsers.String(),
			fmt.Sprintf("%v / %v", peopleClass(h.people.week, k), peopleClass(h.people.month, k)), h.expectedClass(k), percentOf(h.nameless, h.events), percentOf(h.strangers, h.events)})
	}
	return t
}

// lastWords says when the tool was heard last, and where that was no event.
func (h toolHeard) lastWords() any {
	if h.lastMark.After(h.lastEvent) {
		return dayOrNull(h.lastMark).(string) + " mark"
	}
	return dayOrNull(h.lastEvent)
}

// String has both counts, those of 7 and of 28 days.
func (s twoSpans) String() string { return fmt.Sprintf("%d / %d", s.week, s.month) }

// silentSince is the first day of which nothing came.
func (h toolHeard) silentSince() any {
	if h.state() != "silent" {
		return nil
	}
	return h.lastHeard().AddDate(0, 0, 1).Format(time.DateOnly)
}

func (h toolHeard) expectedClass(k int) any {
	if h.expected < 0 {
		return nil
	}
	return peopleClass(uint64(h.expected), k)
}

// peopleClass keeps few people from being counted.
func peopleClass(n uint64, k int) any {
	if n > 0 && n < uint64(k) {
		return fmt.Sprintf("<%d", k)
	}
	return n
}

// dayOrNull is a day, nil for none.
func dayOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.DateOnly)
}

// shareOf is null where there is nothing to be shared.
func shareOf(part, whole uint64) any {
	if whole == 0 {
		return nil
	}
	return float64(part) / float64(whole)
}

func percentOf(part, whole uint64) string {
	if whole == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(whole))
}
