package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// refusedEvents is one event of each reason, and two that would be whole if only
// their tool were known, one of them without an id of its sender.
func refusedEvents(now time.Time) string {
	at := now.Add(-time.Hour).Format(time.RFC3339)
	const who = `"person":"ada@example.com","device":"laptop-17","session":"s-1"`
	return strings.Join([]string{
		fmt.Sprintf(`{"id":"a-17","time":%q,"tool":"our-copilot","action":"prompt",%s}`, at, who),
		fmt.Sprintf(`{"time":%q,"tool":"our-copilot","action":"prompt",%s}`, at, who),
		fmt.Sprintf(`{"id":"b","time":%q,"tool":"never-heard-of","action":"prompt"}`, at),
		fmt.Sprintf(`{"id":"c","time":%q,"tool":"our-copilot","action":"prompt","prompt_text":"please write to ada@example.com"}`, at),
		fmt.Sprintf(`{"id":"d","time":%q,"tool":"codex"}`, at),
		fmt.Sprintf(`{"id":"e","time":%q,"tool":"codex","action":"prompt","content":"x"}`, at),
		fmt.Sprintf(`{"id":"f","time":%q,"tool":"codex","action":7}`, at),
		fmt.Sprintf(`{"id":"g","time":%q,"tool":"codex","action":"thinking"}`, at),
		fmt.Sprintf(`{"id":"h","time":%q,"tool":"codex","action":"prompt","session":%q}`, at, strings.Repeat("x", 300)),
		`{"id":"i","time":"yesterday","tool":"codex","action":"prompt"}`,
		fmt.Sprintf(`{"id":"j","time":%q,"tool":"codex","action":"prompt",%s}`, now.Add(time.Hour).Format(time.RFC3339), who),
		fmt.Sprintf(`{"id":"k","time":%q,"tool":"codex","action":"prompt",%s}`, at, who),
	}, "\n")
}

// onTopic puts a message on one of the topics, as another version would.
func (s *system) onTopic(topic string, m schema.Message) {
	s.t.Helper()
	client, err := s.apply(DefaultConfig()).Kafka.Client()
	if err != nil {
		s.t.Fatal(err)
	}
	defer kafka.CloseClient(client)
	r := kafkago.Record{Key: kafkago.NewBytes(m.Key), Value: kafkago.NewBytes(m.Value), Time: time.Now()}
	res, err := client.Produce(s.t.Context(), &kafkago.ProduceRequest{Topic: topic, RequiredAcks: kafkago.RequireAll, Records: kafkago.NewRecordReader(r)})
	if err != nil || res.Error != nil {
		s.t.Fatal(err, res)
	}
}

// outcomes are the rows of a replay by "outcome code", and how many there are.
func outcomes(t *testing.T, text string) map[string]float64 {
	t.Helper()
	found := map[string]float64{}
	for _, row := range decodeRows(t, text) {
		found[fmt.Sprint(row["outcome"], " ", row["code"])] += row["count"].(float64)
	}
	return found
}

