package events

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// taken writes down what a sink gets.
type taken struct{ lines []string }

func (s *taken) Event(index int, e *Event) {
	s.lines = append(s.lines, fmt.Sprintf("%d %s %s %s|%s|%s|%s", index, e.Usage.Tool, e.Usage.Action.Name(), e.ID, e.Person, e.Device, e.Session))
}

func (s *taken) Reject(index int, r *schema.Rejection, _ *Event) {
	s.lines = append(s.lines, fmt.Sprintf("%d %s %s", index, r.Code, r.Field))
}

func catalogue(t testing.TB) *tools.Catalogue {
	t.Helper()
	c, err := tools.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func decode(t testing.TB, form Form, body string) (lines []string, err error) {
	t.Helper()
	sink := &taken{}
	err = NewDecoder(catalogue(t)).Decode(form, []byte(body), sink)
	return sink.lines, err
}

const (
	head = `"time": "2026-11-20T09:15:02.123Z", "tool": "claude-code", "action": "prompt"`
	full = `{"id": "a-17", "time": "2026-11-20T09:15:02.123Z", "tool": "claude-code", "tool_version": "2.1.330", "surface": "cli",
     "person": "ada@example.com", "person_kind": "human", "device": "laptop-17", "session": "s-1", "action": "prompt", "initiator": "user",
     "decision": "accepted", "model": "claude-sonnet-5", "tokens": {"input_uncached": 10, "cache_read": 1, "cache_write": 2, "output": 20, "reasoning": 3},
     "cost_micro_usd": 1200, "lines_added": 3, "lines_removed": 1, "duration_ms": 1800, "success": true}`
)

func TestEveryFieldIsRead(t *testing.T) {
	var got Event
	sink := sinkFunc(func(_ int, e *Event) {
		got = Event{ID: e.ID, Person: e.Person, Device: e.Device, Session: e.Session}
		mustClone(&got, e)
	})
	if err := NewDecoder(catalogue(t)).Decode(JSON, []byte(full), sink); err != nil {
		t.Fatal(err)
	}
	want := &schema.UsageEvent{
		OccurredAtUnixNano: uint64(time.Date(2026, 11, 20, 9, 15, 2, 123e6, time.UTC).UnixNano()),
		Tool:               "claude-code", ToolVersion: "2.1.330", Surface: schema.Surface_SURFACE_CLI, PersonKind: schema.PersonKind_PERSON_KIND_HUMAN,
		Action: schema.Action_ACTION_PROMPT, Initiator: schema.Initiator_INITIATOR_USER, Decision: schema.Decision_DECISION_ACCEPTED,
		Model: "claude-sonnet-5", TokensInputUncached: 10, TokensCacheRead: 1, TokensCacheWrite: 2, TokensOutput: 20, TokensReasoning: 3,
		CostMicroUsd: 1200, LinesAdded: 3, LinesRemoved: 1, DurationMs: 1800, Success: new(true),
	}
	if got.Usage.String() != want.String() {
		t.Errorf("got  %s\nwant %s", got.Usage.String(), want.String())
	}
	if got.ID != "a-17" || got.Person != "ada@example.com" || got.Device != "laptop-17" || got.Session != "s-1" {
		t.Errorf("got names %q %q %q %q", got.ID, got.Person, got.Device, got.Session)
	}
}

type sinkFunc func(int, *Event)

func (f sinkFunc) Event(i int, e *Event)                       { f(i, e) }
func (f sinkFunc) Reject(i int, _ *schema.Rejection, e *Event) { f(i, e) }

func mustClone(into, from *Event) {
	b, err := from.Usage.MarshalVT()
	if err == nil {
		err = into.Usage.UnmarshalVT(b)
	}
	if err != nil {
		panic(err)
	}
}

func TestFaultsOfOneEvent(t *testing.T) {
	long := strings.Repeat("x", 129)
	for fault, want := range map[string]string{
		`{}`:                               "missing_field time",
		`{"time": "2026-11-20T09:15:02Z"}`: "missing_field tool",
		`{"time": "2026-11-20T09:15:02Z", "tool": "codex"}`:                      "missing_field action",
		`{` + head + `, "prompt": "secret"}`:                                     "unknown_field prompt",
		`{` + head + `, "My secret plan": 1}`:                                    "unknown_field ",
		`{` + head + `, "ID": "x"}`:                                              "unknown_field ID",
		`{` + head + `, "tokens": {"total": 1}}`:                                 "unknown_field tokens.total",
		`{` + head + `, "tokens": 5}`:                                            "bad_type tokens",
		`{` + head + `, "tokens": {"output": -1}}`:                               "bad_value tokens.output",
		`{` + head + `, "tokens": {"output": "1"}}`:                              "bad_type tokens.output",
		`{` + head + `, "tokens": {"output": 1, "output": 1}}`:                   "bad_value tokens.output",
		`{` + head + `, "cost_micro_usd": 1.5}`:                                  "bad_value cost_micro_usd",
		`{` + head + `, "lines_added": 4294967296}`:                              "bad_value lines_added",
		`{` + head + `, "duration_ms": null}`:                                    "bad_type duration_ms",
		`{` + head + `, "success": "true"}`:                                      "bad_type success",
		`{` + head + `, "surface": "phone"}`:                                     "bad_value surface",
		`{` + head + `, "initiator": "cron"}`:                                    "bad_value initiator",
		`{` + head + `, "decision": ""}`:                                         "bad_value decision",
		`{` + head + `, "person_kind": "unknown"}`:                               "bad_value person_kind",
		`{` + head + `, "person": 7}`:                                            "bad_type person",
		`{` + head + `, "id": "` + long + `"}`:                                   "too_long id",
		`{` + head + `, "model": "` + long + `"}`:                                "too_long model",
		`{` + head + `, "person": "\ud800"}`:                                     "bad_value person",
		`{` + head + `, "person": "` + "\xff" + `"}`:                             "bad_value person",
		`{` + head + `, "tool": "codex"}`:                                        "bad_value tool",
		`{"tool": "hammer", "action": "prompt", "time": "2026-11-20T09:15:02Z"}`: "unknown_tool tool",
		`{"tool": "codex", "action": "dance", "time": "2026-11-20T09:15:02Z"}`:   "bad_value action",
		`{"tool": "codex", "action": "prompt", "time": "yesterday"}`:             "bad_time time",
		`{"tool": "codex", "toolVersion": "1"}`:                                  "unknown_field toolVersion",
		`{"tokens": {"inputUncached": 1}}`:                                       "unknown_field tokens.inputUncached",
		`{"tool": "codex", "action": "prompt", "time": "1970-01-01T00:00:00Z"}`:  "bad_time time",
		`{"tool": "codex", "action": "prompt", "time": 1795334740}`:              "bad_type time",
		`"text"`: "bad_type ",
		`[]`:     "bad_type ",
	} {
		lines, err := decode(t, JSON, `[`+fault+`, {`+head+`}]`)
		if err != nil || len(lines) != 2 {
			t.Errorf("%s: got %v, %v", fault, lines, err)
			continue
		}
		if lines[0] != "0 "+want {
			t.Errorf("%s: got %q, want %q", fault, lines[0], "0 "+want)
		}
		if lines[1] != "1 claude-code prompt |||" {
			t.Errorf("%s: its neighbour got %q", fault, lines[1])
		}
	}
}

func TestAnIDOf128CharactersIsTaken(t *testing.T) {
	lines, err := decode(t, JSON, `{`+head+`, "id": "`+strings.Repeat("ü", 128)+`"}`)
	if err != nil || len(lines) != 1 || !strings.HasPrefix(lines[0], "0 claude-code prompt ü") {
		t.Errorf("got %v, %v", lines, err)
	}
}

func TestForms(t *testing.T) {
	ce := `{"specversion": "1.0", "type": "uptake.usage.v1", "source": "/ci", "id": "ce-1", "time": "2026-11-20T09:15:02Z", "datacontenttype": "application/json", "data": {"tool": "codex", "action": "prompt"}}`
	for name, tt := range map[string]struct {
		form Form
		body string
		want string
	}{
		"one object":              {JSON, `{` + head + `}`, "0 claude-code prompt |||"},
		"an array":                {JSON, `[{` + head + `, "id": "a"}, {` + head + `, "id": "b"}]`, "0 claude-code prompt a|||, 1 claude-code prompt b|||"},
		"an empty array":          {JSON, ` [] `, ""},
		"lines":                   {Lines, "{" + head + "}\r\n\n{" + head + "}", "0 claude-code prompt |||, 1 claude-code prompt |||"},
		"a bad line":              {Lines, "{" + head + "}\n{\"time\n{" + head + "}\n", "0 claude-code prompt |||, 1 bad_value , 2 claude-code prompt |||"},
		"two objects in a line":   {Lines, "{" + head + "} {" + head + "}\n", "0 bad_value "},
		"a CloudEvent":            {CloudEvent, ce, "0 codex prompt ce-1|||"},
		"CloudEvents":             {CloudEventBatch, "[" + ce + "," + ce + "]", "0 codex prompt ce-1|||, 1 codex prompt ce-1|||"},
		"of another type":         {CloudEvent, strings.Replace(ce, "usage.v1", "usage.v2", 1), "0 bad_value type"},
		"without data":            {CloudEvent, `{"specversion": "1.0", "type": "uptake.usage.v1", "source": "/ci", "id": "1"}`, "0 missing_field data"},
		"without id":              {CloudEvent, strings.Replace(ce, `"id"`, `"subject"`, 1), "0 missing_field id"},
		"with content in data":    {CloudEvent, strings.Replace(ce, `"tool"`, `"prompt": "x", "tool"`, 1), "0 unknown_field prompt"},
		"data that is no object":  {CloudEvent, strings.Replace(ce, `{"tool": "codex", "action": "prompt"}`, `"x"`, 1), "0 bad_type "},
		"data in base64":          {CloudEvent, strings.Replace(ce, `"source"`, `"data_base64": "eA==", "source"`, 1), "0 bad_value data_base64"},
		"id and time of the data": {CloudEvent, strings.Replace(ce, `"tool"`, `"id": "inner", "time": "2026-01-01T00:00:00Z", "tool"`, 1), "0 codex prompt ce-1|||"},
	} {
		lines, err := decode(t, tt.form, tt.body)
		if got := strings.Join(lines, ", "); err != nil || got != tt.want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, tt.want)
		}
	}
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	for name, tt := range map[string]struct {
		form Form
		body string
	}{
		"nothing":          {JSON, ""},
		"cut":              {JSON, `[{` + head + `}`},
		"trailing garbage": {JSON, `{` + head + `} x`},
		"two documents":    {JSON, `{` + head + `} {` + head + `}`},
		"no JSON":          {JSON, `time=now`},
		"too deep":         {JSON, strings.Repeat("[", 100000)},
		"deep in a field":  {JSON, `{"x":` + strings.Repeat(`{"x":`, 100000)},
		"a batch of one":   {CloudEventBatch, `{}`},
		"an array of one":  {CloudEvent, `[]`},
	} {
		if lines, err := decode(t, tt.form, tt.body); err == nil {
			t.Errorf("%s: taken as %v", name, lines)
		}
	}
}

