package rollup_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
	"github.com/uptake-telemetry/uptake/adoption/rollup"
)

var monday = time.Date(2026, 11, 9, 10, 0, 0, 0, time.UTC)

const ada, bob, laptop = "000000000000000000000000000000ad", "000000000000000000000000000000b0", "000000000000000000000000000001a9"

var open = time.Date(2299, 12, 31, 0, 0, 0, 0, time.UTC)

func prompt(person string, at time.Time) adoptiontest.Event {
	return adoptiontest.Event{ID: uuid.New(), OccurredAt: at, ReceivedAt: at.Add(time.Second), Path: "api", Tool: "chatgpt", Person: person, PersonKind: "human", Action: "prompt", Initiator: "user"}
}

func employed(person, zone, role string, from, to time.Time) adoptiontest.Period {
	return adoptiontest.Period{Person: person, From: from, To: to, Status: "active", Employment: "employee", Role: role, Seniority: "entry", TimeZone: zone}
}

func stale(t testing.TB, conn driver.Conn) rollup.Work {
	t.Helper()
	w, err := rollup.Stale(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func names(days []rollup.Day) string { return fmt.Sprint(days) }

func TestNothingIsStaleAtFirst(t *testing.T) {
	conn := tables(t)
	if w := stale(t, conn); len(w.Days) > 0 || len(w.Hours) > 0 {
		t.Errorf("got %+v", w)
	}
	if err := rollup.Rebuild(t.Context(), conn, nil, nil); err != nil {
		t.Error(err)
	}
	if err := rollup.Settle(t.Context(), conn, rollup.Work{}); err != nil {
		t.Error(err)
	}
}

func TestWhatArrivesWhileADayIsRebuiltMakesItStaleAgain(t *testing.T) {
	conn := tables(t)
	c := adoptiontest.Company{Events: []adoptiontest.Event{prompt(ada, monday)}}
	adoptiontest.InsertEvents(t, conn, c.Events)
	w := stale(t, conn)
	if err := rollup.Rebuild(t.Context(), conn, nil, w.Days); err != nil {
		t.Fatal(err)
	}
	late := []adoptiontest.Event{prompt(ada, monday.Add(time.Minute))}
	adoptiontest.InsertEvents(t, conn, late)
	if err := rollup.Settle(t.Context(), conn, w); err != nil {
		t.Fatal(err)
	}
	if w := stale(t, conn); names(w.Days) != "[2026-11-09]" {
		t.Fatalf("stale is %v", w.Days)
	}
	c.Events = append(c.Events, late...)
	work(t, conn)
	compare(t, conn, c)
}

func TestTheCopyReceivedFirstStandsWhereverItLies(t *testing.T) {
	first := prompt(ada, monday)
	second := first
	second.OccurredAt, second.ReceivedAt = monday.AddDate(0, 0, 5), first.ReceivedAt.Add(time.Hour)
	for name, order := range map[string][]adoptiontest.Event{"stored first": {first, second}, "stored later": {second, first}} {
		t.Run(name, func(t *testing.T) {
			conn := tables(t)
			c := adoptiontest.Company{}
			for _, e := range order {
				adoptiontest.InsertEvents(t, conn, []adoptiontest.Event{e})
				c.Events = append(c.Events, e)
				work(t, conn)
				compare(t, conn, c)
			}
		})
	}
}

func TestALatePointChangesTheDayOfTheNext(t *testing.T) {
	conn := tables(t)
	point := adoptiontest.Reading{Stream: uuid.New(), StartedAt: monday, Tool: "claude-code", Person: ada, PersonKind: "human", Initiator: "user", Measure: "commits", Temporality: "cumulative"}
	c := adoptiontest.Company{}
	for _, p := range []struct {
		day   int
		value float64
	}{{4, 7}, {0, 2}, {8, 9}, {6, 9}} {
		point.ReadAt, point.ReceivedAt, point.Value = monday.AddDate(0, 0, p.day), monday.AddDate(0, 0, 10+p.day), p.value
		adoptiontest.InsertReadings(t, conn, []adoptiontest.Reading{point})
		c.Readings = append(c.Readings, point)
		work(t, conn)
		compare(t, conn, c)
	}
}

func TestImportsMakeStaleWhatTheyMove(t *testing.T) {
	conn := tables(t)
	hired := monday.AddDate(-1, 0, 0).Truncate(24 * time.Hour)
	var events []adoptiontest.Event
	for day := range 5 {
		for _, person := range []string{ada, bob, laptop} {
			events = append(events, prompt(person, monday.AddDate(0, 0, day)))
		}
	}
	adoptiontest.InsertEvents(t, conn, events)
	work(t, conn)
	day := func(n int) time.Time { return monday.AddDate(0, 0, n).Truncate(24 * time.Hour) }
	for _, step := range []struct {
		name    string
		periods []adoptiontest.Period
		aliases map[string]string
		stale   string
	}{
		{"a first roster moves all of its people", []adoptiontest.Period{employed(ada, "UTC", "a", hired, open), employed(bob, "UTC", "a", hired, open)}, nil, "[2026-11-09 2026-11-10 2026-11-11 2026-11-12 2026-11-13]"},
		{"a new role moves nothing", []adoptiontest.Period{employed(ada, "UTC", "a", hired, day(1)), employed(ada, "UTC", "b", day(2), open), employed(bob, "UTC", "a", hired, open)}, nil, "[]"},
		{"an end moves what comes after", []adoptiontest.Period{employed(ada, "UTC", "a", hired, open), employed(bob, "UTC", "a", hired, day(3))}, nil, "[2026-11-12 2026-11-13]"},
		{"an alias moves its events", []adoptiontest.Period{employed(ada, "UTC", "a", hired, open), employed(bob, "UTC", "a", hired, day(3))}, map[string]string{laptop: ada}, "[2026-11-09 2026-11-10 2026-11-11 2026-11-12 2026-11-13]"},
		{"a zone moves the days before, in and after it", []adoptiontest.Period{employed(ada, "Pacific/Kiritimati", "a", hired, open), employed(bob, "UTC", "a", hired, day(3))}, map[string]string{laptop: ada}, "[2026-11-09 2026-11-10 2026-11-11 2026-11-12 2026-11-13 2026-11-14]"},
		{"the zone that everybody left still counts", []adoptiontest.Period{employed(ada, "UTC", "a", hired, open), employed(bob, "UTC", "a", hired, day(3))}, map[string]string{laptop: ada}, "[2026-11-09 2026-11-10 2026-11-11 2026-11-12 2026-11-13 2026-11-14]"},
	} {
		t.Run(step.name, func(t *testing.T) {
			adoptiontest.InsertRoster(t, conn, step.periods, step.aliases)
			if got := names(stale(t, conn).Days); got != step.stale {
				t.Errorf("stale is %s, want %s", got, step.stale)
			}
			work(t, conn)
			compare(t, conn, adoptiontest.Company{Events: events, Periods: step.periods, Aliases: step.aliases})
		})
	}
}

// failing lets some statements through and then none but those that clean up.
type failing struct {
	driver.Conn
	left int
}

var errCut = errors.New("cut")

func (f *failing) Exec(ctx context.Context, query string, args ...any) error {
	if f.left--; f.left < 0 && !strings.HasPrefix(query, "DROP") {
		return errCut
	}
	return f.Conn.Exec(ctx, query, args...)
}

func TestARebuildCutShortIsFoundAgain(t *testing.T) {
	conn := tables(t)
	c := adoptiontest.Company{}
	for day := range 3 {
		c.Events = append(c.Events, prompt(ada, monday.AddDate(0, 0, day)), prompt(bob, monday.AddDate(0, 0, 40+day)))
	}
	adoptiontest.InsertEvents(t, conn, c.Events)
	for statements := 0; ; statements++ {
		w := stale(t, conn)
		if len(w.Days) != 6 {
			t.Fatalf("after a rebuild cut short %v are stale", w.Days)
		}
		err := rollup.Rebuild(t.Context(), &failing{conn, statements}, nil, w.Days)
		if err == nil {
			break
		}
		if !errors.Is(err, errCut) || statements > 30 {
			t.Fatal(err)
		}
	}
	compare(t, conn, c)
	var left uint64
	if err := conn.QueryRow(t.Context(), "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name LIKE '%staging%'").Scan(&left); err != nil || left > 0 {
		t.Errorf("%d staging tables are left, %v", left, err)
	}
}

func TestDaysCloseBeforeTheirEventsExpire(t *testing.T) {
	conn := tables(t)
	now := time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour)
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	event := func(occurred, received int) adoptiontest.Event {
		e := prompt(ada, ago(occurred))
		e.ReceivedAt = ago(received).Add(-time.Minute)
		return e
	}
	c := adoptiontest.Company{
		Events: []adoptiontest.Event{event(100, 89), event(100, 10), event(95, 88), event(200, 1), event(2, 2)},
		Readings: []adoptiontest.Reading{
			{Stream: uuid.UUID{1}, StartedAt: ago(99), ReadAt: ago(99), ReceivedAt: ago(89).Add(-time.Minute), Tool: "codex", Person: bob, PersonKind: "human", Measure: "commits", Value: 3, Temporality: "cumulative"},
			{Stream: uuid.UUID{1}, StartedAt: ago(99), ReadAt: ago(60), ReceivedAt: ago(60), Tool: "codex", Person: bob, PersonKind: "human", Measure: "commits", Value: 5, Temporality: "cumulative"},
		},
	}
	adoptiontest.InsertEvents(t, conn, c.Events)
	adoptiontest.InsertReadings(t, conn, c.Readings)
	closed, err := rollup.CloseDays(t.Context(), conn, nil, now)
	want := []rollup.Day{rollup.DayOf(ago(100)), rollup.DayOf(ago(99)), rollup.DayOf(ago(60))}
	if err != nil || !slices.Equal(closed, want) {
		t.Fatalf("closed are %v, want %v, %v", closed, want, err)
	}
	work(t, conn)
	compare(t, conn, c)

	adoptiontest.InsertEvents(t, conn, []adoptiontest.Event{event(100, 1), event(60, 1)})
	more := event(95, 1)
	adoptiontest.InsertEvents(t, conn, []adoptiontest.Event{more})
	if got := stale(t, conn); !slices.Equal(got.Days, []rollup.Day{rollup.DayOf(ago(95))}) {
		t.Errorf("stale are %v", got.Days)
	}
	if err := rollup.Rebuild(t.Context(), conn, nil, want); err != nil {
		t.Fatal(err)
	}
	work(t, conn)
	c.Events = append(c.Events, more)
	compare(t, conn, c)
	if again, err := rollup.CloseDays(t.Context(), conn, nil, now); err != nil || len(again) > 0 {
		t.Errorf("closed again: %v, %v", again, err)
	}
}

func TestDaysWhoseEventsAreGoneStayAsTheyAre(t *testing.T) {
	conn := tables(t)
	now := time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour)
	gone, half := prompt(ada, now.AddDate(0, 0, -95)), prompt(ada, now.AddDate(0, 0, -93))
	other := prompt(bob, half.OccurredAt)
	for _, e := range []*adoptiontest.Event{&gone, &half, &other} {
		e.ReceivedAt = now.AddDate(0, 0, -50)
	}
	c := adoptiontest.Company{Events: []adoptiontest.Event{gone, half, other}}
	adoptiontest.InsertEvents(t, conn, c.Events)
	work(t, conn)
	ctx := t.Context()
	if err := conn.Exec(ctx, "ALTER TABLE event DELETE WHERE event_id IN (?, ?) SETTINGS mutations_sync = 1", gone.ID.String(), half.ID.String()); err != nil {
		t.Fatal(err)
	}
	closed, err := rollup.CloseDays(ctx, conn, nil, now.AddDate(0, 0, 41))
	if want := []rollup.Day{rollup.DayOf(gone.OccurredAt), rollup.DayOf(half.OccurredAt)}; err != nil || !slices.Equal(closed, want) {
		t.Fatalf("closed are %v, want %v, %v", closed, want, err)
	}
	compare(t, conn, c)
}
