package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// liveRun is what a client did in a recorded run that has all signals.
type liveRun struct {
	truth
	name   string
	Starts float64
	// Announced are the prompts that the tool gave itself and said so.
	Announced  float64
	LinesAdded float64
	Told       map[string]map[string]float64
}

// liveTools are the tools of the clients whose runs are recorded so.
var liveTools = map[string]string{"claude": "claude-code", "codex": "codex", "gemini": "gemini-cli", "qwen": "qwen-code"}

// countsStarts are the tools whose only counter for prompts is of starts.
var countsStarts = []string{"claude-code", "qwen-code"}

// changesFiles are the tools of the clients whose uses are edits.
var changesFiles = []string{"Edit", "Write", "apply_patch", "replace", "write_file", "edit"}

// readLiveRuns returns the runs of each tool.
func readLiveRuns(t *testing.T) map[string][]liveRun {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(recordings, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Runs map[string]liveRun }
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	runs := map[string][]liveRun{}
	for name, run := range all.Runs {
		tool, live := liveTools[run.Client]
		if run.name = name; live && strings.HasPrefix(name, run.Client+"-") {
			runs[tool] = append(runs[tool], run)
		}
	}
	return runs
}

// times are the times of records, spans and points.
var times = regexp.MustCompile(`("(?:observedTimeUnixNano|startTimeUnixNano|endTimeUnixNano|timeUnixNano)":\s*"?)([1-9][0-9]+)`)

// daysBefore moves all times, so that the events are others.
func daysBefore(t *testing.T, body []byte, days int) []byte {
	return times.ReplaceAllFunc(body, func(at []byte) []byte {
		parts := times.FindSubmatch(at)
		n, err := strconv.ParseInt(string(parts[2]), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Appendf(nil, "%s%d", parts[1], n-int64(days)*int64(24*time.Hour))
	})
}

// send posts the run's bodies of the signal, of all where it is none, as if they
// were of somebody else and of another day. It says whether there were any.
func (r *liveRun) send(t *testing.T, s *system, signal schema.Signal, person string) (sent bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recordings, liveTools[r.Client], r.name+"-0*.json.gz"))
	if err != nil || len(files) == 0 {
		t.Fatal("no recording of", r.name, err)
	}
	for _, file := range files {
		for of, path := range map[schema.Signal]string{schema.Signal_SIGNAL_LOGS: "logs", schema.Signal_SIGNAL_SPANS: "traces", schema.Signal_SIGNAL_METRICS: "metrics"} {
			if !strings.Contains(file, path) || signal != schema.Signal_SIGNAL_UNSPECIFIED && signal != of {
				continue
			}
			body := daysBefore(t, bytes.ReplaceAll(unzipped(t, file), []byte(r.User), []byte(person)), int(signal))
			if status, answer := s.post("/v1/"+path, "application/json", "", body); status != http.StatusOK {
				t.Fatalf("%s: %d %s", file, status, answer)
			}
			sent = true
		}
	}
	return sent
}

// tells adds up what person-days must say of the run where only the signal was
// heard, or all were: of each fact what the best of them tells.
func (r *liveRun) tells(tool *tools.Tool, heard schema.Signal, sums counts) {
	uses, edits := 0.0, 0.0
	for name, n := range r.LLM.ToolUses {
		if slices.Contains(changesFiles, name) {
			edits += n
		} else {
			uses += n
		}
	}
	tokens := r.LLM.Tokens
	for _, told := range []struct {
		fact, column string
		n            float64
	}{
		{"prompts", "prompts", float64(len(r.Prompts))}, {"requests", "requests", float64(r.LLM.Answered)},
		{"tool_uses", "tool_uses", uses}, {"edits", "tool_uses", edits}, {"lines", "lines_added", r.LinesAdded},
		{"tokens", "tokens_input_uncached", tokens.Input}, {"tokens", "tokens_cache_read", tokens.CacheRead},
		{"tokens", "tokens_cache_write", tokens.CacheWrite}, {"tokens", "tokens_output", tokens.Output}, {"tokens", "tokens_reasoning", tokens.Reasoning},
	} {
		signal, known := best(tool, told.fact, heard)
		if !known {
			continue
		}
		n := told.n
		if told.fact == "prompts" && signal == schema.Signal_SIGNAL_METRICS && slices.Contains(countsStarts, tool.ID) {
			n = r.Starts
		}
		if other, otherwise := r.Told[signal.Name()][told.fact]; otherwise {
			n = other
		}
		if told.fact == "prompts" && signal == schema.Signal_SIGNAL_LOGS {
			n -= r.Announced
		}
		sums[told.column] += n
	}
}

func best(tool *tools.Tool, fact string, heard schema.Signal) (schema.Signal, bool) {
	for _, signal := range tool.Authority(fact) {
		if heard == schema.Signal_SIGNAL_UNSPECIFIED || heard == signal {
			return signal, true
		}
	}
	return 0, false
}

func TestEachSignalCountsByItselfAndAllTogetherOnce(t *testing.T) {
	catalogue, err := tools.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := startUp(t, t.TempDir())
	ways := []schema.Signal{schema.Signal_SIGNAL_UNSPECIFIED, schema.Signal_SIGNAL_LOGS, schema.Signal_SIGNAL_SPANS, schema.Signal_SIGNAL_METRICS}
	want := map[string]counts{}
	for id, runs := range readLiveRuns(t) {
		for _, way := range ways {
			person := fmt.Sprintf("%s-%d@lab.test", id, way)
			want[person] = counts{}
			for _, run := range runs {
				if run.Told[way.Name()]["tokens"] < 0 {
					continue
				}
				if run.send(t, s, way, person) {
					run.tells(catalogue.Tool(id), way, want[person])
				}
			}
		}
	}
	s.drain()
	for person, sums := range want {
		pseudonym := strings.TrimSpace(uptake(t, "person", "id", "--data", s.dir, person))
		for column, n := range sums {
			got := s.number(fmt.Sprintf("SELECT sum(%s) AS n FROM person_day WHERE person = '%s'", column, pseudonym))
			if got != n {
				t.Errorf("%s: %s is %v, the client did %v", person, column, got, n)
			}
		}
	}
}
