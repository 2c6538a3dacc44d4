package collector

import (
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

var toolOfClient = map[string]string{"claude": "claude-code", "cowork": "claude-cowork", "codex": "codex", "gemini": "gemini-cli", "qwen": "qwen-code", "copilot": "copilot-cli", "opencode": "opencode"}

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

// recordedAt is shortly after the recordings were made.
var recordedAt = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

func startAt(t *testing.T, at time.Time) *staged {
	t.Helper()
	s := build(t, nil)
	s.now, s.intake.spool = at, s
	s.run(t)
	return s
}

func TestRecordingsAddUpToWhatTheClientsDid(t *testing.T) {
	known := readTruth(t)
	for name, did := range known.Runs {
		t.Run(name, func(t *testing.T) {
			whole, bodies := recordingsOf(t, did.Client, name)
			if !whole {
				did.cut(known.UsagePerCall["tool"])
			}
			s := startAt(t, recordedAt)
			for _, body := range bodies {
				s.post(t, body)
			}
			got := accountOf(t, s)
			for _, signal := range signalsOf(bodies) {
				if whole || signal == schema.Signal_SIGNAL_LOGS {
					did.compare(t, s, signal, got.signals[signal])
				}
			}
			s.sameAgain(t, bodies, got.ids)
			s.named(t, did)
		})
	}
}

func signalsOf(bodies []recording) (signals []schema.Signal) {
	for _, body := range bodies {
		signal := map[string]schema.Signal{
			"/v1/logs": schema.Signal_SIGNAL_LOGS, "/v1/traces": schema.Signal_SIGNAL_SPANS, "/v1/metrics": schema.Signal_SIGNAL_METRICS,
		}[body.path]
		if !slices.Contains(signals, signal) {
			signals = append(signals, signal)
		}
	}
	return signals
}

// sameAgain posts the bodies again in another order, here and in protobuf to
// another collector: the events stay the same.
func (s *staged) sameAgain(t *testing.T, bodies []recording, ids []string) {
	t.Helper()
	other := startAt(t, recordedAt.Add(time.Hour))
	slices.Reverse(bodies)
	for _, body := range bodies {
		s.post(t, body)
		other.post(t, recording{path: body.path, contentType: "application/x-protobuf", body: body.protobuf(t)})
	}
	for _, again := range [][]string{accountOf(t, s).ids, accountOf(t, other).ids} {
		if !slices.Equal(ids, again) {
			t.Errorf("once %v, again %v", ids, again)
		}
	}
}

// named says that every event has its person, as a pseudonym, and its model.
func (s *staged) named(t *testing.T, did run) {
	t.Helper()
	identity := schema.Identity_IDENTITY_ATTRIBUTE
	if did.Login {
		identity = schema.Identity_IDENTITY_ACCOUNT
	}
	p, err := schema.NewPseudonymizer(identityKey)
	if err != nil {
		t.Fatal(err)
	}
	events, _ := s.events(t)
	for _, e := range events {
		if string(e.Person) != string(p.Person(did.User)) || e.Identity != identity {
			t.Errorf("%s: person %x by %s", e.Action.Name(), e.Person, e.Identity.Name())
		}
		asked := e.Action == schema.Action_ACTION_REQUEST && e.Initiator == schema.Initiator_INITIATOR_USER
		if asked && e.Model != did.Model && did.LLM.Models[e.Model] == 0 && e.Signal == schema.Signal_SIGNAL_LOGS {
			t.Errorf("model %q, want %q", e.Model, did.Model)
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
	for _, word := range []string{"Zanzibar", "LAB-", "lab.test", "/opt/", "REDACTED", "lab-host", "toolu_", "full_command", "req_lab", "do EDIT", "That is done", "notes.txt", "list files"} {
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