func TestFormOfContentType(t *testing.T) {
	for contentType, want := range map[string]Form{
		"application/json": JSON, "application/json; charset=utf-8": JSON, "application/json;charset=\"Utf-8\"": JSON, "Application/JSON": JSON,
		"application/x-ndjson": Lines, "application/cloudevents+json": CloudEvent, "application/cloudevents-batch+json; charset=UTF-8": CloudEventBatch,
		"text/plain": 0, "": 0, "application/json; charset=latin1": 0, "application/x-protobuf": 0,
	} {
		if got, known := FormOf(contentType); got != want || known != (want != 0) {
			t.Errorf("%q: got %d, %v", contentType, got, known)
		}
	}
}

func TestAnswerIsAlwaysTheSameForm(t *testing.T) {
	var a Answer
	a.Accepted = 2
	if got := string(a.JSON()); got != `{"accepted":2,"rejected":[]}`+"\n" {
		t.Errorf("got %s", got)
	}
	a.Reject(1, schema.Reject(schema.CodeUnknownTool, "tool", `a "word"`))
	if got := string(a.JSON()); got != `{"accepted":2,"rejected":[{"index":1,"code":"unknown_tool","field":"tool","message":"a \"word\""}]}`+"\n" {
		t.Errorf("got %s", got)
	}
}

