package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/uptake-telemetry/uptake/deploy/clienttest"
	"github.com/uptake-telemetry/uptake/deploy/clienttest/model"
)

// clientsVariable names the folder into which `make test-clients` installed the
// clients. Without it nothing is run: the clients are large and take minutes.
const clientsVariable = "UPTAKE_TEST_CLIENTS"

// clientFacts are what the catalogue says of a client, and where its telemetry
// differs from what it did.
type clientFacts struct {
	tool string
	// signal in which uses and their decisions are counted.
	signal string
	// lines that the client says a new file of three lines has, and whether it
	// tells lines at all.
	lines     int
	protocols []string
	// plain says that the client sends nothing when it is asked to compress.
	plain bool
	// refuses says that the client refuses a change where no person can be asked,
	// others do not offer it to the model or allow it; hidesRefusal that it does
	// not tell so, and hidesNo that it does not tell what a person refused.
	refuses, hidesRefusal, hidesNo bool
	// silent are scenarios of which the client tells nothing.
	silent []string
	// undecided says that the client tells no decisions, and attempts that it
	// tells a failed attempt like a call that failed for good.
	undecided, attempts bool
	// loses says that the client ends before it has sent what it has to say of its
	// last call.
	loses bool
	// apart says that sub-agents have a session of their own.
	apart bool
}

var clientsFacts = map[string]clientFacts{
	"claude":         {tool: "claude-code", signal: "logs", lines: 4, protocols: []string{"http/json", "http/protobuf", "grpc"}, refuses: true},
	"gemini":         {tool: "gemini-cli", signal: "logs", lines: 3, protocols: []string{"http/json", "grpc"}},
	"qwen":           {tool: "qwen-code", signal: "logs", lines: 3, protocols: []string{"http/json", "grpc"}},
	"claude-earlier": {tool: "claude-code", signal: "logs", lines: 4, protocols: []string{"http/json", "grpc"}, refuses: true, hidesRefusal: true},
	"codex":          {tool: "codex", signal: "logs", protocols: []string{"http/json", "http/protobuf", "grpc"}, plain: true, silent: []string{"error"}, apart: true, hidesNo: true},
	"copilot":        {tool: "copilot-cli", signal: "spans", lines: 4, protocols: []string{"http/json", "http/protobuf"}, refuses: true},
	"opencode":       {tool: "opencode", signal: "spans", protocols: []string{"http/json"}, undecided: true, attempts: true, loses: true},
}

// played is a scenario and what the model knows of it.
type played struct {
	name   string
	person string
	truth  model.Truth
	want   counts
	// lost is what may be missing of it.
	lost   counts
	output string
}

func TestClientsAreCountedExactly(t *testing.T) {
	packages := os.Getenv(clientsVariable)
	if packages == "" {
		t.Skip("SKIPPED: runs real AI clients for some minutes; make test-clients installs and runs them")
	}
	s := startUp(t, t.TempDir())
	for _, name := range slices.Sorted(maps.Keys(clientsFacts)) {
		t.Run(name, func(t *testing.T) {
			runs := playAll(t, s, packages, name)
			s.drain()
			for _, run := range runs {
				t.Run(run.name, func(t *testing.T) { s.compare(t, run, clientsFacts[name]) })
			}
		})
	}
	t.Run("no content", func(t *testing.T) { assertNoContent(t, s, s.dir, "") })
}

