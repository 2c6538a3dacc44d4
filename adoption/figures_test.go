package adoption_test

import (
	"flag"
	"fmt"
	"log/slog"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/publish"
	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

var companies = flag.Int("companies", 30, "how many random companies the property test calculates")

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

// TestFiguresEqualThePlainCalculation compares every published row of random
// companies with what one gets by going through people and days one by one.
func TestFiguresEqualThePlainCalculation(t *testing.T) {
	monday, weeks := dayOf("2026-12-14"), 5
	now := time.Date(2027, 1, 13, 12, 0, 0, 0, time.UTC)
	for seed := range *companies {
		w := newWorld(rand.New(rand.NewPCG(uint64(seed), 11)), monday, weeks)
		conn := tables(t)
		w.store(t, conn)
		settle(t, newObserver(t, conn, &now), conn)
		rows, err := publish.Read(t.Context(), conn, publish.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		compareRows(t, seed, rows, newPlain(w), monday, now)
		if t.Failed() {
			return
		}
	}
}

func compareRows(t *testing.T, seed int, rows []publish.Row, p *plain, monday int, now time.Time) {
	t.Helper()
	published := map[int]map[string]publish.Row{}
	for _, r := range rows {
		week := int(r.Period.Unix() / 86400)
		if published[week] == nil {
			published[week] = map[string]publish.Row{}
		}
		key := r.Metric + "|" + r.Tool + "|" + fmt.Sprint(r.Dimensions)
		if _, twice := published[week][key]; twice {
			t.Errorf("company %d: %s of %s is there twice", seed, key, r.Period)
		}
		published[week][key] = r
	}
	for week := monday - 14; week <= int(now.Unix()/86400); week += 7 {
		want := p.week(week)
		if len(want) != len(published[week]) {
			t.Errorf("company %d: %d rows in the week of %d, want %d", seed, len(published[week]), week, len(want))
		}
		for key, exact := range want {
			r, there := published[week][key]
			if problem := judge(r, exact, p, week, now); !there || problem != "" {
				t.Errorf("company %d: %s of %s (%v): %s\n got %s\nwant %+v", seed, key, r.Period, there, problem, shown(r), *exact)
				return
			}
		}
	}
}

func shown(r publish.Row) string {
	text, _ := r.Period.MarshalJSON()
	number := func(v *float64) any {
		if v == nil {
			return nil
		}
		return *v
	}
	group := "nil"
	if r.Group != nil {
		group = string(*r.Group)
	}
	return fmt.Sprint(string(text), " value ", number(r.Value), " ", number(r.Numerator), "/", number(r.Denominator), " group ", group, " band ", r.Band, " ", r.State, " ", r.Suppressed)
}

// judge holds a row against what it may show, by rules 13 to 16.
func judge(r publish.Row, e *exact, p *plain, week int, now time.Time) string {
	state := "final"
	if now.Before(time.Unix(int64(week+10)*86400+43200, 0)) {
		state = "provisional"
	}
	if e.unknown {
		state = "unknown"
	}
	if r.State != state {
		return "state " + r.State
	}
	if r.Suppressed {
		if r.Value != nil || r.Low != nil || r.High != nil || r.Numerator != nil || r.Denominator != nil || r.Group != nil || r.Coverage != nil || r.Band != "" {
			return "a suppressed row says something"
		}
		return ""
	}
	if e.people < 5 {
		return "a small group is shown"
	}
	group, band, value := fmt.Sprint(e.people), "", big.NewRat(0, 1)
	if !e.counts && e.denominator > 0 {
		value.SetFrac64(e.numerator, e.denominator)
	}
	blunt := e.people < 20
	if blunt {
		group, band = bluntly(e, value)
	}
	if string(*r.Group) != group {
		return "group " + string(*r.Group) + ", not " + group
	}
	if e.unknown {
		if r.Value != nil || r.Numerator != nil || r.Denominator != nil || r.Low != nil || r.Band != "" {
			return "an unknown row says something"
		}
		return ""
	}
	return numbers(r, e, value, band, blunt)
}

// bluntly rounds the value and gives the class and the band, "" for none.
func bluntly(e *exact, value *big.Rat) (group, band string) {
	group = "10-19"
	edge := big.NewRat(1, 10)
	if e.people < 10 {
		group, edge = "5-9", big.NewRat(1, 5)
	}
	if e.counts || e.denominator == 0 {
		return group, ""
	}
	if value.Cmp(edge) <= 0 {
		return group, "<=" + edge.FloatString(1)
	}
	if other := new(big.Rat).Sub(big.NewRat(1, 1), edge); value.Cmp(other) >= 0 {
		return group, ">=" + other.FloatString(1)
	}
	tenths := new(big.Rat).Add(new(big.Rat).Mul(value, big.NewRat(10, 1)), big.NewRat(1, 2))
	value.SetFrac64(new(big.Int).Quo(tenths.Num(), tenths.Denom()).Int64(), 10)
	return group, ""
}

func numbers(r publish.Row, e *exact, value *big.Rat, band string, blunt bool) string {
	wantValue, wantNumerator, wantDenominator := optional(value), whole(e.numerator), whole(e.denominator)
	switch {
	case e.counts && blunt:
		wantValue, wantNumerator, wantDenominator = nil, nil, nil
	case e.counts:
		wantValue, wantDenominator = whole(e.numerator), nil
	case blunt:
		wantNumerator, wantDenominator = nil, nil
	}
	if band != "" || !e.counts && e.denominator == 0 {
		wantValue = nil
	}
	switch {
	case r.Band != band:
		return "band " + r.Band + ", not " + band
	case !same(r.Value, wantValue):
		return "value"
	case !same(r.Numerator, wantNumerator), !same(r.Denominator, wantDenominator):
		return "counts"
	case blunt || !e.interval || e.denominator == 0:
		if r.Low != nil || r.High != nil {
			return "interval"
		}
		return ""
	}
	const z = 1.959963984540054
	n, share := float64(e.denominator), float64(e.numerator)/float64(e.denominator)
	middle, half := (share+z*z/(2*n))/(1+z*z/n), z*math.Sqrt(share*(1-share)/n+z*z/(4*n*n))/(1+z*z/n)
	if math.Abs(*r.Low-max(middle-half, 0)) > 1e-12 || math.Abs(*r.High-min(middle+half, 1)) > 1e-12 {
		return "interval"
	}
	return ""
}

func optional(r *big.Rat) *float64 {
	f, _ := r.Float64()
	return &f
}

func whole(n int64) *float64 {
	f := float64(n)
	return &f
}

func same(a, b *float64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }
