package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// traceCompany starts a system with ada, who has an old address, on its roster
// and events of her, of bob, who is on none, and of nobody.
func traceCompany(t *testing.T, now time.Time) *system {
	t.Helper()
	s := startUp(t, t.TempDir())
	people := filepath.Join(t.TempDir(), "people.csv")
	setFile(t, people, "person,valid_from,valid_to,status,employment,role,seniority,team,department,region,timezone,aliases\n"+
		"ada@example.com,2025-01-01,,active,employee,editor,professional,t,d,r,UTC,ada@old.example\n")
	uptake(t, "roster", "import", "--data", s.dir, "--people", people)
	at := now.Add(-time.Minute).Format(time.RFC3339)
	body := strings.Join([]string{
		fmt.Sprintf(`{"id":"a-17","time":%q,"tool":"codex","action":"prompt","person":"ada@old.example","device":"laptop-17","session":"s-1"}`, at),
		fmt.Sprintf(`{"id":"a-18","time":%q,"tool":"codex","action":"edit","decision":"rejected","person":"ada@example.com","device":"laptop-17","session":"s-1"}`, at),
		fmt.Sprintf(`{"id":"a-19","time":%q,"tool":"codex","action":"tool_use","initiator":"agent","decision":"automatic","person":"ada@example.com","session":"7d0f4a5e-1f43-4c5b-9f0e-3f1f6f3c2c11"}`, at),
		fmt.Sprintf(`{"id":"b-1","time":%q,"tool":"codex","action":"prompt","person":"bob@example.com"}`, at),
		fmt.Sprintf(`{"id":"c-1","time":%q,"tool":"codex","action":"prompt"}`, at),
		fmt.Sprintf(`{"id":"d-1","time":%q,"tool":"codex","action":"prompt","text":"a secret"}`, at),
	}, "\n")
	if status, text := s.post("/v1/events", "application/x-ndjson", "", []byte(body)); status != http.StatusOK {
		t.Fatalf("%d: %s", status, text)
	}
	s.drain()
	return s
}

// traced runs the command and checks that it prints nothing as it was sent.
func (s *system) traced(args ...string) []map[string]any {
	s.t.Helper()
	text, log := replayed(s.t, append([]string{"trace", "--data", s.dir, "--format", "json"}, args...)...)
	for _, raw := range []string{"@example.com", "@old.example", "laptop-17", "a-17", "s-1", "7d0f4a5e", "a secret"} {
		if strings.Contains(text+log, raw) {
			s.t.Errorf("%q is printed by trace %v", raw, args)
		}
	}
	return decodeRows(s.t, text)
}

