package figure

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

func TestSmoke(t *testing.T) {
	conn := enginetest.New(t)
	if err := migrate.Run(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	exec := func(q string) {
		t.Helper()
		if err := conn.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	n := 10000
	exec("INSERT INTO roster_import (imported_at, import, people_fingerprint, seats_fingerprint) VALUES (now64(6), '00000000-0000-0000-0000-000000000001', 'x', 'y')")
	exec(fmt.Sprintf(`INSERT INTO roster_version SELECT '00000000-0000-0000-0000-000000000001', lower(hex(MD5(toString(number)))), '2026-01-01', '2299-12-31', if(number %% 50 = 0, 'leave', 'active'), if(number %% 7 = 0, 'contractor', 'employee'),
		concat('role', toString(number %% 23)), ['executive','manager','professional','entry'][1 + number %% 4], concat('team', toString(intDiv(number, 12))), concat('dept', toString(intDiv(number, 12) %% 20)), concat('region', toString(intDiv(number, 12) %% 5)), 'UTC' FROM numbers(%d)`, n))
	exec(`INSERT INTO seat_version SELECT '00000000-0000-0000-0000-000000000001', '*', 'chatgpt', '2026-01-01', '2299-12-31', 0`)
	exec(`INSERT INTO seat_version SELECT '00000000-0000-0000-0000-000000000001', person, arrayJoin(['claude-code','codex','gemini-cli','cursor','cline', 'm365-copilot', 'perplexity', 'grok', 'litellm', 'opencode', 'copilot-cli', 'windsurf', 'claude-web']), '2026-01-01', '2299-12-31', 0 FROM roster WHERE cityHash64(person) % 3 > 0`)
	exec(`INSERT INTO person_day (person, day, tool, acts) SELECT person, toDate('2026-10-05') + arrayJoin(range(35)), arrayJoin(['claude-code', 'chatgpt', 'codex']), 1 FROM roster WHERE cityHash64(person) % 2 > 0`)
	exec(`INSERT INTO act_day SELECT day, tool, if(cityHash64(person) % 10 = 0, '', person), sum(acts) FROM person_day GROUP BY ALL`)
	begin := time.Now()
	h, err := ReadHistory(t.Context(), conn, CategoryOf{"claude-code": "coding", "codex": "coding", "chatgpt": "chat"})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(begin), h.First.Monday(), h.names())
	begin = time.Now()
	week := WeekOf(time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC))
	if err := Place(t.Context(), conn, h, week, Population); err != nil {
		t.Fatal(err)
	}
	t.Log("place", time.Since(begin))
	begin = time.Now()
	e, err := Calculate(t.Context(), conn, h, week)
	if err != nil {
		t.Fatal(err)
	}
	t.Log("calculate", time.Since(begin), len(e.Cells), len(e.Placements))
	for _, table := range e.Tables {
		d := int64(0)
		if table.Denominator != nil {
			d = table.Denominator[0]
		}
		t.Log(table.Metric.Name, table.Numerator[0], d, e.Cells[1].Dimensions(), table.Numerator[1])
	}
}
