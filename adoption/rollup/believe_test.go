package rollup_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
)

const claude = "claude-code"

// orders let logs tell most of the tool and counters what they cannot.
var orders = map[string]map[string][]string{claude: {
	"prompts": {"logs", "spans", "metrics"}, "requests": {"logs", "spans"}, "tokens": {"logs", "spans", "metrics"},
	"edits": {"logs", "metrics"}, "lines": {"metrics", "logs"},
}}

func told(signal, action string, at time.Time) adoptiontest.Event {
	e := prompt(ada, at)
	e.Path, e.Signal, e.Tool, e.Action, e.Session = "otlp", signal, claude, action, "s"
	if action == "request" {
		e.Tokens = [5]uint64{10, 1, 2, 20, 3}
	}
	return e
}

func counted(measure string, value float64, at time.Time) adoptiontest.Reading {
	return adoptiontest.Reading{Stream: uuid.New(), StartedAt: at.Add(-time.Minute), ReadAt: at, ReceivedAt: at, Tool: claude, Person: ada, PersonKind: "human",
		Session: "s", Initiator: "user", Measure: measure, Value: value, Temporality: "delta"}
}

// evening is five minutes before the midnight that ends the first day, night as
// long after it; both in UTC.
var (
	evening = time.Date(2026, 11, 9, 23, 55, 0, 0, time.UTC)
	night   = evening.Add(10 * time.Minute)
)