func TestTrace(t *testing.T) {
	now := time.Now().UTC()
	s := traceCompany(t, now)
	ada := strings.TrimSpace(uptake(t, "person", "id", "--data", s.dir, "ada@example.com"))
	collector, err := os.ReadFile(filepath.Join(s.dir, "collector-name"))
	if err != nil {
		t.Fatal(err)
	}
	byID := s.traced("--id", "a-17", "--token", "operator-ingest", "--device", "laptop-17")
	t.Run("every hop of one event, in order", func(t *testing.T) {
		assertHops(t, byID, "occurred", "received", "spooled", "published", "inserted", "counted", "figures")
		last := ""
		for _, h := range byID {
			if at, known := h["at"].(string); known && h["hop"] != "figures" {
				if at < last {
					t.Errorf("%v is before the hop before it", h)
				}
				last = at
			}
		}
		if byID[1]["where"] != strings.TrimSpace(string(collector)) {
			t.Errorf("received by %v, want %s", byID[1]["where"], collector)
		}
		if where := byID[3]["where"].(string); !strings.HasPrefix(where, "uptake.events.v1 partition ") {
			t.Errorf("published at %q", where)
		}
		day := now.Add(-time.Minute).Format(time.DateOnly)
		if where, note := byID[5]["where"], byID[5]["note"].(string); where != "person_day "+day+" codex" || note != "act (person "+ada+")" {
			t.Errorf("counted in %v as %q", where, note)
		}
		if note := byID[6]["note"]; note != "provisional" && note != "not published yet" {
			t.Errorf("the week is %v", note)
		}
	})
	t.Run("the same by its id in the tables", func(t *testing.T) {
		id := byID[0]["event_id"].(string)
		for _, form := range []string{id, strings.ReplaceAll(id, "-", ""), strings.ToUpper(id)} {
			if got := s.traced(form); fmt.Sprint(got) != fmt.Sprint(byID) {
				t.Errorf("%s gives\n%v, want\n%v", form, got, byID)
			}
		}
	})
	t.Run("a person by any name", func(t *testing.T) {
		for _, name := range []string{"ada@example.com", " Ada@Old.example", ada} {
			got := s.traced(name)
			if counts := column(got, "counted"); len(got) != 3 || !slices.Contains(counts, "act") || !slices.Contains(counts, "passive") || !slices.Contains(counts, "agent") {
				t.Errorf("a name of ada gives %v", got)
			}
			for _, r := range got {
				if r["person"] != ada || r["collector"] != byID[1]["where"] || r["inserted_at"] == nil {
					t.Errorf("got %v", r)
				}
			}
		}
		if got := s.traced("ada@example.com", "--limit", "1"); len(got) != 1 {
			t.Errorf("%d rows, want 1", len(got))
		}
	})
	t.Run("totals stand below a table", func(t *testing.T) {
		if text := uptake(t, "trace", "--data", s.dir, "ada@example.com"); !strings.Contains(text, "3 of 3 events and readings; in all days: 1 acts on 1 days, 1 passive, 1 by agents") {
			t.Errorf("got %s", text)
		}
	})
	t.Run("a session", func(t *testing.T) {
		if got := s.traced("s-1"); len(got) != 2 {
			t.Errorf("got %v", got)
		}
		if got := s.traced("7d0f4a5e-1f43-4c5b-9f0e-3f1f6f3c2c11"); len(got) != 1 || got[0]["counted"] != "agent" {
			t.Errorf("of a session that was sent as a UUID: %v", got)
		}
	})
	t.Run("who is on no roster, and nobody", func(t *testing.T) {
		bob := s.traced("--id", "b-1", "--token", "operator-ingest")
		assertHops(t, bob, "occurred", "received", "spooled", "published", "inserted", "counted")
		if note := bob[5]["note"].(string); !strings.HasPrefix(note, "act: the person is not on the roster") {
			t.Errorf("bob counts as %q", note)
		}
		nobody := s.traced("--id", "c-1", "--token", "operator-ingest")
		if note := nobody[5]["note"].(string); !strings.HasPrefix(note, "unattributed: it names nobody") {
			t.Errorf("nobody counts as %q", note)
		}
	})
	t.Run("a refused event", func(t *testing.T) {
		refused := s.traced("--id", "d-1", "--token", "operator-ingest")
		assertHops(t, refused, "refused")
		if note := refused[0]["note"].(string); note != "unknown_field: text: the field is not part of an event; leave it out" {
			t.Errorf("got %q", note)
		}
	})
	for name, c := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"what is not there":     {[]string{"carol@example.com"}, exitFailed, "nothing waits"},
		"an id of nothing":      {[]string{"00000000-0000-0000-0000-000000000001"}, exitFailed, "nothing of it is stored"},
		"another token":         {[]string{"--id", "a-17", "--token", "other"}, exitFailed, "nothing of it is stored"},
		"an id without a token": {[]string{"--id", "a-17"}, exitUsage, "--token"},
		"nothing":               {nil, exitUsage, "give the id"},
		"two things":            {[]string{"s-1", "--id", "a-17", "--token", "x"}, exitUsage, "give the id"},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			cmd := command(t, append([]string{"trace", "--data", s.dir}, c.args...)...)
			cmd.Stderr = &log
			var exited *exec.ExitError
			if err := cmd.Run(); !errors.As(err, &exited) || exited.ExitCode() != c.status || !strings.Contains(log.String(), c.want) || strings.Contains(log.String(), "carol") {
				t.Errorf("ended with %v: %s", err, log.String())
			}
		})
	}
}

func assertHops(t *testing.T, rows []map[string]any, want ...string) {
	t.Helper()
	if got := column(rows, "hop"); !slices.Equal(got, want) {
		t.Fatalf("the hops are %q, want %q", got, want)
	}
}

func column(rows []map[string]any, name string) (values []string) {
	for _, r := range rows {
		values = append(values, fmt.Sprint(r[name]))
	}
	return values
}
