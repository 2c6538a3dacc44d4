package collector

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/collector/receiver/receivertest"
	"github.com/uptake-telemetry/uptake/collector/token"
	"github.com/uptake-telemetry/uptake/schema"
)

// reply is the body of an answer of /v1/events.
type reply struct {
	Accepted int
	Rejected []struct {
		Index                int
		Code, Field, Message string
	}
}

func (s *staged) sendEvents(t *testing.T, contentType, body string) (int, reply) {
	t.Helper()
	answer, err := receivertest.Send(http.MethodPost, s.url+"/v1/events", contentType, "", s.token, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	var r reply
	if err := json.Unmarshal(answer.Body, &r); err != nil || r.Rejected == nil {
		t.Fatalf("%d %s: %v", answer.Status, answer.Body, err)
	}
	return answer.Status, r
}

func event(extra string) string {
	return fmt.Sprintf(`{"time": %q, "tool": "codex", "action": "prompt"%s}`, time.Now().UTC().Format(time.RFC3339Nano), extra)
}

func TestOneBadEventRefusesItselfAlone(t *testing.T) {
	s := start(t, nil)
	status, r := s.sendEvents(t, "application/json", "["+event(`, "id": "1"`)+","+event(`, "id": "2", "prompt": "my secret"`)+","+event(`, "tool": "hammer", "id": "3"`)+","+event(`, "id": "4"`)+"]")
	if status != http.StatusOK || r.Accepted != 2 || len(r.Rejected) != 2 || r.Rejected[0].Index != 1 || r.Rejected[0].Code != "unknown_field" || r.Rejected[0].Field != "prompt" || r.Rejected[1].Index != 2 {
		t.Errorf("status %d, %+v", status, r)
	}
	events, letters := s.events(t)
	if len(events) != 2 || len(letters) != 2 {
		t.Fatalf("%d events and %d letters are stored", len(events), len(letters))
	}
	if l := letters[0]; l.Code != "unknown_field" || l.Field != "prompt" || l.Tool != "codex" || l.Path != schema.Path_PATH_API || l.Stage != schema.Stage_STAGE_COLLECTOR || len(l.EventId) != schema.EventIDSize {
		t.Errorf("got %v", l)
	}
	for _, m := range s.stored() {
		if strings.Contains(string(m), "secret") {
			t.Error("content got through")
		}
	}
}

func TestStatusOfWhatIsRefusedWhole(t *testing.T) {
	s := start(t, nil)
	for name, tt := range map[string]struct {
		contentType, body string
		status, rejected  int
	}{
		"all rejected":       {"application/json", "[{}, {}]", 400, 2},
		"one rejected":       {"application/json", "{}", 400, 1},
		"unreadable":         {"application/json", "[{}", 400, 1},
		"all lines rejected": {"application/x-ndjson", "x\ny\n", 400, 2},
		"nothing":            {"application/json", "[]", 200, 0},
		"no lines":           {"application/x-ndjson", "\n", 200, 0},
	} {
		if status, r := s.sendEvents(t, tt.contentType, tt.body); status != tt.status || r.Accepted != 0 || len(r.Rejected) != tt.rejected {
			t.Errorf("%s: status %d, %+v", name, status, r)
		}
	}
}

func TestABodyOfTinyFaultsIsBounded(t *testing.T) {
	s := start(t, nil)
	status, _ := s.sendEvents(t, "application/json", "["+strings.Repeat("1,", 1<<20)+"1]")
	if status != http.StatusRequestEntityTooLarge || len(s.stored()) != 0 {
		t.Errorf("status %d, %d messages", status, len(s.stored()))
	}
}

// extensionPost posts an event as the extension does, and returns the status.
func (s *staged) extensionPost(t *testing.T, secret string) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.url+"/v1/events", strings.NewReader(event(`, "person": "bob@example.com"`)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "bearer "+secret)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "chrome-extension://abc")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// await posts until the status is the wanted one: a change of the file of
// tokens is seen within seconds.
func (s *staged) await(t *testing.T, secret string, want int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for status := 0; status != want; status = s.extensionPost(t, secret) {
		if time.Now().After(deadline) {
			t.Fatalf("status %d, want %d within 10 s", status, want)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestATokenIsFollowedWhileTheCollectorRuns(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	pseudonymizer, err := schema.NewPseudonymizer(identityKey)
	if err != nil {
		t.Fatal(err)
	}
	person := pseudonymizer.Person("ada@example.com")
	bound := s.newToken(t, token.Order{Name: "ada", Scope: token.Ingest, Person: person})
	s.await(t, bound, http.StatusOK)
	events, _ := s.events(t)
	if e := events[0]; e.Path != schema.Path_PATH_EXTENSION || e.Identity != schema.Identity_IDENTITY_TOKEN || string(e.Person) != string(person) {
		t.Errorf("got %v", e)
	}
	if err := s.tokens.Revoke("ada"); err != nil {
		t.Fatal(err)
	}
	s.await(t, bound, http.StatusUnauthorized)
}

func (s *staged) get(t *testing.T, path string) (int, string) {
	t.Helper()
	res, err := http.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestHealthAndReadiness(t *testing.T) {
	s := start(t, nil)
	if status, body := s.get(t, "/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("health: %d %q", status, body)
	}
	status, body := s.get(t, "/readyz")
	if status != http.StatusOK || !strings.Contains(body, `"ready":true`) || !strings.Contains(body, `"waiting":"`) {
		t.Errorf("with Kafka away: %d %s", status, body)
	}
	if status, _ := s.get(t, "/v1/other"); status != http.StatusNotFound {
		t.Errorf("another path: %d", status)
	}
	s.stopping.Store(true)
	if status, body := s.get(t, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, `"reason":"the collector is stopping"`) {
		t.Errorf("at a stop: %d %s", status, body)
	}
}

func TestAFullSpoolIsNotReadyAndRefuses(t *testing.T) {
	s := build(t, func(c *Config) { c.Spool.MaxBytes, c.Spool.SegmentBytes = 64<<10, 16<<10 })
	s.run(t)
	for range 1000 {
		answer, err := receivertest.Send(http.MethodPost, s.url+"/v1/events", "application/json", "", s.token, []byte(event(`, "id": "1"`)))
		if err != nil {
			t.Fatal(err)
		}
		if answer.Status == http.StatusOK {
			continue
		}
		if answer.Status != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") != "5" {
			t.Errorf("status %d, Retry-After %q", answer.Status, answer.Header.Get("Retry-After"))
		}
		if status, body := s.get(t, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "spool is full") {
			t.Errorf("ready: %d %s", status, body)
		}
		return
	}
	t.Error("the spool is never full")
}

func TestWhatIsStoredOutlivesTheProcess(t *testing.T) {
	s := build(t, nil)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	if status, _ := s.sendEvents(t, "application/json", event("")); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if w := s.spool.Waiting(); w.Entries != 1 {
		t.Errorf("%d entries wait", w.Entries)
	}
	if err := s.Close(); err != nil {
		t.Errorf("a second close: %v", err)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config, *Deps)
		want   string
	}{
		"a setting":                   {func(c *Config, _ *Deps) { c.Receiver.MinBodyRate = 0 }, "receiver.min_body_rate"},
		"a short key":                 {func(_ *Config, d *Deps) { d.IdentityKey = []byte("x") }, "identity key"},
		"no catalogue":                {func(c *Config, _ *Deps) { c.Tools = "/nowhere" }, "tools: "},
		"no compression of that name": {func(c *Config, _ *Deps) { c.Produce.Compression = "rar" }, "produce.compression"},
	} {
		config, deps := DefaultConfig(), Deps{SpoolDir: t.TempDir(), TokensFile: t.TempDir() + "/tokens.json", IdentityKey: identityKey}
		tt.change(&config, &deps)
		if _, err := New(config, deps); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
