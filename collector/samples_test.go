package collector

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/collector/receiver/receivertest"
	"github.com/uptake-telemetry/uptake/schema"
)

// The recordings and what the clients had done, which is known because the model
// they talked to was a fake.
const recordings = "../schema/tools/testdata"

type usage struct {
	Input, CacheRead, CacheWrite, Output, Reasoning uint64
}

type truth struct {
	UsagePerCall map[string]usage
	Runs         map[string]struct {
		Client, Model, User string
		Prompts             []string
		LLM                 struct {
			Calls    map[string]int
			Answered int
			Tokens   usage
		}
		Telemetry struct{ Metrics map[string]float64 }
	}
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

var toolOfClient = map[string]string{"claude": "claude-code", "codex": "codex", "gemini": "gemini-cli"}

// recording is a body of a run.
type recording struct {
	path, contentType, encoding string
	body                        []byte
}

// recordingsOf returns the bodies of a run: those from the wire where there are
// any, which are whole, else the distinct records.
func recordingsOf(t *testing.T, client, run string) (whole bool, bodies []recording) {
	t.Helper()
	folder := filepath.Join(recordings, toolOfClient[client])
	files, err := filepath.Glob(filepath.Join(folder, run+"-0*"))
	if err != nil {
		t.Fatal(err)
	}
	if whole = len(files) > 0; !whole {
		if files, err = filepath.Glob(filepath.Join(folder, run+".*")); err != nil || len(files) == 0 {
			t.Fatal("no recording", run, err)
		}
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r := recording{body: body, contentType: "application/json"}
		for _, signal := range []string{"logs", "metrics", "traces"} {
			if strings.Contains(file, signal) {
				r.path = "/v1/" + signal
			}
		}
		if strings.HasSuffix(file, ".gz") {
			r.encoding = "gzip"
		}
		if strings.Contains(file, ".pb") {
			r.contentType = "application/x-protobuf"
		}
		bodies = append(bodies, r)
	}
	return whole, bodies
}

func (s *staged) post(t *testing.T, r recording) {
	t.Helper()
	answer, err := receivertest.Send(http.MethodPost, s.url+r.path, r.contentType, r.encoding, s.token, r.body)
	if err != nil || answer.Status != http.StatusOK {
		t.Fatalf("%s: %v, %d %s", r.path, err, answer.Status, answer.Body)
	}
}

// account is what the events of a run add up to, each id once.
type account struct {
	prompts, requests, uses int
	tokens                  usage
	linesAdded              float64
	ids                     []string
}

func accountOf(t *testing.T, s *staged) (a account) {
	t.Helper()
	events, letters := s.events(t)
	if len(letters) > 0 {
		t.Errorf("%d dead letters, the first %v", len(letters), letters[0])
	}
	seen := map[string]bool{}
	for _, e := range events {
		if id := hex.EncodeToString(e.EventId); !seen[id] {
			seen[id] = true
			a.ids = append(a.ids, id)
			a.add(e)
		}
	}
	slices.Sort(a.ids)
	return a
}

func (a *account) add(e *schema.UsageEvent) {
	if r := e.Reading; r != nil && r.Measure == schema.Measure_MEASURE_LINES_ADDED {
		a.linesAdded += r.Value
	}
	switch e.Action {
	case schema.Action_ACTION_PROMPT:
		a.prompts++
	case schema.Action_ACTION_TOOL_USE, schema.Action_ACTION_EDIT:
		a.uses++
	case schema.Action_ACTION_REQUEST:
		a.requests++
		a.tokens.Input += e.TokensInputUncached
		a.tokens.CacheRead += e.TokensCacheRead
		a.tokens.CacheWrite += e.TokensCacheWrite
		a.tokens.Output += e.TokensOutput
		a.tokens.Reasoning += e.TokensReasoning
	}
}

// recordedAt is shortly after the recordings were made.
var recordedAt = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func startAt(t *testing.T, at time.Time) *staged {
	t.Helper()
	s := build(t, nil)
	s.now, s.intake.spool = at, s
	s.run(t)
	return s
}

func TestRecordingsAddUpToWhatTheClientsDid(t *testing.T) {
	known := readTruth(t)
	for run, did := range known.Runs {
		t.Run(run, func(t *testing.T) {
			whole, bodies := recordingsOf(t, did.Client, run)
			s := startAt(t, recordedAt)
			for _, body := range bodies {
				s.post(t, body)
			}
			got := accountOf(t, s)
			want := account{prompts: len(did.Prompts), requests: did.LLM.Answered, uses: did.LLM.Calls["tool"], tokens: did.LLM.Tokens}
			switch {
			case run == "g-edit": // Only its metrics were kept.
				want = account{}
			case !whole && did.LLM.Answered > 1:
				// Of several calls only the first is in the distinct records.
				want.requests, want.tokens = 1, known.UsagePerCall["tool"]
				if did.Client != "codex" && did.Client != "gemini" {
					want.tokens.Reasoning = 0
				} else {
					want.tokens.CacheWrite = 0
				}
			}
			want.linesAdded = did.Telemetry.Metrics["claude_code.lines_of_code.count{type=added}"] + did.Telemetry.Metrics["gemini_cli.lines.changed{type=added}"]
			ids := got.ids
			got.ids = nil
			if got.prompts != want.prompts || got.requests != want.requests || got.uses != want.uses || got.tokens != want.tokens || got.linesAdded != want.linesAdded {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			s.sameAgain(t, bodies, ids)
			s.named(t, did.User, did.Model)
		})
	}
}

// sameAgain posts the bodies again in another order, here and to another
// collector: the events stay the same.
func (s *staged) sameAgain(t *testing.T, bodies []recording, ids []string) {
	t.Helper()
	other := startAt(t, recordedAt.Add(time.Hour))
	slices.Reverse(bodies)
	for _, body := range bodies {
		s.post(t, body)
		other.post(t, body)
	}
	for _, again := range [][]string{accountOf(t, s).ids, accountOf(t, other).ids} {
		if !slices.Equal(ids, again) {
			t.Errorf("once %v, again %v", ids, again)
		}
	}
}

// named says that every event has its person, as a pseudonym, and its model.
func (s *staged) named(t *testing.T, user, model string) {
	t.Helper()
	p, err := schema.NewPseudonymizer(identityKey)
	if err != nil {
		t.Fatal(err)
	}
	events, _ := s.events(t)
	for _, e := range events {
		if string(e.Person) != string(p.Person(user)) || e.Identity != schema.Identity_IDENTITY_ATTRIBUTE {
			t.Errorf("%s: person %x by %s", e.Action.Name(), e.Person, e.Identity.Name())
		}
		if e.Action == schema.Action_ACTION_REQUEST && e.Model != model {
			t.Errorf("model %q, want %q", e.Model, model)
		}
	}
}

func TestNothingOfTheRecordingsGetsThroughButFacts(t *testing.T) {
	s := startAt(t, recordedAt)
	for run, did := range readTruth(t).Runs {
		_, bodies := recordingsOf(t, did.Client, run)
		for _, body := range bodies {
			s.post(t, body)
		}
	}
	for _, word := range []string{"Zanzibar", "LAB-", "lab.test", "/opt/", "REDACTED", "lab-host", "toolu_", "full_command", "req_lab"} {
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
