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
// nothing before; and that a rebuild mends days.
func TestVerifyFindsWhatWasChanged(t *testing.T) {
	conn := tables(t)
	now := time.Date(2026, 11, 11, 9, 0, 0, 0, time.UTC)
	o := newObserver(t, conn, &now)
	office().storePeople(t, conn)
	adoptiontest.InsertEvents(t, conn, prompts("2026-11-10"))
	if _, err := adoption.Verify(t.Context(), adoption.DefaultConfig(), deps(conn, now), dateOf(dayOf("2026-11-01"))); err == nil || !strings.Contains(err.Error(), "--wait drained") {
		t.Errorf("what is not published yet is compared: %v", err)
	}
	settle(t, o, conn)
	if v := verified(t, conn, now, "2026-11-01"); len(v.Differences) != 0 || v.Days != 1 || v.Periods != 5 {
		t.Fatalf("nothing was changed: %+v", v)
	}
	for _, change := range []string{
		"ALTER TABLE person_day UPDATE prompts = prompts + 1 WHERE day = '2026-11-10'", "ALTER TABLE act_day DELETE WHERE person LIKE '%0'",
		"ALTER TABLE population UPDATE role = 'editor' WHERE grain = 'day' AND person LIKE '%0'", "ALTER TABLE figure UPDATE value = value + 0.0000001 WHERE grain = 'week' AND metric = 'depth'",
	} {
		if err := conn.Exec(t.Context(), change+" SETTINGS mutations_sync = 1"); err != nil {
			t.Fatal(err)
		}
	}
	found := verified(t, conn, now, "2026-11-01").Differences
	for _, want := range []adoption.Difference{{Table: "person_day", Grain: "day"}, {Table: "act_day", Grain: "day"}, {Table: "population", Grain: "day"}, {Table: "figure", Grain: "week"}} {
		if !slices.ContainsFunc(found, func(d adoption.Difference) bool { return d.Table == want.Table && d.Grain == want.Grain && d.Rows > 0 }) {
			t.Errorf("a change of %s is not found: %+v", want.Table, found)
		}
	}
	marked, err := adoption.Rebuild(t.Context(), adoption.DefaultConfig(), deps(conn, now), dateOf(dayOf("2026-11-01")))
	if err != nil || marked.Days != 1 || marked.Periods != 4 || published(t, conn) {
		t.Fatalf("%+v, %v, published %t", marked, err, published(t, conn))
	}
	settle(t, o, conn)
	if left := verified(t, conn, now, "2026-11-01").Differences; slices.ContainsFunc(left, func(d adoption.Difference) bool { return d.Table == "person_day" || d.Table == "act_day" }) {
		t.Errorf("after a rebuild days differ: %+v", left)
	}
}
