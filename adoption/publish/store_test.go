package publish

import (
	"log/slog"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

func tables(t testing.TB) driver.Conn {
	t.Helper()
	conn := enginetest.New(t)
	if err := migrate.Run(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// published reads rows in the order in which a door makes them.
func published(t *testing.T, conn driver.Conn, d *Draft) map[string]Row {
	t.Helper()
	rows, err := Read(t.Context(), conn, Filter{Grain: d.Grain, Period: d.Period})
	if err != nil {
		t.Fatal(err)
	}
	return byKey(t, rows)
}

func byKey(t *testing.T, rows []Row) map[string]Row {
	t.Helper()
	all := map[string]Row{}
	for _, r := range rows {
		k := strings.Join([]string{r.Metric, r.Tool, key(r.Dimensions)}, "|")
		if _, twice := all[k]; twice {
			t.Fatalf("%s is there twice", k)
		}
		r.Watermark = r.Watermark.UTC()
		all[k] = r
	}
	return all
}

// TestStoredRowsAreTheDoors and say the same as rows made one by one.
func TestStoredRowsAreTheDoors(t *testing.T) {
	conn := tables(t)
	c := newCompany(rand.New(rand.NewPCG(3, 7)))
	c.draft.Watermark = time.Date(2026, 11, 19, 12, 0, 0, 123456000, time.UTC)
	door, err := Open(c.draft, 5)
	if err != nil {
		t.Fatal(err)
	}
	want := byKey(t, door.Rows())
	if changed, err := Publish(t.Context(), conn, c.draft, Publication{}, DefaultConfig(), time.Now()); err != nil || !changed {
		t.Fatalf("changed %v, %v", changed, err)
	}
	got := published(t, conn, c.draft)
	for k, r := range want {
		if !reflect.DeepEqual(got[k], r) {
			t.Fatalf("%s: stored\n%+v, want\n%+v", k, got[k], r)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d rows are stored of %d", len(got), len(want))
	}
}

// TestVersionsOfAWeek are marked for what they correct, and for nothing else.
func TestVersionsOfAWeek(t *testing.T) {
	conn := tables(t)
	c := newCompany(rand.New(rand.NewPCG(3, 7)))
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	publish := func(want bool) Publication {
		t.Helper()
		latest, err := Latest(t.Context(), conn, "week")
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(2 * time.Hour)
		changed, err := Publish(t.Context(), conn, c.draft, latest[c.draft.Period], DefaultConfig(), now)
		if err != nil || changed != want {
			t.Fatalf("changed %v, want %v: %v", changed, want, err)
		}
		latest, _ = Latest(t.Context(), conn, "week")
		return latest[c.draft.Period]
	}
	states := func() (all []string) {
		for _, r := range published(t, conn, c.draft) {
			all = append(all, r.Metric+" "+r.Dimensions["statistic"]+" "+r.State)
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	late := c.draft.Tables[len(c.draft.Tables)-1]
	late.Metric, late.Dimensions = "cohort", nil
	c.draft.Final = false
	if p := publish(true); p.State != Provisional {
		t.Errorf("state %s", p.State)
	}
	c.draft.Final = true
	if p := publish(true); p.State != Final {
		t.Errorf("state %s", p.State)
	}
	publish(false)
	c.draft.Tables = append(c.draft.Tables, late)
	if p := publish(true); p.State != Final {
		t.Errorf("a cohort's metric that appears leaves the week %s", p.State)
	}
	late.Dimensions = map[string]string{"statistic": "week8"}
	c.draft.Tables = append(c.draft.Tables, late)
	if p := publish(true); p.State != Final || slices.ContainsFunc(states(), func(s string) bool { return !strings.HasSuffix(s, " final") }) {
		t.Errorf("a statistic that appears leaves the week %s, %v", p.State, states())
	}
	depth := &c.draft.Tables[slices.IndexFunc(c.draft.Tables, func(t Table) bool { return t.Metric == "depth" })]
	depth.Values = slices.Clone(depth.Values)
	for at := range depth.Values {
		depth.Values[at]++
	}
	if p := publish(true); p.State != Corrected || !slices.Contains(states(), "depth  corrected") || slices.Contains(states(), "cohort  corrected") {
		t.Errorf("state %s, %v", p.State, states())
	}
	c.draft.Tables = c.draft.Tables[:len(c.draft.Tables)-1]
	if p := publish(true); p.State != Corrected || !slices.Contains(states(), "depth  corrected") || !slices.Contains(states(), "reach  final") {
		t.Errorf("a mark was lost: %s, %v", p.State, states())
	}
}
