package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
)

// diagnosis is what `uptake doctor` says.
type diagnosis []struct{ Severity, Area, What, Evidence, Mend string }

func diagnose(t testing.TB, args ...string) (diagnosis, error) {
	t.Helper()
	text, failed := tryUptake(t, append([]string{"doctor", "--format", "json"}, args...)...)
	var d diagnosis
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("%v in %.300s; %v", err, text, failed)
	}
	return d, failed
}

// has tells whether a finding of the severity has the words.
func (d diagnosis) has(severity, words string) bool {
	for _, f := range d {
		if f.Severity == severity && strings.Contains(f.Area+": "+f.What+": "+f.Evidence, words) {
			return true
		}
	}
	return false
}

func (d diagnosis) want(t testing.TB, severity, words string) {
	t.Helper()
	if !d.has(severity, words) {
		t.Errorf("no %s that says %q in %+v", severity, words, d)
	}
}

const fivePeople = twoPeople +
	"cleo@example.com,2026-01-01,,active,employee,engineer,entry,core,engineering,AMER,UTC,\n" +
	"dan@example.com,2026-01-01,,active,employee,engineer,entry,core,engineering,AMER,UTC,\n" +
	"eve@example.com,2026-01-01,,active,employee,engineer,entry,core,engineering,AMER,UTC,\n"

func TestDoctor(t *testing.T) {
	s := startUp(t, t.TempDir())
	uptake(t, "roster", "import", "--data", s.dir, "--people", writeFile(t, "people.csv", fivePeople))
	s.mustPost([]byte(prompts("ok", "ada@example.com", "hers", 5)))
	s.drain()
	healthy, err := diagnose(t, "--data", s.dir)
	if err != nil {
		t.Errorf("something fails: %v: %+v", err, healthy)
	}
	for _, words := range []string{"collector: it is ready", "requests: all were taken", "spool: events pass", "tokens: none expires", "kafka: it answers: uptake.events.v1 has 4",
		"ingest: it takes events in: 1 in", "lag: all that Kafka has", "unknown: all telemetry", "keeps messages 30 days", "clickhouse: its disk", "the tables are those", "observe: it rebuilds",
		"tools: tools that were heard", "identity: all that came", "devices: no device", "clocks: the clocks", "letters: no event", "versions: the collector runs this one"} {
		healthy.want(t, "ok", words)
	}

	uptake(t, "token", "create", "--data", s.dir, "--name", "old", "--expires", "1ms")
	uptake(t, "token", "create", "--data", s.dir, "--name", "soon", "--expires", "3d")
	if status, _ := postBody(t, s.OTLPHTTP+"/v1/events", "wrong", "application/json", "", nil); status != http.StatusUnauthorized {
		t.Fatalf("status %d", status)
	}
	event := func(id, tool string, at time.Time, more string) {
		t.Helper()
		s.post("/v1/events", "application/json", "", fmt.Appendf(nil, `{"id":%q,"time":%q,"tool":%q,"action":"prompt"%s}`, id, at.UTC().Format(time.RFC3339), tool, more))
	}
	now := time.Now()
	event("ahead", "cursor", now.Add(5*time.Minute), `,"person":"ada@example.com"`)
	event("nobody", "windsurf", now, "")
	event("stranger", "windsurf", now, `,"person":"mallory@example.com"`)
	event("refused", "no-such-tool", now, "")
	for _, name := range []string{"ada", "cleo", "dan"} {
		event("silent-"+name, "codex", now.AddDate(0, 0, -14), `,"person":"`+name+`@example.com"`)
	}
	s.mustPost([]byte(prompts("c", "ada@example.com", "shared", 4) + prompts("d", "dan@example.com", "shared", 4) + prompts("e", "", "shared", 5)))
	s.mustPost([]byte(prompts("f", "", "hers", 2)))
	s.postSpan("billing", "secret-scope", "own-lib")
	s.drain()
	ill, err := diagnose(t, "--data", s.dir)
	if err != nil {
		t.Errorf("what warns does not fail: %v: %+v", err, ill)
	}
	for words, severity := range map[string]string{
		"tokens: a token has expired: old": "warn", "tokens: a token expires soon: soon": "warn", "requests: clients send without a token": "warn",
		"clocks: cursor sends from clocks that are ahead: 1 events": "warn", "identity: windsurf sends without identity: 1 of 2": "warn",
		"identity: windsurf names people who are not on the roster: 1 of 2": "warn", "letters: events were refused as unknown_tool: 1": "warn",
		"tools: codex went silent": "warn", "devices: devices that several people use send without identity: 1": "note", "devices: devices or accounts seem to be of one person: 1, with 2": "note",
	} {
		ill.want(t, severity, words)
	}
	print := strings.TrimSpace(uptake(t, "doctor", "--data", s.dir, "--service", "billing", "--scope", "secret-scope"))
	ill.want(t, "note", "unknown: telemetry of no known tool: 1 spans of "+print)
	page, _ := tryUptake(t, "doctor", "--data", s.dir)
	for line := range strings.Lines(page) {
		if len([]rune(strings.TrimSuffix(line, "\n"))) > 100 {
			t.Errorf("a line is longer than a hundred characters: %s", line)
		}
	}
	for _, raw := range []string{"mallory", "ada@", "hers", "no-such-tool", "billing", "secret-scope"} {
		if strings.Contains(page, raw) {
			t.Errorf("%q is shown", raw)
		}
	}
}

