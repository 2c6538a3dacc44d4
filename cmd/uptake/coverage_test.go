package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

// TestCoverage of a tool that is heard, one that fell silent, one that is only
// expected, one that is told by a mark alone, and the extension.
func TestCoverage(t *testing.T) {
	conn := enginetest.New(t)
	if err := migrate.Run(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	id := "00000000-0000-0000-0000-000000000001"
	person := func(n int) string { return fmt.Sprintf("%032d", n) }
	run := func(statement string, args ...any) {
		t.Helper()
		if err := conn.Exec(t.Context(), fmt.Sprintf(statement, args...)); err != nil {
			t.Fatal(err)
		}
	}
	run(`INSERT INTO roster_version SELECT '%s', leftPad(toString(number), 32, '0'), '2026-01-01', '2299-12-31', 'active', 'employee', 'r', 'entry', 't', 'd', 'e', 'UTC' FROM numbers(8)`, id)
	run(`INSERT INTO alias_version (import, alias, person) VALUES ('%s', 'laptop7', '%s')`, id, person(7))
	run(`INSERT INTO roster_import (imported_at, import, people_fingerprint) VALUES (now64(6), '%s', 'x')`, id)
	run(`INSERT INTO population (grain, period, person, eligible) SELECT 'week', '2026-11-23', leftPad(toString(number), 32, '0'), ['any', 'category:coding', 'codex', 'grok'] FROM numbers(8)`)
	event := func(at, tool, person, device, surface, action string) {
		run(`INSERT INTO event (event_id, occurred_at, received_at, path, tool, person, person_kind, device, surface, action, initiator) VALUES (generateUUIDv4(), '%s 09:00:00', '%s 09:00:00', 'otlp', '%s', '%s', 'human', '%s', '%s', '%s', 'user')`,
			at, at, tool, person, device, surface, action)
	}
	for n := range 6 {
		event("2026-11-20", "codex", person(n), fmt.Sprint("laptop", n), "cli", "prompt")
	}
	event("2026-11-01", "codex", "", "laptop7", "cli", "prompt")
	event("2026-11-20", "codex", "", "nobodys", "cli", "prompt")
	event("2026-11-20", "codex", person(99), "other", "cli", "prompt")
	event("2026-11-10", "chatgpt", person(1), "browser1", "web", "prompt")
	event("2026-11-24", "uptake-extension", person(1), "browser1", "web", "heartbeat")
	run(`INSERT INTO heard VALUES ('2026-11-24', '%s', 'laptop1', 'gemini-cli')`, person(1))

	heard, err := readCoverage(t.Context(), conn, now)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := printCSV(&b, coverageTable(heard, 5)); err != nil {
		t.Fatal(err)
	}
	want := `tool,state,silent_since,last_event,last_mark,devices_7_days,devices_28_days,browsers_7_days,browsers_28_days,people_7_days,people_28_days,expected,events_28_days,without_person,not_on_roster
chatgpt,silent,2026-11-11,2026-11-10T09:00:00Z,,0,0,0,1,0,<5,0,1,0,0
grok,never,,,,0,0,0,0,0,0,8,0,,
codex,heard,,2026-11-20T09:00:00Z,,8,9,0,0,7,8,8,9,0.1111111111111111,0.1111111111111111
gemini-cli,heard,,,2026-11-24,1,1,0,0,<5,<5,0,0,,
uptake-extension,heard,,2026-11-24T09:00:00Z,,0,0,1,1,<5,<5,0,0,,
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	b.Reset()
	if err := printTable(&b, readableCoverage(heard, 5)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "SILENT") {
		t.Error(b.String())
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > 101 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}
