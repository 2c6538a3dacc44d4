package adoption_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// office is 60 people in two departments of two teams each, all on the roster
// for long; every third of them is active on the Tuesday of the week.
func office() *world {
	w := &world{}
	for i := range 60 {
		w.periods = append(w.periods, period{fmt.Sprintf("%032x", 1000+i), dayOf("2026-01-01"), openEnd, false, map[string]string{
			"region": "north", "department": fmt.Sprint("d", i/30), "team": fmt.Sprint("t", i/15), "role": "writer", "seniority": "entry", "employment": "employee"}, "UTC"})
	}
	return w
}

// prompt is an event of a person on a day, at noon.
func prompt(person int, day string) adoptiontest.Event {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return adoptiontest.Event{ID: uuid.New(), OccurredAt: at.Add(12 * time.Hour), ReceivedAt: at.Add(13 * time.Hour), Path: "api", Tool: "chatgpt",
		Person: fmt.Sprintf("%032x", 1000+person), PersonKind: "human", Action: "prompt", Initiator: "user"}
}

func prompts(day string) []adoptiontest.Event {
	var events []adoptiontest.Event
	for i := 0; i < 60; i += 3 {
		events = append(events, prompt(i, day))
	}
	return events
}

// one reads the one row of a filter.
func one(t testing.TB, conn driver.Conn, f publish.Filter) publish.Row {
	t.Helper()
	rows, err := publish.Read(t.Context(), conn, f)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 {
		t.Fatalf("%d rows for %+v", len(rows), f)
	}
	return rows[0]
}

func total(metric, period string) publish.Filter {
	day, err := time.Parse(time.DateOnly, period)
	if err != nil {
		panic(err)
	}
	return publish.Filter{Metric: metric, By: []string{"total"}, Tool: "any", Grain: "week", Period: day}
}

func expect(t testing.TB, r publish.Row, numerator, denominator float64, state string) {
	t.Helper()
	if r.Numerator == nil || *r.Numerator != numerator || r.Denominator == nil || *r.Denominator != denominator || r.State != state {
		t.Fatalf("%s of %s: %s, want %v/%v %s", r.Metric, r.Period, shown(r), numerator, denominator, state)
	}
}