// playAll plays all scenarios by the first protocol and an edit by the others,
// each as somebody else; the others with content, compressed and with counters
// that go on.
func playAll(t *testing.T, s *system, packages, name string) []played {
	t.Helper()
	client, facts := clienttest.Clients[name], clientsFacts[name]
	var all []played
	play := func(scenario clienttest.Scenario, telemetry clienttest.Telemetry) {
		run := played{name: scenario.Name + " " + telemetry.Protocol}
		run.person = strings.NewReplacer(" ", "-", "/", "-").Replace(name+"-"+run.name) + "@lab.test"
		telemetry.Endpoint, telemetry.Token, telemetry.User = s.OTLPHTTP, secretOf(t, s.IngestTokenFile), run.person
		if telemetry.Protocol == "grpc" {
			telemetry.Endpoint = "http://" + s.OTLPGRPC
		}
		var err error
		where := clienttest.Run{Packages: packages, Dir: filepath.Join(t.TempDir(), "run"), Telemetry: telemetry}
		run.truth, run.output, err = client.Play(t.Context(), where, scenario)
		if err != nil {
			t.Fatalf("%v\n%s", err, run.output)
		}
		run.want, run.lost = facts.expected(scenario, run.truth), facts.lost(run.truth)
		all = append(all, run)
	}
	for _, scenario := range clienttest.Scenarios {
		play(scenario, clienttest.Telemetry{Protocol: facts.protocols[0]})
	}
	for _, protocol := range facts.protocols[1:] {
		telemetry := clienttest.Telemetry{Protocol: protocol, Content: true, Compression: "gzip", Temporality: "cumulative"}
		if facts.plain {
			telemetry.Compression = ""
		}
		play(clienttest.Scenarios[2], telemetry)
	}
	return all
}

// expected is what person-days and events must say of a scenario.
func (f clientFacts) expected(s clienttest.Scenario, truth model.Truth) counts {
	if slices.Contains(f.silent, s.Name) {
		return counts{"prompts": 0, "requests": 0, "tool_uses": 0, "sessions": 0}
	}
	want := counts{
		"prompts": float64(len(s.Prompts)), "acts": float64(len(s.Prompts)), "sessions": 1, "requests": float64(truth.Answered),
		"tokens_input_uncached": float64(truth.Tokens.Input), "tokens_cache_read": float64(truth.Tokens.CacheRead), "tokens_cache_write": float64(truth.Tokens.CacheWrite),
		"tokens_output": float64(truth.Tokens.Output), "tokens_reasoning": float64(truth.Tokens.Reasoning),
		"failed": 0, "accepted": 0, "rejected": 0, "automatic": 0, "lines_added": 0, "lines_removed": 0,
	}
	for _, n := range truth.ToolUses {
		want["tool_uses"] += float64(n)
	}
	f.outcome(s.Name, want)
	return want
}

// lost is what may be missing of the last calls of each process.
func (f clientFacts) lost(truth model.Truth) counts {
	if !f.loses {
		return nil
	}
	lost := counts{"failed": 1, "sessions": 1, "requests": float64(truth.Calls["plain"] + truth.Calls["final"])}
	for _, kind := range []string{"plain", "final"} {
		last := truth.TokensByKind[kind]
		lost["tokens_input_uncached"] += float64(last.Input)
		lost["tokens_cache_read"] += float64(last.CacheRead)
		lost["tokens_output"] += float64(last.Output)
		lost["tokens_reasoning"] += float64(last.Reasoning)
	}
	return lost
}

// outcome adds what became of the tools and calls of a scenario.
func (f clientFacts) outcome(scenario string, want counts) {
	if !f.undecided {
		want["automatic"] = want["tool_uses"]
	}
	switch scenario {
	case "edit":
		want["lines_added"] = float64(f.lines)
	case "replace":
		if f.lines > 0 {
			want["lines_added"], want["lines_removed"] = float64(f.lines+2), 1
		}
	case "agent":
		if f.apart {
			want["sessions"]++
		}
	case "refused":
		f.refusal(want)
	case "error":
		want["failed"] = 1
	case "retried":
		if f.attempts {
			want["failed"] = 1
		}
	}
}

// refusal adds what became of a change that nobody could be asked about.
func (f clientFacts) refusal(want counts) {
	switch {
	case f.hidesRefusal:
		want["tool_uses"], want["automatic"] = 0, 0
	case f.refuses:
		want["rejected"], want["automatic"] = want["tool_uses"], 0
	case want["tool_uses"] > 0:
		want["lines_added"] = float64(f.lines)
	}
}

