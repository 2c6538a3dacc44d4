package collector

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// truth is what clients did in their runs.
type truth struct {
	UsagePerCall map[string]usage
	Runs         map[string]run
}

// run is what a client did in one of them.
type run struct {
	Client, Model, User string
	Prompts             []string
	// Starts are how often the client was started for them.
	Starts float64
	// Told is what a signal says of a fact where that is not what was done, with
	// the reason in the run's note; below zero where it says a part.
	Told map[string]map[string]float64
	LLM  struct {
		Calls    map[string]int
		Answered float64
		// Abandoned are the calls that the client gave up.
		Abandoned float64
		ToolUses  map[string]float64
		Tokens    usage
		// ByAgent are the answered calls that no prompt of the person asked for directly.
		ByAgent *float64
		// Models are given where more than one was asked.
		Models map[string]float64
	}
	// Decided counts uses of tools and edits by decision.
	Decided    map[string]float64
	LinesAdded float64
	// Login says that the client names the person by an account.
	Login bool
}

func readTruth(t *testing.T) truth {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(recordings, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var known truth
	if err := json.Unmarshal(b, &known); err != nil {
		t.Fatal(err)
	}
	return known
}

// cut leaves the first call of a run whose distinct records were kept.
func (r *run) cut(first usage) {
	if r.LLM.Answered < 2 {
		return
	}
	switch {
	case r.Client == "claude":
		first.Reasoning = 0
	default:
		first.CacheWrite = 0
	}
	r.LLM.Answered, r.LLM.Tokens = 1, first
}

// changesFiles are the tools of the clients whose uses are edits.
var changesFiles = []string{"Edit", "Write", "apply_patch", "replace", "write_file", "edit"}

// countsStarts are the tools whose only counter for prompts is of starts.
var countsStarts = []string{"claude-code", "qwen-code"}

// compare holds what one signal tells against what the client did: of every
// fact that the tool's file lets the signal tell, exactly that, and of others nothing.
func (r *run) compare(t *testing.T, s *staged, signal schema.Signal, got account) {
	t.Helper()
	tool := s.intake.catalogue.Tool(toolOfClient[r.Client])
	prompts := float64(len(r.Prompts))
	if signal == schema.Signal_SIGNAL_METRICS && slices.Contains(countsStarts, tool.ID) {
		prompts = max(r.Starts, 1)
	}
	uses, edits := r.uses()
	for _, f := range []struct {
		fact      string
		got, want any
	}{
		{"prompts", got.prompts, prompts}, {"requests", got.requests, r.LLM.Answered}, {"tokens", got.tokens, r.LLM.Tokens},
		{"tool_uses", got.uses, uses}, {"edits", got.edits, edits}, {"lines", got.linesAdded, r.LinesAdded},
	} {
		want := f.want
		if told, otherwise := r.Told[signal.Name()][f.fact]; otherwise {
			if want = told; told < 0 {
				continue
			}
		}
		tells := slices.Contains(tool.Authority(f.fact), signal)
		if tells && f.got != want || !tells && f.got != 0.0 && f.got != (usage{}) {
			t.Errorf("%s of %s: got %v, the client did %v, told %t", f.fact, signal.Name(), f.got, want, tells)
		}
	}
	r.compareWho(t, tool, signal, got)
	if signal == schema.Signal_SIGNAL_LOGS && got.failed != r.LLM.Abandoned {
		t.Errorf("%v calls failed, the client gave up %v", got.failed, r.LLM.Abandoned)
	}
}

// compareWho does the same with who asked and who decided, of runs that say it.
func (r *run) compareWho(t *testing.T, tool *tools.Tool, signal schema.Signal, got account) {
	t.Helper()
	metrics := signal == schema.Signal_SIGNAL_METRICS
	if want := r.LLM.ByAgent; want != nil && !metrics && slices.Contains(tool.Authority("requests"), signal) && got.byAgent != *want {
		t.Errorf("%v requests by agents of %s, want %v", got.byAgent, signal.Name(), *want)
	}
	if r.Decided == nil || !slices.Contains(tool.Authority("decisions"), signal) || !slices.Contains(tool.Authority("tool_uses"), signal) {
		return
	}
	if !maps.Equal(got.decided, r.Decided) {
		t.Errorf("decisions of %s: got %v, want %v", signal.Name(), got.decided, r.Decided)
	}
}

// uses returns the uses of tools that change no file, and those that do.
func (r *run) uses() (uses, edits float64) {
	for name, n := range r.LLM.ToolUses {
		if slices.Contains(changesFiles, name) {
			edits += n
		} else {
			uses += n
		}
	}
	return uses, edits
}