func published(t testing.TB, conn driver.Conn) bool {
	t.Helper()
	s, err := adoption.ReadStatus(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	return s.Published
}

// TestAWeekFromProvisionalToCorrected follows one week of an office.
func TestAWeekFromProvisionalToCorrected(t *testing.T) {
	conn := tables(t)
	now := time.Date(2026, 11, 13, 9, 0, 0, 0, time.UTC)
	o := newObserver(t, conn, &now)
	round(t, o)
	if !published(t, conn) {
		t.Fatal("empty tables are not published")
	}
	w := office()
	w.storePeople(t, conn)
	adoptiontest.InsertEvents(t, conn, prompts("2026-11-10"))
	if published(t, conn) {
		t.Fatal("new events count as published")
	}
	round(t, o)
	if !published(t, conn) {
		t.Fatal("not published after a round")
	}
	week := total("adoption_rate", "2026-11-09")
	expect(t, one(t, conn, week), 20, 60, publish.Provisional)

	now = time.Date(2026, 11, 19, 11, 59, 0, 0, time.UTC)
	round(t, o)
	expect(t, one(t, conn, week), 20, 60, publish.Provisional)
	now = now.Add(time.Minute)
	round(t, o)
	expect(t, one(t, conn, week), 20, 60, publish.Final)

	adoptiontest.InsertEvents(t, conn, []adoptiontest.Event{prompt(1, "2026-11-11")})
	settle(t, o, conn)
	expect(t, one(t, conn, week), 21, 60, publish.Corrected)
	unchanged := week
	unchanged.Metric = "unattributed_share"
	expect(t, one(t, conn, unchanged), 0, 21, publish.Corrected)
	unchanged.Metric, unchanged.By = "adoption_rate", []string{"department"}
	rows, err := publish.Read(t.Context(), conn, unchanged)
	if err != nil || len(rows) != 2 || rows[0].State != publish.Corrected || rows[1].State != publish.Final {
		t.Fatalf("departments: %v, %v", rows, err)
	}
	w.heldBack(t, conn, o, &now, week)
}

// settle makes rounds until all is published.
func settle(t testing.TB, o *adoption.Observer, conn driver.Conn) {
	t.Helper()
	for range 5 {
		round(t, o)
		if published(t, conn) {
			return
		}
	}
	t.Fatal("five rounds do not publish what is stored")
}

// heldBack moves one person to another department: readers of both versions
// would learn what that person did, so it waits for Thursday. Six people do not.
func (w *world) heldBack(t *testing.T, conn driver.Conn, o *adoption.Observer, now *time.Time, week publish.Filter) {
	byDepartment := week
	byDepartment.By = []string{"department"}
	groups := func() string {
		rows, err := publish.Read(t.Context(), conn, byDepartment)
		if err != nil || len(rows) != 2 {
			t.Fatalf("%v, %v", rows, err)
		}
		return string(*rows[0].Group) + " " + string(*rows[1].Group)
	}
	before := digits(t, conn)
	w.periods[0].values["department"] = "d1"
	w.storePeople(t, conn)
	settle(t, o, conn)
	if got := groups(); got != "30 30" || digits(t, conn) != before {
		t.Fatalf("one person's move is published at once: %s", got)
	}
	if v := verified(t, conn, *now, "2026-11-09"); v.Held == 0 || len(v.Differences) != 0 {
		t.Fatalf("while a move is held back: %+v", v)
	}
	*now = time.Date(2026, 11, 26, 11, 59, 0, 0, time.UTC)
	round(t, o)
	if got := groups(); got != "30 30" {
		t.Fatalf("the move is published before Thursday noon: %s", got)
	}
	*now = now.Add(time.Minute)
	round(t, o)
	if got := groups(); got != "29 31" {
		t.Fatalf("the move is not published with the weekly run: %s", got)
	}
	for i := 1; i < 7; i++ {
		w.periods[i].values["department"] = "d1"
	}
	w.storePeople(t, conn)
	settle(t, o, conn)
	if got := groups(); got != "23 37" {
		t.Fatalf("the move of six is not published at once: %s", got)
	}
}

// digits are all values of the week of 9 November, to tell whether any changed.
func digits(t *testing.T, conn driver.Conn) (all string) {
	t.Helper()
	week, _ := time.Parse(time.DateOnly, "2026-11-09")
	err := publish.Each(t.Context(), conn, publish.Filter{Grain: "week", Period: week}, func(r publish.Row) error {
		all += shown(r) + "\n"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestASilentToolIsUnknown and never zero.
func TestASilentToolIsUnknown(t *testing.T) {
	conn := tables(t)
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	o := newObserver(t, conn, &now)
	office().storePeople(t, conn)
	events := prompts("2026-11-10")
	for _, e := range prompts("2026-11-17") {
		e.Tool = "codex"
		events = append(events, e)
	}
	adoptiontest.InsertEvents(t, conn, events)
	settle(t, o, conn)
	silent := total("adoption_rate", "2026-11-16")
	expect(t, one(t, conn, silent), 20, 60, publish.Provisional)
	silent.Tool = "chatgpt"
	if r := one(t, conn, silent); r.State != publish.Unknown || r.Value != nil || r.Suppressed {
		t.Fatalf("a silent tool says %s", shown(r))
	}
	silent.Tool = "codex"
	expect(t, one(t, conn, silent), 20, 60, publish.Provisional)
}

// TestOneObserverWorks of two, and the other takes over.
func TestOneObserverWorks(t *testing.T) {
	conn := tables(t)
	now := time.Date(2026, 11, 13, 9, 0, 0, 0, time.UTC)
	first, second := newObserver(t, conn, &now), newObserver(t, conn, &now)
	round(t, first)
	office().storePeople(t, conn)
	adoptiontest.InsertEvents(t, conn, prompts("2026-11-10"))
	round(t, second)
	if published(t, conn) {
		t.Fatal("the second observer worked")
	}
	if err := conn.Exec(t.Context(), "TRUNCATE TABLE observe_claim"); err != nil {
		t.Fatal(err)
	}
	settle(t, second, conn)
}

// TestRunRecovers from tables that cannot be reached.
func TestRunRecovers(t *testing.T) {
	conn := tables(t)
	config := adoption.DefaultConfig()
	config.Observe.Interval = 20 * time.Millisecond
	registry := prometheus.NewRegistry()
	o, err := adoption.New(config, adoption.Deps{Conn: conn, Logger: slog.New(slog.DiscardHandler), Registerer: registry, Tools: categories})
	if err != nil {
		t.Fatal(err)
	}
	if o.Ready() == nil {
		t.Fatal("ready before the first round")
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- o.Run(ctx) }()
	await(t, "ready", func() bool { return o.Ready() == nil })
	exec(t, conn, "DETACH TABLE roster_import")
	await(t, "not ready", func() bool { return o.Ready() != nil })
	exec(t, conn, "ATTACH TABLE roster_import")
	await(t, "ready again", func() bool { return o.Ready() == nil })
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func exec(t testing.TB, conn driver.Conn, statement string) {
	t.Helper()
	if err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func await(t testing.TB, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !is() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("waited a minute: not %s", what)
		}
	}
}

// TestNewMarksAreHeard although they touch no hour.
func TestNewMarksAreHeard(t *testing.T) {
	conn := tables(t)
	now := time.Now()
	monday := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -21-(int(now.UTC().Weekday())+6)%7)
	office().storePeople(t, conn)
	for _, day := range []time.Time{monday, monday.AddDate(0, 0, 21)} {
		adoptiontest.InsertEvents(t, conn, prompts(day.Format(time.DateOnly)))
	}
	settle(t, newObserver(t, conn, &now), conn)
	coverage := total("coverage", monday.AddDate(0, 0, 21).Format(time.DateOnly))
	expectSum(t, conn, coverage, 20)
	adoptiontest.Insert(t, conn, "heard (day, person, device, tool)", [][]any{{monday, fmt.Sprintf("%032x", 1001), "", "chatgpt"}})
	if published(t, conn) {
		t.Fatal("a new mark counts as published")
	}
	exec(t, conn, "TRUNCATE TABLE observe_claim")
	settle(t, newObserver(t, conn, &now), conn)
	expectSum(t, conn, coverage, 21)
}

func expectSum(t testing.TB, conn driver.Conn, f publish.Filter, numerator float64) {
	t.Helper()
	if r := one(t, conn, f); r.Numerator == nil || *r.Numerator != numerator {
		t.Fatalf("%s, want the numerator %v", shown(r), numerator)
	}
}

// TestAContradictionHoldsUpNoOtherPeriod has acts of people of whom nothing was
// heard, which only the fourth week's coverage can tell.
func TestAContradictionHoldsUpNoOtherPeriod(t *testing.T) {
	conn := tables(t)
	w := office()
	w.storePeople(t, conn)
	var acts, uses [][]any
	for _, week := range []string{"2026-10-12", "2026-10-19", "2026-10-26", "2026-11-02"} {
		day := dateOf(dayOf(week) + 1)
		for person := 0; person < 60; person += 3 {
			name := fmt.Sprintf("%032x", 1000+person)
			acts = append(acts, []any{day, "chatgpt", name, day, uint32(1), uint32(1)})
			uses = append(uses, []any{name, day, "chatgpt", uint32(1)})
		}
	}
	adoptiontest.Insert(t, conn, "act_day (day, tool, person, local_day, acts, prompts)", acts)
	now := time.Date(2026, 11, 13, 12, 0, 0, 0, time.UTC)
	o := newObserver(t, conn, &now)
	settle(t, o, conn)
	expect(t, one(t, conn, total("adoption_rate", "2026-10-26")), 20, 60, publish.Final)
	last := total("adoption_rate", "2026-11-02")
	if rows, err := publish.Read(t.Context(), conn, last); err != nil || len(rows) != 0 {
		t.Fatalf("a contradiction is published: %d rows, %v", len(rows), err)
	}
	adoptiontest.Insert(t, conn, "person_day (person, day, tool, acts)", uses)
	adoptiontest.Insert(t, conn, "touched_period (grain, period, touched_at)", [][]any{{"week", last.Period, time.Now().Add(time.Minute)}})
	settle(t, o, conn)
	expect(t, one(t, conn, last), 20, 60, publish.Final)
}