func TestNamesThatCouldBeContentAreNotKept(t *testing.T) {
	for field, want := range map[string]string{
		"prompt": "prompt", "tokens.total": "tokens.total",
		"The secret plan": "", "hunter2": "", "toolVersion": "", "tokens.Ada": "", "ada@example.com": "", "": "",
	} {
		r := Kept(&schema.Rejection{Code: schema.CodeUnknownField, Field: field, Message: "m"})
		if r.Field != want || r.Code != schema.CodeUnknownField || r.Message != "m" {
			t.Errorf("%q: kept as %+v", field, r)
		}
	}
}

// stamps are the times of events.
type stamps []uint64

func (s *stamps) Event(_ int, e *Event) { *s = append(*s, e.Usage.OccurredAtUnixNano) }

func (s *stamps) Reject(int, *schema.Rejection, *Event) {}

func TestTimesOfAnyZoneAndCaseAreOne(t *testing.T) {
	for _, at := range []string{"2026-11-20T09:15:02.12Z", "2026-11-20t09:15:02.120z", "2026-11-20T10:15:02.12000+01:00", "2026-11-20T09:15:02.12-00:00"} {
		var sink stamps
		err := NewDecoder(catalogue(t)).Decode(JSON, []byte(`{"tool": "codex", "action": "prompt", "time": "`+at+`"}`), &sink)
		if err != nil || !slices.Equal(sink, stamps{1795166102120000000}) {
			t.Errorf("%s: %v, %v", at, sink, err)
		}
	}
}