// compare looks at the person of a run.
func (s *system) compare(t *testing.T, run played, facts clientFacts) {
	t.Helper()
	person := strings.TrimSpace(uptake(t, "person", "id", "--data", s.dir, run.person))
	days := fmt.Sprintf(`SELECT %s FROM person_day WHERE person = '%s' AND tool = '%s'`, sums(
		"prompts", "acts", "sessions", "requests", "tool_uses", "lines_added", "lines_removed", "tokens_input_uncached",
		"tokens_cache_read", "tokens_cache_write", "tokens_output", "tokens_reasoning"), person, facts.tool)
	uses := fmt.Sprintf(`SELECT countIf(action = 'request' AND NOT success) AS failed, countIf(used AND decision = 'accepted') AS accepted,
		countIf(used AND decision = 'rejected') AS rejected, countIf(used AND decision = 'automatic') AS automatic
		FROM (SELECT *, action IN ('edit', 'tool_use') AS used FROM event FINAL WHERE person = '%s' AND signal = '%s')`, person, facts.signal)
	got := s.query(days)[0]
	maps.Copy(got, s.query(uses)[0])
	for _, what := range slices.Sorted(maps.Keys(run.want)) {
		if n := got[what].(float64); n > run.want[what] || n < run.want[what]-run.lost[what] {
			t.Errorf("%s is %v, the client did %v", what, got[what], run.want[what])
		}
	}
	if t.Failed() {
		t.Logf("the model served %+v\nthe client printed %.2000s", run.truth, run.output)
	}
}

func sums(columns ...string) string {
	var all []string
	for _, column := range columns {
		all = append(all, fmt.Sprintf("sum(person_day.%[1]s) AS %[1]s", column))
	}
	return strings.Join(all, ", ")
}

// TestClientsTellWhatAPersonDecided answers the clients' questions in a terminal.
func TestClientsTellWhatAPersonDecided(t *testing.T) {
	packages := os.Getenv(clientsVariable)
	if packages == "" {
		t.Skip("SKIPPED: runs real AI clients for some minutes; make test-clients installs and runs them")
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Fatal("a terminal needs tmux; make test-clients installs it")
	}
	s := startUp(t, t.TempDir())
	for _, name := range slices.Sorted(maps.Keys(clientsFacts)) {
		client, facts := clienttest.Clients[name], clientsFacts[name]
		if !client.Answers() {
			continue
		}
		for _, answer := range []clienttest.Answer{clienttest.Yes, clienttest.No} {
			t.Run(fmt.Sprintf("%s %s", name, answer), func(t *testing.T) {
				run := played{name: string(answer), person: fmt.Sprintf("%s-%s@lab.test", name, answer)}
				telemetry := clienttest.Telemetry{Endpoint: s.OTLPHTTP, Token: secretOf(t, s.IngestTokenFile), User: run.person, Protocol: "http/json"}
				var err error
				run.truth, run.output, err = client.PlayTerminal(t.Context(), clienttest.Run{Packages: packages, Dir: t.TempDir(), Telemetry: telemetry}, answer)
				if err != nil {
					t.Fatalf("%v\n%s", err, run.output)
				}
				run.want = facts.decided(answer, run.truth)
				s.drain()
				s.compare(t, run, facts)
			})
		}
	}
}

// decided is what must be told of an edit that a person was asked about.
func (f clientFacts) decided(answer clienttest.Answer, truth model.Truth) counts {
	want := f.expected(clienttest.Scenario{Name: "asked", Prompts: make([]clienttest.Prompt, 1)}, truth)
	want["automatic"] = 0
	if answer == clienttest.No && f.hidesNo {
		want["tool_uses"] = 0
		return want
	}
	if answer == clienttest.No {
		want["rejected"] = 1
		return want
	}
	want["accepted"], want["lines_added"] = 1, float64(f.lines)
	want["acts"]++
	return want
}
