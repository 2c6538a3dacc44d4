package schema

import (
	"strings"
	"testing"
	"time"
)

func TestValidate(t *testing.T) {
	received := time.Unix(0, int64(sampleEvent().ReceivedAtUnixNano))
	for name, c := range map[string]struct {
		change func(*UsageEvent)
		code   Code
		field  string
	}{
		"as it is":           {func(*UsageEvent) {}, "", ""},
		"no id":              {func(e *UsageEvent) { e.EventId = nil }, CodeBadValue, "event_id"},
		"ten minutes ahead":  {func(e *UsageEvent) { e.OccurredAtUnixNano = uint64(received.Add(MaxAhead).UnixNano()) }, "", ""},
		"more than that":     {func(e *UsageEvent) { e.OccurredAtUnixNano = uint64(received.Add(MaxAhead + 1).UnixNano()) }, CodeBadTime, "time"},
		"400 days old":       {func(e *UsageEvent) { e.OccurredAtUnixNano = uint64(received.Add(-MaxAge).UnixNano()) }, "", ""},
		"older":              {func(e *UsageEvent) { e.OccurredAtUnixNano = 1 }, CodeBadTime, "time"},
		"no tool":            {func(e *UsageEvent) { e.Tool = "" }, CodeMissingField, "tool"},
		"long model":         {func(e *UsageEvent) { e.Model = strings.Repeat("m", MaxModelLen+1) }, CodeTooLong, "model"},
		"broken UTF-8":       {func(e *UsageEvent) { e.ToolVersion = "\xff" }, CodeBadValue, "tool_version"},
		"short person":       {func(e *UsageEvent) { e.Person = []byte{1} }, CodeBadValue, "person"},
		"no action":          {func(e *UsageEvent) { e.Action = 0 }, CodeMissingField, "action"},
		"action of tomorrow": {func(e *UsageEvent) { e.Action = 99 }, CodeBadValue, "action"},
		"heard has none":     {func(e *UsageEvent) { e.Action, e.Heard = 0, true }, "", ""},
		"negative counter": {func(e *UsageEvent) {
			e.Reading = &Reading{Stream: e.EventId, Measure: Measure_MEASURE_COMMITS, Value: -1}
		}, CodeBadValue, "value"},
		"reading of nothing": {func(e *UsageEvent) { e.Reading = &Reading{Stream: e.EventId} }, CodeBadValue, "measure"},
	} {
		t.Run(name, func(t *testing.T) {
			event := sampleEvent()
			c.change(event)
			r := Validate(event)
			switch {
			case r == nil && c.code != "":
				t.Fatalf("taken, want %s of %s", c.code, c.field)
			case r != nil && (r.Code != c.code || r.Field != c.field):
				t.Fatalf("refused with %v, want %s of %s", r, c.code, c.field)
			}
		})
	}
}

func TestNamesGoBothWays(t *testing.T) {
	if ActionByName["pull_request"] != Action_ACTION_PULL_REQUEST || Action_ACTION_PULL_REQUEST.Name() != "pull_request" {
		t.Error("pull_request")
	}
	if Surface(0).Name() != "" || Identity_IDENTITY_NONE.Name() != "" {
		t.Error("unset values have empty names")
	}
	if _, there := SurfaceByName[""]; there {
		t.Error("the empty name is no value that a sender may write")
	}
}
