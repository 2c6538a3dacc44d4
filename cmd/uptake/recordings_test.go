package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recordings are telemetry of real clients with what they did beside it.
const recordings = "../../schema/tools/testdata"

// recordedRun is one run of a client: its bodies and the truth about it.
type recordedRun struct {
	name   string
	bodies []string
	truth  truth
}

// truth is what a client did in a run.
type truth struct {
	Client  string   `json:"client"`
	User    string   `json:"user"`
	Prompts []string `json:"prompts"`
	LLM     struct {
		Answered int                `json:"answered"`
		Tokens   tokens             `json:"tokens"`
		ToolUses map[string]float64 `json:"toolUses"`
	} `json:"llm"`
	Telemetry struct {
		Events map[string]float64 `json:"events"`
	} `json:"telemetry"`
}

// tokens that a model counted, all disjoint.
type tokens struct {
	Input, CacheRead, CacheWrite, Output, Reasoning float64
}

// toolUses of a run, by the client's own account.
func (t truth) toolUses() float64 {
	for _, name := range []string{"tool_decision", "codex.tool_decision", "gemini_cli.tool_call"} {
		if n, there := t.Telemetry.Events[name]; there {
			return n
		}
	}
	return 0
}

func (t truth) counts() counts {
	return counts{
		"prompts": float64(len(t.Prompts)), "requests": float64(t.LLM.Answered), "tool_uses": t.toolUses(),
		"input_uncached": t.LLM.Tokens.Input, "cache_read": t.LLM.Tokens.CacheRead, "cache_write": t.LLM.Tokens.CacheWrite,
		"output": t.LLM.Tokens.Output, "reasoning": t.LLM.Tokens.Reasoning,
	}
}

// counts by name.
type counts map[string]float64

func (c counts) minus(d counts) counts {
	difference := counts{}
	for name := range c {
		difference[name] = c[name] - d[name]
	}
	return difference
}

// countsQuery counts what the events of all tools say, from the signal that is
// believed first; traces say the same again.
const countsQuery = `SELECT countIf(action = 'prompt') AS prompts, countIf(action = 'request' AND success) AS requests,
	countIf(action IN ('tool_use', 'edit')) AS tool_uses, sum(tokens_input_uncached) AS input_uncached, sum(tokens_cache_read) AS cache_read,
	sum(tokens_cache_write) AS cache_write, sum(tokens_output) AS output, sum(tokens_reasoning) AS reasoning FROM event FINAL WHERE signal = 'logs'`

func (s *system) counts() counts {
	s.t.Helper()
	c := counts{}
	for name, value := range s.query(countsQuery)[0] {
		c[name] = value.(float64)
	}
	return c
}

// readRuns returns the recorded runs. Of a run whose JSON files are cut to the
// first record of a name, the truth is cut to the first call as well; bodies as
// they were on the wire are whole.
func readRuns(t *testing.T) []recordedRun {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(recordings, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		UsagePerCall struct{ Tool tokens }
		Runs         map[string]truth
	}
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	var runs []recordedRun
	for _, name := range []string{"c-plain", "c-ls", "c-edit", "x-plain", "x-ls", "g-plain", "g-ls"} {
		run := recordedRun{name: name, truth: all.Runs[name]}
		run.bodies, _ = filepath.Glob(filepath.Join(recordings, "*", name+"-*.gz"))
		if len(run.bodies) == 0 {
			run.bodies, _ = filepath.Glob(filepath.Join(recordings, "*", name+".*.json"))
			run.truth.cut(all.UsagePerCall.Tool)
		}
		if len(run.bodies) < 2 || len(run.truth.Prompts) == 0 {
			t.Fatalf("run %s: %d bodies, %d prompts", name, len(run.bodies), len(run.truth.Prompts))
		}
		runs = append(runs, run)
	}
	return runs
}

