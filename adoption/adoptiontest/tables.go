package adoptiontest

import (
	"context"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// InsertRoster puts periods and aliases in force as an import does.
func InsertRoster(t testing.TB, conn driver.Conn, periods []Period, aliases map[string]string) {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	var rows [][]any
	for _, p := range periods {
		rows = append(rows, []any{id, p.Person, p.From, p.To, p.Status, p.Employment, p.Role, p.Seniority, p.Team, p.Department, p.Region, p.TimeZone})
	}
	Insert(t, conn, "roster_version", rows)
	rows = nil
	for alias, person := range aliases {
		rows = append(rows, []any{id, alias, person})
	}
	Insert(t, conn, "alias_version (import, alias, person)", rows)
	Insert(t, conn, "roster_import (imported_at, import, fingerprint, people_fingerprint, seats_fingerprint, training_fingerprint, people, periods, aliases, seats, trainings)", [][]any{{time.Now(), id, id.String(), id.String(), "", "", uint64(0), uint64(len(periods)), uint64(len(aliases)), uint64(0), uint64(0)}})
}

// InsertEvents stores events and marks their hours touched, as ingest does.
func InsertEvents(t testing.TB, conn driver.Conn, events []Event) {
	t.Helper()
	var rows [][]any
	var times []time.Time
	for _, e := range events {
		rows = append(rows, []any{e.ID, e.OccurredAt, e.ReceivedAt, e.Path, e.Signal, e.Tool, e.Person, e.PersonKind, e.Device, e.Session, e.Action, e.Initiator, e.Decision,
			e.Tokens[0], e.Tokens[1], e.Tokens[2], e.Tokens[3], e.Tokens[4], e.CostMicroUSD, e.Added, e.Removed, e.Success})
		times = append(times, e.OccurredAt)
	}
	Insert(t, conn, `event (event_id, occurred_at, received_at, path, signal, tool, person, person_kind, device, session, action, initiator, decision,
		tokens_input_uncached, tokens_cache_read, tokens_cache_write, tokens_output, tokens_reasoning, cost_micro_usd, lines_added, lines_removed, success)`, rows)
	touch(t, conn, times)
}

// InsertReadings stores readings and marks their hours touched, as ingest does.
func InsertReadings(t testing.TB, conn driver.Conn, readings []Reading) {
	t.Helper()
	var rows [][]any
	var times []time.Time
	for _, r := range readings {
		rows = append(rows, []any{r.Stream, r.StartedAt, r.ReadAt, r.ReceivedAt, r.Tool, r.Person, r.PersonKind, r.Device, r.Session, r.Initiator, r.Decision, r.Measure, r.Value, r.Temporality})
		times = append(times, r.ReadAt)
	}
	Insert(t, conn, "reading (stream, started_at, read_at, received_at, tool, person, person_kind, device, session, initiator, decision, measure, value, temporality)", rows)
	touch(t, conn, times)
}

func touch(t testing.TB, conn driver.Conn, times []time.Time) {
	t.Helper()
	hours := make(map[time.Time]uint64)
	for _, at := range times {
		hours[at.Truncate(time.Hour)]++
	}
	var rows [][]any
	for hour, n := range hours {
		rows = append(rows, []any{hour, n})
	}
	Insert(t, conn, "touched_hour (hour, rows)", rows)
}

// Insert writes rows to the table, which may name columns.
func Insert(t testing.TB, conn driver.Conn, table string, rows [][]any) {
	t.Helper()
	if len(rows) == 0 {
		return
	}
	ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"async_insert": 0, "max_partitions_per_insert_block": 0}))
	if err := insert(ctx, conn, table, rows); err != nil {
		t.Fatalf("insert into %s: %v", table, err)
	}
}

func insert(ctx context.Context, conn driver.Conn, table string, rows [][]any) error {
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO "+table)
	if err != nil {
		return err
	}
	defer batch.Close()
	for _, row := range rows {
		if err := batch.Append(row...); err != nil {
			return err
		}
	}
	return batch.Send()
}

// StoredPersonDays reads person_day. A row that is there twice fails the test.
func StoredPersonDays(t testing.TB, conn driver.Conn) map[PersonDayKey]PersonDay {
	t.Helper()
	stored := make(map[PersonDayKey]PersonDay)
	scan(t, conn, `SELECT person, toString(day), tool, acts, passive, agent, prompts, sessions, requests, tool_uses, tokens_input_uncached, tokens_cache_read,
		tokens_cache_write, tokens_output, tokens_reasoning, cost_micro_usd, lines_added, lines_removed, commits FROM person_day`, func(rows driver.Rows) error {
		var key PersonDayKey
		var d PersonDay
		err := rows.Scan(&key.Person, &key.Day, &key.Tool, &d.Acts, &d.Passive, &d.Agent, &d.Prompts, &d.Sessions, &d.Requests, &d.ToolUses,
			&d.Tokens[0], &d.Tokens[1], &d.Tokens[2], &d.Tokens[3], &d.Tokens[4], &d.CostMicroUSD, &d.Added, &d.Removed, &d.Commits)
		if _, twice := stored[key]; twice {
			t.Errorf("person_day has %v twice", key)
		}
		stored[key] = d
		return err
	})
	return stored
}

// StoredActDays reads act_day. A row that is there twice fails the test.
func StoredActDays(t testing.TB, conn driver.Conn) map[ActDayKey]ActDay {
	t.Helper()
	stored := make(map[ActDayKey]ActDay)
	scan(t, conn, "SELECT toString(day), tool, person, toString(local_day), acts, prompts FROM act_day", func(rows driver.Rows) error {
		var key ActDayKey
		var d ActDay
		err := rows.Scan(&key.Day, &key.Tool, &key.Person, &key.LocalDay, &d.Acts, &d.Prompts)
		if _, twice := stored[key]; twice {
			t.Errorf("act_day has %v twice", key)
		}
		stored[key] = d
		return err
	})
	return stored
}

func scan(t testing.TB, conn driver.Conn, query string, row func(driver.Rows) error) {
	t.Helper()
	rows, err := conn.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
