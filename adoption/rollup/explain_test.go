package rollup_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
	"github.com/uptake-telemetry/uptake/adoption/rollup"
	"github.com/uptake-telemetry/uptake/schema"
)

// TestExplanationsAddUp holds what is explained fact by fact against the days
// that were rebuilt.
func TestExplanationsAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	conn := tables(t)
	c := adoptiontest.Random(r, start, days)
	c.Authority = nil
	adoptiontest.InsertRoster(t, conn, c.Periods, c.Aliases)
	adoptiontest.InsertEvents(t, conn, c.Events)
	adoptiontest.InsertReadings(t, conn, c.Readings)
	work(t, conn)
	var keys []string
	for _, e := range c.Events {
		keys = append(keys, e.Person, e.Device)
	}
	for _, e := range c.Readings {
		keys = append(keys, e.Person, e.Device)
	}
	from, until := start.AddDate(0, 0, 10), start.AddDate(0, 0, 20)
	var asked []rollup.Day
	for d := from; d.Before(until); d = d.AddDate(0, 0, 1) {
		asked = append(asked, rollup.DayOf(d))
	}
	told, err := rollup.Explain(t.Context(), conn, nil, keys, asked)
	if err != nil {
		t.Fatal(err)
	}
	got, want := map[adoptiontest.PersonDayKey][7]uint64{}, map[adoptiontest.PersonDayKey][7]uint64{}
	for _, f := range told {
		if f.Person == "" || f.Day.Before(from) || !f.Day.Before(until) {
			continue
		}
		if !f.Believed || len(f.Better) > 0 || f.Infers {
			t.Fatalf("without a word of authority got %+v", f)
		}
		key := adoptiontest.PersonDayKey{Person: f.Person, Day: f.Day.Format(time.DateOnly), Tool: f.Tool}
		sum := got[key]
		for i, n := range []uint64{f.Acts, f.Passive, f.Agent, f.Prompts, f.Requests, f.ToolUses, f.Commits} {
			sum[i] += n
		}
		got[key] = sum
	}
	for key, d := range c.PersonDays() {
		if key.Day >= from.Format(time.DateOnly) && key.Day < until.Format(time.DateOnly) {
			want[key] = [7]uint64{uint64(d.Acts), uint64(d.Passive), uint64(d.Agent), uint64(d.Prompts), uint64(d.Requests), uint64(d.ToolUses), uint64(d.Commits)}
		}
	}
	if len(want) < 50 {
		t.Fatalf("only %d person-days to compare", len(want))
	}
	compareMaps(t, "person_day", got, want)
}

// TestOneFactIsExplained follows a prompt that logs tell and one that only
// counters told, whose days hang on each other.
func TestOneFactIsExplained(t *testing.T) {
	conn := tables(t)
	noon := start.Add(12 * time.Hour)
	adoptiontest.InsertRoster(t, conn, []adoptiontest.Period{{
		Person: "ada", From: start, To: start.AddDate(1, 0, 0), Status: "active", Employment: "employee", Seniority: "professional", TimeZone: "Pacific/Auckland",
	}}, map[string]string{"ada-too": "ada"})
	for _, row := range []string{
		"('00000000-0000-0000-0000-000000000001', '%s', 'logs', 'ada', 'prompt')",
		"('00000000-0000-0000-0000-000000000002', '%s', 'spans', 'ada-too', 'prompt')",
		"('00000000-0000-0000-0000-000000000003', '%s', 'spans', 'stranger', 'prompt')",
	} {
		row := fillTime(row, noon)
		if err := conn.Exec(t.Context(), "INSERT INTO event (event_id, occurred_at, received_at, tool, signal, person, person_kind, action) SELECT toUUID(r.1), r.2, now(), 'codex', r.3, r.4, 'human', r.5 FROM (SELECT "+row+" AS r)"); err != nil {
			t.Fatal(err)
		}
	}
	authority := rollup.Authority{"codex": {"prompts": {schema.Signal_SIGNAL_LOGS, schema.Signal_SIGNAL_SPANS}}}
	told, err := rollup.Explain(t.Context(), conn, authority, []string{"ada-too"}, []rollup.Day{rollup.DayOf(noon)})
	if err != nil || len(told) != 2 {
		t.Fatalf("got %v, %v, want the two of ada", told, err)
	}
	first, second := told[0], told[1]
	if first.Person != "ada" || first.Day.Format(time.DateOnly) != "2026-10-02" || !first.OnRoster || !first.Believed || first.Acts != 1 || first.Fact != "prompts" {
		t.Errorf("the log gave %+v", first)
	}
	if second.Person != "ada" || second.Believed || len(second.Better) != 1 || second.Better[0] != "logs" || second.Acts != 1 {
		t.Errorf("the span gave %+v", second)
	}
	told, err = rollup.Explain(t.Context(), conn, authority, []string{"stranger"}, []rollup.Day{rollup.DayOf(noon)})
	if err != nil || len(told) != 1 || !told[0].Believed || told[0].OnRoster || told[0].Person != "stranger" {
		t.Errorf("got %+v, %v", told, err)
	}
}

func fillTime(row string, at time.Time) string {
	return fmt.Sprintf(row, at.Format(time.DateTime))
}

// A tool that was opened counts where it was used that day, as in person_day.
func TestStartsAreExplained(t *testing.T) {
	conn := tables(t)
	noon := monday.Add(2 * time.Hour)
	unused, used := counted("prompts", 2, noon), counted("prompts", 2, noon.AddDate(0, 0, 1))
	adoptiontest.InsertReadings(t, conn, []adoptiontest.Reading{unused, used, counted("tokens_output", 20, used.ReadAt)})
	asked := []rollup.Day{rollup.DayOf(unused.ReadAt), rollup.DayOf(used.ReadAt)}
	told, err := rollup.Explain(t.Context(), conn, authority(adoptiontest.Company{Authority: orders}), []string{ada}, asked)
	if err != nil || len(told) != 3 {
		t.Fatalf("got %v, %v, want three", told, err)
	}
	for _, f := range told {
		start := f.Fact == "prompts"
		if wasUsed := f.At.Equal(used.ReadAt); start && (f.Unused == wasUsed || f.Acts > 0 != wasUsed || f.Prompts > 0 != wasUsed) || !start && f.Unused {
			t.Errorf("got %+v", f)
		}
	}
}