// cut leaves the first call of a run with several. Claude counts reasoning
// within the output.
func (t *truth) cut(first tokens) {
	if t.LLM.Answered < 2 {
		return
	}
	if t.Client == "claude" {
		first.Reasoning = 0
	}
	t.LLM.Answered, t.LLM.Tokens = 1, first
}

func TestRecordingsAreCountedExactlyAndCarryNoContent(t *testing.T) {
	runs := readRuns(t)
	s := startUp(t, t.TempDir())
	t.Run("each run as its truth says", func(t *testing.T) {
		before := s.counts()
		for _, run := range runs {
			s.sendFiles(t, run.bodies...)
			s.drain()
			after := s.counts()
			got, want := after.minus(before), run.truth.counts()
			for name := range want {
				if got[name] != want[name] {
					t.Errorf("%s: %s is %v, the client did %v", run.name, name, got[name], want[name])
				}
			}
			before = after
		}
	})
	once, readings := s.counts(), s.number("SELECT count() FROM reading FINAL")
	t.Run("again, the other way round, over two collectors: the same", func(t *testing.T) {
		second := startCollector(t, s)
		for i := len(runs) - 1; i >= 0; i-- {
			for j := len(runs[i].bodies) - 1; j >= 0; j-- {
				s.sendFiles(t, runs[i].bodies[j])
				second.sendFiles(t, runs[i].bodies[j])
			}
		}
		waitFor(t, "the second spool to be empty", second.done, func() error {
			var now status
			err := newProbe(Config{Listen: Listen{Metrics: strings.TrimSuffix(strings.TrimPrefix(second.Metrics, "http://"), "/metrics")}}).readCollector(t.Context(), &now)
			if err == nil && now.Waiting > 0 {
				err = fmt.Errorf("%d entries wait", now.Waiting)
			}
			return err
		})
		s.drain()
		for name, n := range s.counts() {
			if n != once[name] {
				t.Errorf("%s is %v after repeats, was %v", name, n, once[name])
			}
		}
		if n := s.number("SELECT count() FROM reading FINAL"); n != readings {
			t.Errorf("%v readings after repeats, were %v", n, readings)
		}
		second.stop()
		assertNoContent(t, s, second.dir, second.logText())
	})
}

// sendFiles posts recorded bodies as they are.
func (s *system) sendFiles(t *testing.T, files ...string) {
	t.Helper()
	uptake(t, append([]string{"send", "--endpoint", s.OTLPHTTP, "--token-file", s.IngestTokenFile}, files...)...)
}

// forbiddenWords of the recordings: prompts, file contents, paths, addresses.
var forbiddenWords = []string{"Zanzibar", "LAB-", "@lab.test", "node_modules", "/tmp/", "session_context", "REDACTED", "lab command", "Wall time", "lab-host"}

// assertNoContent looks for words of the recordings everywhere they could be.
func assertNoContent(t *testing.T, s *system, collectorDir, collectorLog string) {
	t.Helper()
	places := map[string]string{
		"the log": s.logText(), "the second collector's log": collectorLog, "the topics": strings.Join(topicValues(t, s), "\n"),
		"the spool": filesIn(t, filepath.Join(s.dir, "spool")), "the second spool": filesIn(t, filepath.Join(collectorDir, "spool")),
		"the metrics": fetch(t, s.Metrics),
	}
	for _, row := range s.query("SELECT name FROM system.tables WHERE database = currentDatabase() AND engine != 'View'") {
		name := row["name"].(string)
		places["table "+name] = uptake(t, "sql", "--data", s.dir, "--format", "json", "SELECT * FROM "+name)
	}
	for place, text := range places {
		for _, word := range forbiddenWords {
			if at := strings.Index(text, word); at >= 0 {
				t.Errorf("%s holds %q: …%.80q", place, word, text[max(0, at-30):])
			}
		}
	}
	if !strings.Contains(places["table event"], "claude-code") || !strings.Contains(places["the topics"], "claude-code") {
		t.Error("the search does not see what it should see")
	}
}

func filesIn(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		fmt.Fprintf(&all, "%s", b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