func TestWhatCounts(t *testing.T) {
	type events = []adoptiontest.Event
	type readings = []adoptiontest.Reading
	type days = map[string]adoptiontest.PersonDay
	noon := monday.Add(2 * time.Hour)
	const first, second = "2026-11-09", "2026-11-10"
	type story struct {
		events   events
		readings readings
		want     days
	}
	stories := map[string]story{
		"a prompt that all signals tell is one": {
			events{told("logs", "prompt", noon), told("spans", "prompt", noon)}, readings{counted("prompts", 1, noon)},
			days{first: {Acts: 1, Prompts: 1, Sessions: 1}}},
		"spans count where no logs are heard": {
			events{told("spans", "prompt", noon), told("spans", "request", noon)}, readings{counted("tokens_output", 20, noon)},
			days{first: {Acts: 1, Prompts: 1, Sessions: 1, Requests: 1, Tokens: [5]uint64{10, 1, 2, 20, 3}}}},
		"other ways count beside the best signal": {
			events{told("logs", "prompt", noon), told("spans", "prompt", noon), told("", "prompt", noon)}, nil,
			days{first: {Acts: 2, Prompts: 2, Sessions: 1}}},
		"a signal that is not in the order never counts": {
			events{told("spans", "edit", noon)}, readings{counted("requests", 3, noon)},
			days{first: {}}},
		"a fact without an order counts from all": {
			events{told("logs", "tool_use", noon), told("spans", "tool_use", noon)}, nil,
			days{first: {Passive: 2, ToolUses: 2}}},
		"lines are the counter's, prompts those of logs": {
			events{with(told("logs", "prompt", noon), func(e *adoptiontest.Event) { e.Added = 9 })}, readings{counted("lines_added", 4, noon)},
			days{first: {Acts: 1, Prompts: 1, Sessions: 1, Added: 4}}},
		"counters exported after midnight are of the evening's logs": {
			events{told("logs", "request", evening)}, readings{counted("tokens_output", 20, night), counted("tokens_input_uncached", 10, night)},
			days{first: {Sessions: 1, Requests: 1, Tokens: [5]uint64{10, 1, 2, 20, 3}}, second: {}}},
		"an hour before midnight is another matter": {
			events{told("logs", "request", evening.Add(-time.Hour))}, readings{counted("tokens_output", 20, night)},
			days{first: {Sessions: 1, Requests: 1, Tokens: [5]uint64{10, 1, 2, 20, 3}}, second: {Acts: 1, Prompts: 1, Sessions: 1, Tokens: [5]uint64{3: 20}}}},
		"a tool that was opened and not asked is no act": {
			nil, readings{counted("prompts", 2, noon)},
			days{first: {}}},
		"starts with tokens are prompts": {
			nil, readings{counted("prompts", 2, noon), counted("tokens_output", 20, noon)},
			days{first: {Acts: 2, Prompts: 2, Sessions: 1, Tokens: [5]uint64{3: 20}}}},
		"a session that went on over midnight is an act": {
			nil, readings{counted("prompts", 1, evening), counted("tokens_output", 20, evening), counted("tokens_output", 5, night)},
			days{first: {Acts: 1, Prompts: 1, Sessions: 1, Tokens: [5]uint64{3: 20}}, second: {Acts: 1, Prompts: 1, Sessions: 1, Tokens: [5]uint64{3: 5}}}},
		"a session gone on with is the one that was": {
			nil, readings{counting(counted("prompts", 1, noon), func(r *adoptiontest.Reading) { r.Session = "start" }), counted("tokens_output", 20, noon)},
			days{first: {Acts: 1, Prompts: 1, Sessions: 1, Tokens: [5]uint64{3: 20}}}},
		"tokens of an agent are no prompt": {
			nil, readings{counting(counted("tokens_output", 20, noon), func(r *adoptiontest.Reading) { r.Initiator = "agent" })},
			days{first: {Sessions: 1, Tokens: [5]uint64{3: 20}}}},
		"counts that hold others are made disjoint over the day": {
			nil, readings{counted("tokens_input_total", 100, noon), counted("tokens_cache_read", 60, evening), counted("tokens_cache_write", 10, noon),
				counted("tokens_output_total", 50, noon), counted("tokens_reasoning", 70, noon)},
			days{first: {Acts: 1, Prompts: 1, Sessions: 1, Tokens: [5]uint64{30, 60, 10, 0, 70}}}},
		"edits that a counter tells are what events would be": {
			nil, readings{decided("edits", 3, noon, "accepted"), decided("edits", 2, noon, "rejected"), decided("edits", 4, noon, "automatic")},
			days{first: {Acts: 3, Passive: 2, Agent: 4, ToolUses: 9}}},
	}
	// Each story has a person of its own, and every row comes twice.
	conn, company, people := tables(t), adoptiontest.Company{Authority: orders}, map[string]string{}
	for name, c := range stories {
		people[name] = fmt.Sprintf("%032x", len(people)+1)
		for _, e := range c.events {
			e.Person = people[name]
			company.Events = append(company.Events, e, e)
		}
		for _, r := range c.readings {
			r.Person = people[name]
			company.Readings = append(company.Readings, r, r)
		}
	}
	adoptiontest.InsertEvents(t, conn, company.Events)
	adoptiontest.InsertReadings(t, conn, company.Readings)
	workWith(t, conn, authority(company))
	compare(t, conn, company)
	stored := adoptiontest.StoredPersonDays(t, conn)
	for name, c := range stories {
		t.Run(name, func(t *testing.T) {
			for _, day := range []string{first, second} {
				got, there := stored[adoptiontest.PersonDayKey{Person: people[name], Day: day, Tool: claude}]
				if want, wanted := c.want[day]; got != want || there != wanted {
					t.Errorf("%s:\n got %+v\nwant %+v", day, got, want)
				}
			}
		})
	}
}

func with(e adoptiontest.Event, change func(*adoptiontest.Event)) adoptiontest.Event {
	change(&e)
	return e
}

func counting(r adoptiontest.Reading, change func(*adoptiontest.Reading)) adoptiontest.Reading {
	change(&r)
	return r
}

func decided(measure string, n float64, at time.Time, decision string) adoptiontest.Reading {
	return counting(counted(measure, n, at), func(r *adoptiontest.Reading) { r.Decision = decision })
}

