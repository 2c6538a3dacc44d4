package adoption_test

import (
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/publish"
	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

var (
	companies = flag.Int("companies", 8, "how many random companies the property test calculates")
	fromSeed  = flag.Int("seed", 0, "the first of the random companies")
)

func tables(t testing.TB) driver.Conn {
	t.Helper()
	conn := enginetest.New(t)
	if err := migrate.Run(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// newObserver observes at the time that now points to.
func newObserver(t testing.TB, conn driver.Conn, now *time.Time) *adoption.Observer {
	t.Helper()
	o, err := adoption.New(adoption.DefaultConfig(), adoption.Deps{Conn: conn, Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(),
		Clock: func() time.Time { return *now }, Tools: categories})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func round(t testing.TB, o *adoption.Observer) {
	t.Helper()
	if err := o.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// sized makes small companies of all lengths of history and larger ones of
// short histories, up to the second week of a year after one of 53 weeks.
func sized(seed int) (w *world, monday, weeks int) {
	r := rand.New(rand.NewPCG(uint64(seed), 11))
	weeks = []int{2, 1, 5, 2, 9, 3, 5, 18}[seed%8]
	size := 3 + r.IntN(40)
	switch seed % 8 {
	case 1, 5:
		size = 40 + r.IntN(120)
	case 7:
		size = 60 + r.IntN(25)
	}
	monday = dayOf("2027-01-11") - 7*weeks
	return newWorld(r, monday, weeks, size), monday, weeks
}

// TestFiguresEqualThePlainCalculation compares every published row of random
// companies with what one gets by going through people and days one by one.
func TestFiguresEqualThePlainCalculation(t *testing.T) {
	now := time.Date(2027, 1, 14, 12, 0, 0, 0, time.UTC)
	all := newTally()
	for seed := *fromSeed; seed < *fromSeed+*companies && !t.Failed(); seed++ {
		w, _, _ := sized(seed)
		conn := tables(t)
		w.store(t, conn)
		settle(t, newObserver(t, conn, &now), conn)
		compareFigures(t, fmt.Sprint("company ", seed), conn, w, now, all)
		t.Logf("company %d is compared", seed)
	}
	all.log(t)
}

// tally counts what was compared, by metric, grain and what was seen of it.
type tally struct {
	rows map[string]map[string]int
	// looked has the periods that were compared.
	looked map[string]bool
	// corrected lets final rows be corrected ones.
	corrected bool
}

func newTally() *tally { return &tally{rows: map[string]map[string]int{}, looked: map[string]bool{}} }

func (a *tally) note(r publish.Row) {
	name := r.Metric + " " + r.Dimensions["statistic"] + " " + r.Grain
	if a.rows[name] == nil {
		a.rows[name] = map[string]int{}
	}
	a.rows[name][seen(r)]++
}

func (a *tally) log(t *testing.T) {
	t.Helper()
	for _, of := range slices.Sorted(maps.Keys(a.rows)) {
		t.Logf("%-40s %v", of, a.rows[of])
	}
}

// lastFinal is the Monday of the last week that is final by rule 13.
func lastFinal(now time.Time) int {
	monday := mondayOf(int(now.Unix() / 86400))
	for now.Before(dateOf(monday + 10).Add(12 * time.Hour)) {
		monday -= 7
	}
	return monday
}

// compareFigures holds all that is published against the plain calculation.
func compareFigures(t *testing.T, of string, conn driver.Conn, w *world, now time.Time, all *tally) {
	t.Helper()
	rows, err := publish.Read(t.Context(), conn, publish.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	got := byPeriod(t, rows)
	clear(all.looked)
	p := newPlain(w, lastFinal(now))
	today := int(now.Unix() / 86400)
	for day := min(p.first, today) - 7; day <= today+7; day++ {
		for _, grain := range grainsOf(day) {
			p.comparePeriod(t, of, grain, day, today, got, all)
		}
	}
	for name, rows := range got {
		if !all.looked[name] {
			t.Errorf("%s: %d rows of %s are published too much", of, len(rows), name)
		}
	}
}

func byPeriod(t *testing.T, rows []publish.Row) map[string]map[string]publish.Row {
	t.Helper()
	got := map[string]map[string]publish.Row{}
	for _, r := range rows {
		name := r.Grain + " " + r.Period.String()
		if got[name] == nil {
			got[name] = map[string]publish.Row{}
		}
		key := rowKey(r.Metric, r.Tool, r.Dimensions)
		if _, twice := got[name][key]; twice {
			t.Errorf("%s of %s is there twice", key, name)
		}
		got[name][key] = r
	}
	return got
}

// comparePeriod compares a period and takes it out of what was got.
func (p *plain) comparePeriod(t *testing.T, of, grain string, day, today int, got map[string]map[string]publish.Row, all *tally) {
	t.Helper()
	name := periodName(grain, day)
	want := map[string]*exact{}
	if p.begun && day >= p.first && day <= today {
		want = p.figures(grain, day, defined(grain))
	}
	rows := got[name]
	all.looked[name] = true
	missing, wrong := 0, 0
	for _, key := range slices.Sorted(maps.Keys(want)) {
		r, there := rows[key]
		problem := ""
		if all.corrected && r.State == publish.Corrected {
			r.State = publish.Final
		}
		if there {
			problem = p.judge(grain, r, want[key], rows, got[periodName("28d", mondayOf(day))])
			all.note(r)
		} else {
			missing++
			problem = "no such row"
		}
		if problem != "" {
			wrong++
			if wrong < 4 {
				t.Errorf("%s, %s: %s: %s\n got %s\nwant %+v", of, name, key, problem, shown(r), *want[key])
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		if want[key] == nil && wrong < 8 {
			wrong++
			t.Errorf("%s, %s: %s is too much: %s", of, name, key, shown(rows[key]))
		}
	}
	if problem := patternProblem(rows, want); problem != "" {
		t.Errorf("%s, %s: %s", of, name, problem)
	}
	if wrong > 0 {
		t.Errorf("%s, %s: %d wrong, %d rows missing, %d there, %d wanted", of, name, wrong, missing, len(rows), len(want))
	}
}

// defined tells which metrics the product has in a grain.
func defined(grain string) func(metric string) bool {
	has := map[string]bool{}
	for _, d := range adoption.Define(adoption.DefaultConfig()).Metrics {
		has[d.Metric] = slices.Contains(d.Grains, grain)
	}
	return func(metric string) bool { return has[metric] }
}

func seen(r publish.Row) string {
	switch {
	case r.Suppressed:
		return "suppressed"
	case r.State == publish.Unknown:
		return "unknown"
	case r.Band != "":
		return "band"
	case r.Value == nil:
		return "null"
	case r.Numerator == nil && r.Denominator == nil:
		return "value"
	}
	return "exact"
}