// A word that names no tool is handed on only where it is all that is wrong.
func TestUnknownToolsAlone(t *testing.T) {
	const rest = `"time": "2026-11-20T09:15:02Z", "action": "prompt"`
	envelope := `{"specversion": "1.0", "type": "uptake.usage.v1", "id": "a", "time": "2026-11-20T09:15:02Z", "data": `
	for body, want := range map[string]string{
		`{"tool": "our-copilot", ` + rest + `}`:                                         "our-copilot",
		envelope + `{"tool": "our-copilot", "action": "prompt"}}`:                       "our-copilot",
		`{"tool": "our-copilot", "prompt": "x", ` + rest + `}`:                          "",
		`{"prompt": "x", "tool": "our-copilot", ` + rest + `}`:                          "",
		`{"tool": "our-copilot", "tool": "codex", ` + rest + `}`:                        "",
		`{"tool": "our-copilot", "tool": "another", ` + rest + `}`:                      "",
		`{"tool": "our-copilot", "tokens": {"output": -1}, ` + rest + `}`:               "",
		`{"tool": "our-copilot", "time": "2026-11-20T09:15:02Z"}`:                       "",
		`{"tool": "our-copilot", "action": "prompt"}`:                                   "",
		`{"specversion": "1.0", "data": {"tool": "our-copilot", "action": "prompt"}}`:   "",
		`{"tool": "our-copilot", "time": "2026-11-20T09:15:02Z", "action": "thinking"}`: "",
	} {
		var got []string
		sink := sinkFunc(func(_ int, e *Event) { got = append(got, e.UnknownTool) })
		form := JSON
		if strings.Contains(body, "specversion") {
			form = CloudEvent
		}
		if err := NewDecoder(catalogue(t)).Decode(form, []byte(body), sink); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}
