package collector

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// tally is what events add up to, by what they say: "request user", "edit
// accepted", "tokens input"; of readings "counted" and what.
type tally map[string]float64

// documented says for each tool whose samples were written by hand what each
// signal alone tells, and what all of them together tell.
type documented map[string]struct {
	Signals  map[string]tally
	Together tally
}

func TestDocumentedSamplesTellWhatTheFactsSay(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(recordings, "documented.json"))
	if err != nil {
		t.Fatal(err)
	}
	var known documented
	if err := json.Unmarshal(b, &known); err != nil {
		t.Fatal(err)
	}
	for id, want := range known {
		t.Run(id, func(t *testing.T) {
			var all []recording
			for signal, told := range want.Signals {
				body := documentedSample(t, id, signal)
				all = append(all, body)
				s := startAt(t, recordedAt)
				s.post(t, body)
				told.compare(t, signal+" alone", tallyOf(firstOfEach(t, s)))
			}
			s := startAt(t, recordedAt)
			for range 3 {
				for _, body := range all {
					s.post(t, body)
				}
			}
			events := firstOfEach(t, s)
			want.Together.compare(t, "together", tallyOf(authorised(s.intake.catalogue.Tool(id), events)))
			s.sameAgain(t, all, accountOf(t, s).ids)
			s.keepsOut(t, "anzibar", "alice", "usr-1", "chatcmpl", "authorization")
		})
	}
}

func documentedSample(t *testing.T, tool, signal string) recording {
	t.Helper()
	name := strings.ReplaceAll(signal, "spans", "traces")
	body, err := os.ReadFile(filepath.Join(recordings, tool, "documented."+name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return recording{path: "/v1/" + name, contentType: "application/json", body: body}
}

// firstOfEach returns what is stored, the first content of each id.
func firstOfEach(t *testing.T, s *staged) (events []*schema.UsageEvent) {
	t.Helper()
	stored, letters := s.events(t)
	if len(letters) > 0 {
		t.Errorf("%d dead letters, the first %v", len(letters), letters[0])
	}
	seen := map[string]bool{}
	for _, e := range stored {
		if !seen[string(e.EventId)] {
			seen[string(e.EventId)] = true
			events = append(events, e)
		}
	}
	return events
}

func (want tally) compare(t *testing.T, how string, got tally) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] != want[key] {
			t.Errorf("%s: %s: got %v, want %v", how, key, got[key], want[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, known := want[key]; !known {
			t.Errorf("%s: %s: got %v, want none", how, key, got[key])
		}
	}
}

func tallyOf(events []*schema.UsageEvent) tally {
	got := tally{}
	for _, e := range events {
		if r := e.Reading; r != nil {
			got[strings.TrimSpace("counted "+r.Measure.Name()+" "+e.Decision.Name())] += r.Value
			continue
		}
		got.add(e)
	}
	maps.DeleteFunc(got, func(_ string, n float64) bool { return n == 0 })
	return got
}

func (got tally) add(e *schema.UsageEvent) {
	what := e.Initiator.Name()
	switch {
	case e.Success != nil && !*e.Success && e.Action == schema.Action_ACTION_REQUEST:
		what = "failed"
	case e.Action == schema.Action_ACTION_TOOL_USE || e.Action == schema.Action_ACTION_EDIT:
		if what = e.Decision.Name(); what == "" {
			what = "undecided"
		}
	}
	got[e.Action.Name()+" "+what]++
	if len(e.Person) > 0 {
		got["named"]++
	}
	got["kind "+e.PersonKind.Name()]++
	for name, n := range map[string]uint64{
		"input": e.TokensInputUncached, "cache read": e.TokensCacheRead, "cache write": e.TokensCacheWrite, "output": e.TokensOutput, "reasoning": e.TokensReasoning,
	} {
		got["tokens "+name] += float64(n)
	}
	got["micro usd"] += float64(e.CostMicroUsd)
	got["lines added"] += float64(e.LinesAdded)
	got["lines removed"] += float64(e.LinesRemoved)
}

// factOf names the fact that a rebuild chooses a signal for.
func factOf(e *schema.UsageEvent) string {
	if e.Reading == nil {
		return e.Action.Name() + "s"
	}
	measure := e.Reading.Measure.Name()
	for _, family := range []string{"tokens", "lines", "cost"} {
		if strings.HasPrefix(measure, family) {
			return family
		}
	}
	return measure
}

// authorised leaves of each fact what the best signal said that was heard.
func authorised(tool *tools.Tool, events []*schema.UsageEvent) []*schema.UsageEvent {
	heard := map[string]map[schema.Signal]bool{}
	for _, e := range events {
		for _, fact := range factsOf(e) {
			if heard[fact] == nil {
				heard[fact] = map[schema.Signal]bool{}
			}
			heard[fact][e.Signal] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(events), func(e *schema.UsageEvent) bool {
		for _, signal := range tool.Authority(factOf(e)) {
			if heard[factOf(e)][signal] {
				return signal != e.Signal
			}
		}
		return true
	})
}

// factsOf names all facts of which an event says something.
func factsOf(e *schema.UsageEvent) []string {
	facts := []string{factOf(e)}
	if e.Action == schema.Action_ACTION_REQUEST && e.Reading == nil {
		facts = append(facts, "tokens", "cost")
	}
	if e.LinesAdded+e.LinesRemoved > 0 {
		facts = append(facts, "lines")
	}
	return facts
}

// keepsOut says that none of the words is in what is stored, counted or logged.
func (s *staged) keepsOut(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		for _, message := range s.stored() {
			if strings.Contains(string(message), word) {
				t.Errorf("%q is in a message", word)
			}
		}
		if containsMetric(t, s, word) || contains(s.logs.String(), word) {
			t.Errorf("%q is in the metrics or the logs", word)
		}
	}
}

// A tool with a mapping and no sample is a mapping that nobody has tried.
func TestEveryMappedToolHasASample(t *testing.T) {
	catalogue, err := tools.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range catalogue.Tools() {
		file := tool.File()
		for signal, mapped := range map[string]bool{
			"logs": len(file.Logs.Records) > 0, "traces": len(file.Spans.Records) > 0, "metrics": len(file.Metrics) > 0,
		} {
			samples, err := filepath.Glob(filepath.Join(recordings, tool.ID, fmt.Sprintf("*%s*", signal)))
			if err != nil {
				t.Fatal(err)
			}
			if mapped && len(samples) == 0 {
				t.Errorf("%s maps %s, but %s has no sample of them", tool.ID, signal, filepath.Join(recordings, tool.ID))
			}
		}
	}
}