// postSpan posts a span of a service, with a scope that no tool has.
func (s *system) postSpan(service, scope, name string) {
	s.t.Helper()
	at := time.Now().UnixNano()
	body := fmt.Appendf(nil, `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":%q}}]},
		"scopeSpans":[{"scope":{"name":%q},"spans":[{"name":%q,"spanId":"0102030405060708","startTimeUnixNano":"%d","endTimeUnixNano":"%[4]d"}]}]}]}`, service, scope, name, at)
	if status, text := s.post("/v1/traces", "application/json", "", body); status != http.StatusOK {
		s.t.Fatal(status, text)
	}
}

func TestDoctorOfPartsThatAreAway(t *testing.T) {
	t.Run("nothing runs", func(t *testing.T) {
		d, err := diagnose(t, "--data", t.TempDir())
		if d.want(t, "fail", "nothing runs"); err == nil {
			t.Error("the exit status is 0")
		}
	})
	t.Run("no part answers", func(t *testing.T) {
		c := DefaultConfig()
		c.Data, c.Listen = t.TempDir(), freeListen()
		c.Kafka.Brokers, c.ClickHouse.Addr = []string{c.Listen.Web}, []string{c.Listen.Web}
		d, err := diagnose(t, "--config", writeConfig(t, c))
		for _, words := range []string{"collector: it does not answer", "collector: its metrics", "tokens: none may send", "kafka: it does not answer", "clickhouse: it does not answer"} {
			d.want(t, "fail", words)
		}
		if err == nil {
			t.Error("the exit status is 0")
		}
	})
	t.Run("only a collector runs", func(t *testing.T) {
		kafka, err := broker.Start(broker.Config{Dir: t.TempDir(), Password: "secret"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { kafka.Close() })
		c := sharedConfig(t, kafka.Addr())
		c.Data, c.Listen = t.TempDir(), freeListen()
		c.Kafka.SASL.Mechanism, c.Kafka.SASL.Username, c.Kafka.SASL.PasswordFile = broker.Mechanism, broker.User, writeFile(t, "password", "secret")
		config := writeConfig(t, c)
		secret := strings.TrimSpace(uptake(t, "token", "create", "--config", config, "--name", "one"))
		p := startMode(t, "collect", c)
		if status, text := postBody(t, "http://"+c.Listen.OTLPHTTP+"/v1/events", secret, "application/x-ndjson", "", []byte(prompts("a", "ada@example.com", "hers", 3))); status != http.StatusOK {
			t.Fatal(status, text)
		}
		waitFor(t, "the lag", p.done, func() error {
			if d, _ := diagnose(t, "--config", config); !d.has("ok", "lag: events are being stored: 3 messages") {
				return fmt.Errorf("%+v", d)
			}
			return nil
		})
		d, err := diagnose(t, "--config", config)
		if d.want(t, "fail", "ingest: nobody takes events in"); err == nil {
			t.Error("the exit status is 0")
		}
		d.want(t, "fail", "clickhouse: the tables are not those of this program")
		d.want(t, "ok", "collector: it is ready")
	})
}

func TestDoctorOfABacklog(t *testing.T) {
	for _, c := range []struct {
		age      time.Duration
		lost     int64
		severity severity
	}{{time.Second, 0, severityOK}, {time.Minute, 0, severityWarn}, {time.Hour, 0, severityFail}, {time.Second, 2, severityFail}} {
		e := &examination{now: time.Now()}
		e.examineLag(backlog{messages: 7, oldest: e.now.Add(-c.age), lost: c.lost})
		if worst := e.found.sorted()[0]; worst.severity != c.severity {
			t.Errorf("%s, %d lost: %v", c.age, c.lost, worst)
		}
	}
}

func TestWorkingDays(t *testing.T) {
	friday := time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)
	for days, want := range map[int]int{0: 0, 1: 0, 3: 0, 4: 1, 7: 4, 8: 5} {
		if got := workingDays(friday, friday.AddDate(0, 0, days)); got != want {
			t.Errorf("%d days after a Friday: %d working days, want %d", days, got, want)
		}
	}
}

func TestVersionsAreComparedByNumber(t *testing.T) {
	for _, ordered := range [][2]string{{"2.1.197", "2.1.330"}, {"0.9.0", "0.10.0"}, {"1.2", "1.2.1"}, {"v2.0", "3"}} {
		if compareVersions(ordered[0], ordered[1]) >= 0 || compareVersions(ordered[1], ordered[0]) <= 0 {
			t.Errorf("%v are in another order", ordered)
		}
	}
}