// letterAhead is the letter about an event whose time was an hour ahead when it
// came, two hours ago.
func letterAhead(t *testing.T, now time.Time) schema.Message {
	t.Helper()
	received := now.Add(-2 * time.Hour)
	e := &schema.UsageEvent{
		EventId: []byte("ahead-ahead-0001"), OccurredAtUnixNano: uint64(now.Add(-time.Hour).UnixNano()), ReceivedAtUnixNano: uint64(received.UnixNano()),
		Path: schema.Path_PATH_API, Evidence: schema.Evidence_EVIDENCE_OBSERVED, Tool: "codex", Action: schema.Action_ACTION_PROMPT,
		Initiator: schema.Initiator_INITIATOR_USER, Person: []byte("bob-bob-bob-bob!"), PersonKind: schema.PersonKind_PERSON_KIND_HUMAN,
	}
	m, err := schema.DecodeMessage(schema.AppendDeadLetter(nil, &schema.DeadLetter{
		ReceivedAtUnixNano: e.ReceivedAtUnixNano, Path: e.Path, Stage: schema.Stage_STAGE_COLLECTOR, Tool: "codex",
		Code: string(schema.CodeBadTime), Field: "time", Message: "the time is over 10 minutes ahead; set the clock of the sender", EventId: e.EventId, Event: e,
	}, [16]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// unreadable is an event with a value that this version does not know.
func unreadable(t *testing.T, now time.Time) schema.Message {
	t.Helper()
	m, err := schema.DecodeMessage(schema.AppendEvent(nil, &schema.UsageEvent{
		EventId: []byte("newer-newer-0001"), OccurredAtUnixNano: uint64(now.UnixNano()), ReceivedAtUnixNano: uint64(now.UnixNano()),
		Tool: "codex", Action: 99,
	}))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// letterAboutStored is the letter of an older ingest about a message that this
// one has stored.
func (s *system) letterAboutStored() schema.Message {
	s.t.Helper()
	row := s.query("SELECT partition, offset FROM event LIMIT 1")[0]
	m, err := schema.DecodeMessage(schema.AppendDeadLetter(nil, &schema.DeadLetter{
		ReceivedAtUnixNano: uint64(time.Now().UnixNano()), Stage: schema.Stage_STAGE_INGEST, Code: string(schema.CodeBadValue), Field: "measure",
		Message: "a measure of a newer version; update ingest first", Topic: schema.EventTopic,
		Partition: int32(row["partition"].(float64)), Offset: int64(row["offset"].(float64)),
	}, [16]byte{2}))
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// TestReplay refuses events for every reason, sends again what can be taken by
// now, twice, and lets the sender repeat it: nothing is doubled, nothing told.
func TestReplay(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	s := startUp(t, dir)
	if status, text := s.post("/v1/events", "application/x-ndjson", "", []byte(refusedEvents(now))); status != http.StatusOK {
		t.Fatalf("%d: %s", status, text)
	}
	s.drain()
	s.onTopic(schema.DeadLetterTopic, letterAhead(t, now))
	s.onTopic(schema.EventTopic, unreadable(t, now))
	s.onTopic(schema.DeadLetterTopic, s.letterAboutStored())
	waitFor(t, "the letters in the table", s.done, func() error {
		if n := s.number("SELECT count() FROM dead_letter FINAL"); n != 14 {
			return fmt.Errorf("%v letters", n)
		}
		return nil
	})

	file := filepath.Join(t.TempDir(), "uptake.yaml")
	setFile(t, file, "tools: "+t.TempDir())
	t.Run("reasons are counted", func(t *testing.T) {
		rows := decodeRows(t, uptake(t, "dead-letters", "--data", dir, "--config", file, "--format", "json"))
		count, sendable := 0.0, map[string]float64{}
		for _, r := range rows {
			count += r["count"].(float64)
			sendable[r["code"].(string)] += r["sendable"].(float64)
			if r["first"].(string) > r["last"].(string) || r["message"] == "" {
				t.Errorf("got %v", r)
			}
		}
		if count != 14 || sendable["bad_time"] != 1 || sendable["unknown_tool"] != 0 {
			t.Errorf("%v letters, sendable %v", count, sendable)
		}
		one := decodeRows(t, uptake(t, "dead-letters", "--data", dir, "--config", file, "--code", "unknown_field", "--since", "7d", "--format", "json"))
		if len(one) != 1 || one[0]["field"] != "content" {
			t.Errorf("got %v", one)
		}
	})

	tools := t.TempDir()
	setFile(t, filepath.Join(tools, "our.yaml"), "id: our-copilot\nname: Our copilot\nvendor: us\ncategory: chat\nsurface: web\n")
	setFile(t, file, "tools: "+tools)
	want := map[string]float64{
		"sendable unknown_tool": 2, "not_sendable unknown_tool": 2, "sendable bad_time": 1, "not_sendable bad_time": 2,
		"not_sendable missing_field": 1, "not_sendable unknown_field": 1, "not_sendable bad_type": 1, "not_sendable bad_value": 2,
		"already_stored bad_value": 1, "not_sendable too_long": 1,
	}
	t.Run("a dry run sends nothing", func(t *testing.T) {
		if got := outcomes(t, uptake(t, "replay", "--data", dir, "--config", file, "--dry-run", "--format", "json")); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		s.drain()
		if n := s.number("SELECT count() FROM event FINAL"); n != 1 {
			t.Errorf("%v events are stored, want 1", n)
		}
	})
	t.Run("a filter leaves the others", func(t *testing.T) {
		if got := outcomes(t, uptake(t, "replay", "--data", dir, "--config", file, "--code", "unknown_tool", "--tool", "our-copilot", "--format", "json")); fmt.Sprint(got) != "map[sent unknown_tool:2]" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("what is sent again is stored once", func(t *testing.T) {
		s.drain()
		want["already_stored unknown_tool"], want["sent bad_time"] = want["sendable unknown_tool"], want["sendable bad_time"]
		delete(want, "sendable unknown_tool")
		delete(want, "sendable bad_time")
		text, printed := replayed(t, "replay", "--data", dir, "--config", file, "--format", "json")
		if got := outcomes(t, text); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		if !strings.Contains(printed, "dead letters replayed") || !strings.Contains(printed, "sent=1") {
			t.Errorf("the log says %s", printed)
		}
		for _, secret := range []string{"example.com", "laptop-17", "a-17", "please write", "never-heard-of", secretOf(t, s.IngestTokenFile), secretOf(t, filepath.Join(dir, "secrets", "identity-key"))} {
			if strings.Contains(text+printed, secret) {
				t.Errorf("%q is printed", secret)
			}
		}
		s.drain()
		s.assertReplayed(t)
	})
	if s.stop() != 0 {
		t.Fatal("the stop failed")
	}
	s = startUp(t, dir, "--config", file)
	t.Run("and so it is when the sender repeats it", func(t *testing.T) {
		if status, text := s.post("/v1/events", "application/x-ndjson", "", []byte(refusedEvents(now))); status != http.StatusOK || !strings.Contains(text, `"accepted":3`) {
			t.Fatalf("%d: %s", status, text)
		}
		s.drain()
		uptake(t, "replay", "--data", dir, "--config", file)
		s.drain()
		s.assertReplayed(t)
	})
}

// assertReplayed checks that two events of the site's tool, the one whose time
// has come and the one that was taken at once are there, and counted, once.
func (s *system) assertReplayed(t *testing.T) {
	t.Helper()
	for query, want := range map[string]float64{
		"SELECT count() FROM event FINAL":                                        4,
		"SELECT count() FROM event FINAL WHERE tool = 'our-copilot'":             2,
		"SELECT toFloat64(sum(acts)) FROM person_day":                            4,
		"SELECT toFloat64(sum(acts)) FROM person_day WHERE tool = 'our-copilot'": 2,
	} {
		if got := s.number(query); got != want {
			t.Errorf("%s gives %v, want %v", query, got, want)
		}
	}
}

// replayed returns what a command prints on standard output and on standard error.
func replayed(t testing.TB, args ...string) (out, log string) {
	t.Helper()
	var stdout, stderr strings.Builder
	cmd := command(t, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	return stdout.String(), stderr.String()
}

func setFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhyALetterCannotBeSent(t *testing.T) {
	now := time.Now()
	m := &mender{config: DefaultConfig(), known: map[string]string{"codex-codex-code": "codex"}, closed: map[int64]bool{now.AddDate(0, 0, -3).Unix() / 86400: true}, now: now}
	event := func(daysAgo int) *schema.UsageEvent {
		at := uint64(now.AddDate(0, 0, -daysAgo).UnixNano())
		return &schema.UsageEvent{EventId: []byte("0123456789abcdef"), OccurredAtUnixNano: at, ReceivedAtUnixNano: at, Action: schema.Action_ACTION_PROMPT}
	}
	for name, c := range map[string]struct {
		letter *schema.DeadLetter
		want   error
	}{
		"known again":    {&schema.DeadLetter{Code: "unknown_tool", ToolPseudonym: []byte("codex-codex-code"), Event: event(1)}, nil},
		"not yet":        {&schema.DeadLetter{Code: "unknown_tool", ToolPseudonym: []byte("other-other-othe"), Event: event(1)}, errNoTool},
		"without a word": {&schema.DeadLetter{Code: "unknown_tool", Event: event(1)}, errAlsoOther},
		"closed day":     {&schema.DeadLetter{Code: "unknown_tool", ToolPseudonym: []byte("codex-codex-code"), Event: event(3)}, errClosedDay},
		"too old":        {&schema.DeadLetter{Code: "unknown_tool", ToolPseudonym: []byte("codex-codex-code"), Event: event(91)}, errTooOld},
		"refused closed": {&schema.DeadLetter{Code: "closed_day", Stage: schema.Stage_STAGE_INGEST, Event: event(1)}, errClosedDay},
		"still ahead":    {&schema.DeadLetter{Code: "bad_time", Event: event(-1)}, errAhead},
		"no time":        {&schema.DeadLetter{Code: "bad_time", Event: &schema.UsageEvent{}}, errNoTime},
		"no event":       {&schema.DeadLetter{Code: "bad_time"}, errNotKept},
		"the sender's":   {&schema.DeadLetter{Code: "missing_field", Event: event(1)}, errSenders},
	} {
		if _, err := m.mend(context.Background(), c.letter); err != c.want {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}
