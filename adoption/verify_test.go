package adoption_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
)

// verified recalculates the office from a day on.
func verified(t *testing.T, conn driver.Conn, now time.Time, from string) adoption.Verification {
	t.Helper()
	found, err := adoption.Verify(t.Context(), adoption.DefaultConfig(), deps(conn, now), dateOf(dayOf(from)))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func deps(conn driver.Conn, now time.Time) adoption.Deps {
	return adoption.Deps{Conn: conn, Clock: func() time.Time { return now }, Tools: categories}
}

// TestVerifyFindsWhatWasChanged in each of the tables that a rebuild makes, and
// nothing before; and that a rebuild mends it.
func TestVerifyFindsWhatWasChanged(t *testing.T) {
	conn := tables(t)
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	o := newObserver(t, conn, &now)
	office().storePeople(t, conn)
	adoptiontest.InsertEvents(t, conn, slices.Concat(prompts("2026-11-03"), prompts("2026-11-10"), prompts("2026-11-17")))
	if _, err := adoption.Verify(t.Context(), adoption.DefaultConfig(), deps(conn, now), dateOf(dayOf("2026-11-01"))); err == nil || !strings.Contains(err.Error(), "--wait drained") {
		t.Errorf("what is not published yet is compared: %v", err)
	}
	settle(t, o, conn)
	if v := verified(t, conn, now, "2026-11-01"); len(v.Differences) != 0 || v.Days != 3 || v.Periods < 20 {
		t.Fatalf("nothing was changed: %+v", v)
	}
	for _, c := range []struct{ change, table, grain string }{
		{"ALTER TABLE person_day UPDATE prompts = prompts + 1 WHERE day = '2026-11-10' SETTINGS mutations_sync = 1", "person_day", "day"},
		{"ALTER TABLE act_day DELETE WHERE day = '2026-11-17' AND person LIKE '%0' SETTINGS mutations_sync = 1", "act_day", "day"},
		{"ALTER TABLE population UPDATE role = 'editor' WHERE grain = 'week' AND period = '2026-11-09' AND person LIKE '%0' SETTINGS mutations_sync = 1", "population", "week"},
		{"ALTER TABLE figure UPDATE value = value + 0.0000001 WHERE grain = '28d' AND period = '2026-11-09' SETTINGS mutations_sync = 1", "figure", "28d"},
	} {
		if err := conn.Exec(t.Context(), c.change); err != nil {
			t.Fatal(err)
		}
		if v := verified(t, conn, now, "2026-11-01"); !slices.ContainsFunc(v.Differences, func(d adoption.Difference) bool { return d.Table == c.table && d.Grain == c.grain && d.Rows > 0 }) {
			t.Errorf("a change of %s is not found: %+v", c.table, v)
		}
	}
	if v := verified(t, conn, now, "2026-11-18"); v.Days != 0 {
		t.Errorf("days before are compared: %+v", v)
	}
	mend(t, conn, now)
	settle(t, o, conn)
	if v := verified(t, conn, now, "2026-11-01"); slices.ContainsFunc(v.Differences, func(d adoption.Difference) bool { return d.Table != "population" && d.Table != "figure" }) {
		t.Errorf("after a rebuild days differ: %+v", v)
	}
}

func mend(t *testing.T, conn driver.Conn, now time.Time) {
	t.Helper()
	marked, err := adoption.Rebuild(t.Context(), adoption.DefaultConfig(), deps(conn, now), dateOf(dayOf("2026-11-01")))
	if err != nil || marked.Days != 3 || marked.Periods < 20 {
		t.Fatalf("%+v, %v", marked, err)
	}
	if published(t, conn) {
		t.Fatal("what is marked counts as published")
	}
}
