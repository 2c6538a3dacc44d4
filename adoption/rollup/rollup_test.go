package rollup_test

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
	"github.com/uptake-telemetry/uptake/adoption/rollup"
	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
	"github.com/uptake-telemetry/uptake/schema"
)

// The weeks of the tests hold the change to winter time of Berlin and Chatham, New York and
// St. John's, and Lord Howe's half hour.
var start = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

const days = 40

func tables(t testing.TB) driver.Conn {
	t.Helper()
	conn := enginetest.New(t)
	if err := migrate.Run(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// work does what the loop does, until nothing is stale.
func work(t testing.TB, conn driver.Conn) {
	t.Helper()
	workWith(t, conn, nil)
}

func workWith(t testing.TB, conn driver.Conn, authority rollup.Authority) {
	t.Helper()
	stale, err := rollup.Stale(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := rollup.Rebuild(t.Context(), conn, authority, stale.Days); err != nil {
		t.Fatal(err)
	}
	if err := rollup.Settle(t.Context(), conn, stale); err != nil {
		t.Fatal(err)
	}
	if rest, err := rollup.Stale(t.Context(), conn); err != nil || len(rest.Days) > 0 || len(rest.Hours) > 0 {
		t.Fatalf("still stale after the work: %v, %v", rest, err)
	}
}

// authority is the company's in the words of the package.
func authority(c adoptiontest.Company) rollup.Authority {
	a := rollup.Authority{}
	for tool, orders := range c.Authority {
		a[tool] = map[string][]schema.Signal{}
		for fact, order := range orders {
			for _, name := range order {
				a[tool][fact] = append(a[tool][fact], schema.SignalByName[name])
			}
		}
	}
	return a
}

func compare(t testing.TB, conn driver.Conn, want adoptiontest.Company) {
	t.Helper()
	compareMaps(t, "person_day", adoptiontest.StoredPersonDays(t, conn), want.PersonDays())
	compareMaps(t, "act_day", adoptiontest.StoredActDays(t, conn), want.ActDays())
}

func compareMaps[K comparable, V comparable](t testing.TB, table string, got, want map[K]V) {
	t.Helper()
	wrong := 0
	for key := range maps.Keys(want) {
		if value, there := got[key]; !there || value != want[key] {
			wrong++
			if wrong < 6 {
				t.Errorf("%s %v:\n got %+v (%v)\nwant %+v", table, key, value, there, want[key])
			}
		}
	}
	for key := range got {
		if _, there := want[key]; !there {
			wrong++
			t.Errorf("%s has %v too much", table, key)
		}
	}
	if wrong > 0 {
		t.Fatalf("%s: %d of %d rows are wrong", table, wrong, len(want))
	}
}

// portion is the share of rows that has arrived after some steps.
func portion[T any](rows []T, step, steps int) []T { return rows[:len(rows)*step/steps] }

// TestRandomCompanies lets rows of a company arrive in any order, in several steps, with
// another roster in between, and holds every step against the plain calculation.
// UPTAKE_TEST_ROUNDS sets the number of companies.
func TestRandomCompanies(t *testing.T) {
	rounds, err := strconv.Atoi(cmp.Or(os.Getenv("UPTAKE_TEST_ROUNDS"), "3"))
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(rounds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { followCompany(t, seed) })
	}
}

func followCompany(t *testing.T, seed uint64) {
	const steps = 3
	r := rand.New(rand.NewPCG(seed, 1))
	conn := tables(t)
	c := adoptiontest.Random(r, start, days)
	r.Shuffle(len(c.Events), func(i, j int) { c.Events[i], c.Events[j] = c.Events[j], c.Events[i] })
	r.Shuffle(len(c.Readings), func(i, j int) { c.Readings[i], c.Readings[j] = c.Readings[j], c.Readings[i] })
	arrived := adoptiontest.Company{Authority: c.Authority}
	for step := 1; step <= steps; step++ {
		if step != 2 || seed%2 == 0 {
			adoptiontest.InsertRoster(t, conn, c.Periods, c.Aliases)
			arrived.Periods, arrived.Aliases = c.Periods, c.Aliases
			c.Periods, c.Aliases = adoptiontest.RandomRoster(r, c, start, days)
		}
		events, readings := portion(c.Events, step, steps), portion(c.Readings, step, steps)
		adoptiontest.InsertEvents(t, conn, events[len(arrived.Events):])
		adoptiontest.InsertReadings(t, conn, readings[len(arrived.Readings):])
		arrived.Events, arrived.Readings = events, readings
		workWith(t, conn, authority(arrived))
		compare(t, conn, arrived)
	}
	adoptiontest.InsertRoster(t, conn, c.Periods, c.Aliases)
	arrived.Periods, arrived.Aliases = c.Periods, c.Aliases
	workWith(t, conn, authority(arrived))
	compare(t, conn, arrived)
}

func TestMain(m *testing.M) { os.Exit(enginetest.Stopping(m).Run()) }