// TestCountersOfSeveralProcesses has streams as real clients send them: without
// a name of the process, so that start times alone tell two of them apart.
func TestCountersOfSeveralProcesses(t *testing.T) {
	noon := monday.Add(2 * time.Hour)
	stream := uuid.New()
	point := func(start, at int, value float64) adoptiontest.Reading {
		r := counted("tokens_output", value, noon.Add(time.Duration(at)*time.Minute))
		r.Stream, r.StartedAt, r.Temporality, r.Session = stream, noon.Add(time.Duration(start)*time.Millisecond), "cumulative", ""
		return r
	}
	for name, c := range map[string]struct {
		points []adoptiontest.Reading
		want   uint64
	}{
		"two at once":                 {[]adoptiontest.Reading{point(0, 1, 100), point(5, 1, 10), point(0, 2, 150), point(5, 2, 40), point(5, 3, 45)}, 195},
		"one after the other":         {[]adoptiontest.Reading{point(0, 1, 100), point(60_000, 2, 30), point(60_000, 3, 40)}, 140},
		"one that began anew":         {[]adoptiontest.Reading{point(0, 1, 100), point(0, 2, 30), point(0, 3, 50)}, 150},
		"out of order and told twice": {[]adoptiontest.Reading{point(0, 3, 120), point(0, 1, 100), point(0, 2, 110), point(0, 2, 110)}, 120},
	} {
		t.Run(name, func(t *testing.T) {
			conn := tables(t)
			company := adoptiontest.Company{Authority: orders}
			for _, p := range c.points {
				adoptiontest.InsertReadings(t, conn, []adoptiontest.Reading{p})
				company.Readings = append(company.Readings, p)
			}
			workWith(t, conn, authority(company))
			day := adoptiontest.StoredPersonDays(t, conn)[adoptiontest.PersonDayKey{Person: ada, Day: "2026-11-09", Tool: claude}]
			if day.Tokens[3] != c.want {
				t.Errorf("got %d tokens, want %d", day.Tokens[3], c.want)
			}
			compare(t, conn, company)
		})
	}
}

func TestTheEveningIsHeardWhicheverDayIsRebuilt(t *testing.T) {
	logs, counter := []adoptiontest.Event{told("logs", "request", evening)}, []adoptiontest.Reading{counted("tokens_output", 20, night)}
	for name, c := range map[string]struct {
		arrive [2]adoptiontest.Company
		stale  string
	}{
		"logs last":    {[2]adoptiontest.Company{{Readings: counter}, {Events: logs}}, "[2026-11-09 2026-11-10]"},
		"counter last": {[2]adoptiontest.Company{{Events: logs}, {Readings: counter}}, "[2026-11-10]"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, company := tables(t), adoptiontest.Company{Authority: orders}
			for i, rows := range c.arrive {
				adoptiontest.InsertEvents(t, conn, rows.Events)
				adoptiontest.InsertReadings(t, conn, rows.Readings)
				company.Events, company.Readings = append(company.Events, rows.Events...), append(company.Readings, rows.Readings...)
				if got := names(stale(t, conn).Days); i == 1 && got != c.stale {
					t.Errorf("stale is %s", got)
				}
				workWith(t, conn, authority(company))
				compare(t, conn, company)
			}
		})
	}
}

// Where a tool's file believes the counter of prompts most, it is as good as
// events, and neither asks for tokens nor infers from them.
func TestACounterOfPromptsThatIsBelievedMost(t *testing.T) {
	noon := monday.Add(2 * time.Hour)
	company := adoptiontest.Company{
		Authority: map[string]map[string][]string{claude: {"prompts": {"metrics", "logs"}}},
		Events:    []adoptiontest.Event{told("logs", "prompt", noon)},
		Readings:  []adoptiontest.Reading{counted("prompts", 7, noon), counted("tokens_output", 20, noon.AddDate(0, 0, 1))},
	}
	conn := tables(t)
	adoptiontest.InsertEvents(t, conn, company.Events)
	adoptiontest.InsertReadings(t, conn, company.Readings)
	workWith(t, conn, authority(company))
	compare(t, conn, company)
	stored := adoptiontest.StoredPersonDays(t, conn)
	for day, want := range map[string]uint32{"2026-11-09": 7, "2026-11-10": 0} {
		if got := stored[adoptiontest.PersonDayKey{Person: ada, Day: day, Tool: claude}]; got.Prompts != want || got.Acts != want {
			t.Errorf("%s: got %+v, want %d prompts", day, got, want)
		}
	}
}
