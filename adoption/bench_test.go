package adoption_test

import (
	"flag"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/rollup"
	known "github.com/uptake-telemetry/uptake/schema/tools"
)

var benchPeople = flag.Int("people", 100_000, "how many people the benchmark's company has")

// BenchmarkWeek rebuilds a day of a company in which two thirds have seats of
// 14 tools and use three, each heard by logs and by metrics, and publishes its
// week with the 28 days that end with it, and the days of the week. Twelve
// weeks of acts are behind it, so that all metrics are there.
func BenchmarkWeek(b *testing.B) {
	conn := tables(b)
	run := func(statement string, args ...any) {
		b.Helper()
		if err := conn.Exec(b.Context(), fmt.Sprintf(statement, args...)); err != nil {
			b.Fatal(err)
		}
	}
	id := "00000000-0000-0000-0000-000000000001"
	run(`INSERT INTO roster_version SELECT '%s', lower(hex(MD5(toString(number)))), '2026-01-01', '2299-12-31', if(number %% 50 = 0, 'leave', 'active'), if(number %% 7 = 0, 'contractor', 'employee'),
		concat('role', toString(cityHash64(number) %% 23)), ['executive', 'manager', 'professional', 'entry'][1 + cityHash64(number, 1) %% 4], concat('team', toString(intDiv(number, 12))),
		concat('dept', toString(intDiv(number, 12) %% 20)), concat('region', toString(intDiv(number, 12) %% 5)), 'Europe/Berlin' FROM numbers(%d)`, id, *benchPeople)
	run(`INSERT INTO seat_version SELECT '%s', lower(hex(MD5(toString(number)))), arrayJoin(['claude-code', 'codex', 'gemini-cli', 'cursor', 'cline', 'm365-copilot', 'perplexity', 'grok', 'litellm', 'opencode',
		'copilot-cli', 'windsurf', 'claude-web', 'chatgpt']), '2026-01-01', '2299-12-31', 0 FROM numbers(%d) WHERE number %% 3 > 0`, id, *benchPeople)
	run(`INSERT INTO roster_import (imported_at, import, people_fingerprint, seats_fingerprint) VALUES (now64(6), '%s', 'x', 'y')`, id)
	run(`INSERT INTO event (event_id, occurred_at, received_at, path, tool, person, person_kind, action, initiator, signal)
		SELECT generateUUIDv4(), toDateTime64('2026-11-02 08:00:00', 6, 'UTC') + INTERVAL intDiv(number, %[1]d) DAY, toDateTime64('2026-11-10 08:00:00', 6, 'UTC'), 'otlp',
		['claude-code', 'gemini-cli', 'codex'][1 + cityHash64(number) %% 3], lower(hex(MD5(toString(number %% %[1]d)))), 'human', 'prompt', 'user', 'logs' FROM numbers(%[2]d) WHERE cityHash64(number, 2) %% 2 = 0`, *benchPeople, 5**benchPeople)
	run(`INSERT INTO reading (stream, started_at, read_at, received_at, tool, person, person_kind, initiator, measure, value, temporality)
		SELECT reinterpretAsUUID(MD5(concat(toString(event_id), measure))), occurred_at, occurred_at + INTERVAL 1 MINUTE, received_at, tool, person, person_kind, initiator, arrayJoin(['prompts', 'tokens_input_total']) AS measure, 100, 'delta' FROM event`)
	run(`INSERT INTO touched_hour SELECT toStartOfHour(occurred_at), count() FROM event GROUP BY 1`)
	run(`INSERT INTO act_day (day, tool, person, local_day, acts, prompts) SELECT toDate('2026-11-02') - 1 - number %% 77 AS d, ['claude-code', 'gemini-cli', 'codex'][1 + cityHash64(number) %% 3], lower(hex(MD5(toString(intDiv(number, 77))))), d, n, n
		FROM (SELECT number, 1 + cityHash64(number, 3) %% 9 AS n FROM numbers(%d)) WHERE cityHash64(number, 2) %% 2 = 0 SETTINGS max_partitions_per_insert_block = 0`, 77**benchPeople)
	run(`INSERT INTO person_day (person, day, tool, acts, prompts) SELECT person, local_day, tool, acts, prompts FROM act_day SETTINGS max_partitions_per_insert_block = 0`)
	catalogue, err := known.Load()
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 11, 12, 13, 0, 0, 0, time.UTC)
	o, err := adoption.New(adoption.DefaultConfig(), adoption.Deps{Conn: conn, Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(),
		Clock: func() time.Time { return now }, Tools: categories, Authority: catalogue.Orders()})
	if err != nil {
		b.Fatal(err)
	}
	week := figure.WeekOf(time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
	var days []rollup.Day
	for n := range 7 {
		days = append(days, rollup.DayOf(week.Start().AddDate(0, 0, n)))
	}
	if err := rollup.Rebuild(b.Context(), conn, catalogue.Orders(), days); err != nil {
		b.Fatal(err)
	}
	b.Run("rebuild", func(b *testing.B) {
		defer engineCPU(b, conn)()
		for b.Loop() {
			if err := rollup.Rebuild(b.Context(), conn, catalogue.Orders(), days[1:2]); err != nil {
				b.Fatal(err)
			}
		}
	})
	publishing := func(name string, units ...figure.Period) {
		b.Run(name, func(b *testing.B) {
			defer engineCPU(b, conn)()
			for b.Loop() {
				run(`TRUNCATE TABLE publication`)
				run(`TRUNCATE TABLE calculated_period`)
				if err := adoption.PublishPeriods(b.Context(), o, units...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	publishing("publish_week", week.Period())
	publishing("publish_days", figure.Between(week.Start(), week.Start().AddDate(0, 0, 6))[:7]...)
	var rows, suppressed uint64
	if err := conn.QueryRow(b.Context(), "SELECT count(), countIf(suppressed) FROM figure").Scan(&rows, &suppressed); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d rows, %.3f suppressed", rows, float64(suppressed)/float64(rows))
}

// engineCPU returns what reports the processor time that the engine took since,
// each time.
func engineCPU(b *testing.B, conn driver.Conn) func() {
	spent := func() (microseconds uint64) {
		b.Helper()
		if err := conn.QueryRow(b.Context(), `SELECT value FROM system.events WHERE event = 'OSCPUVirtualTimeMicroseconds'`).Scan(&microseconds); err != nil {
			b.Fatal(err)
		}
		return microseconds
	}
	before := spent()
	return func() { b.ReportMetric(float64(spent()-before)/1e6/float64(b.N), "engine-cpu-s") }
}
