package adoption_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// explained is how many rows of each kind and sight of a company are explained.
const explained = 1

// companiesToExplain are one of many people and one of many weeks, both short
// otherwise: each period takes a while to be made.
func companiesToExplain() []*world {
	monday := dayOf("2026-12-14")
	many := newWorld(rand.New(rand.NewPCG(1, 11)), monday, 5, 120)
	long := newWorld(rand.New(rand.NewPCG(6, 11)), monday-7*13, 18, 70)
	return []*world{many, long}
}

// TestExplainedSQLGivesThePublishedFigure to the last digit: rows of every
// metric, statistic and grain, exact, rounded and in bands, of random companies.
func TestExplainedSQLGivesThePublishedFigure(t *testing.T) {
	now := time.Date(2027, 1, 14, 12, 0, 0, 0, time.UTC)
	kinds, checked := map[string]bool{}, 0
	for _, company := range companiesToExplain() {
		w, conn := company, tables(t)
		w.store(t, conn)
		settle(t, newObserver(t, conn, &now), conn)
		e, err := adoption.NewExplainer(t.Context(), adoption.DefaultConfig(), deps(conn, now))
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range someOfEach(t, conn) {
			statement, err := e.SQL(row)
			if err != nil {
				t.Errorf("%s %v: %v", row.Metric, row.Dimensions, err)
				continue
			}
			checked++
			kinds[row.Metric+statisticOf(row)] = true
			if problem := given(t, conn, statement, row); problem != "" {
				t.Errorf("%s %s %s %s %v, published %s: %s\n%s", row.Metric, row.Grain, row.Period, row.Tool, row.Dimensions, shown(row), problem, statement)
			}
			if t.Failed() && checked > 40 {
				t.FailNow()
			}
		}
	}
	t.Logf("%d figures of %d kinds: %v", checked, len(kinds), slices.Sorted(maps.Keys(kinds)))
	if checked < 300 || len(kinds) < 25 {
		t.Errorf("only %d figures of %d kinds", checked, len(kinds))
	}
}

func statisticOf(r publish.Row) string {
	return r.Dimensions["statistic"] + r.Dimensions["tier"] + r.Dimensions["flow"]
}

// someOfEach picks shown rows of each kind: exact, rounded and banded, of
// totals, cuts, tools and all grains.
func someOfEach(t *testing.T, conn driver.Conn) []publish.Row {
	t.Helper()
	seen := map[string]int{}
	var some []publish.Row
	err := publish.Each(t.Context(), conn, publish.Filter{}, func(r publish.Row) error {
		if r.Suppressed || r.State == publish.Unknown {
			return nil
		}
		class := strings.Contains(string(*r.Group), "-")
		kind := fmt.Sprint(r.Metric, statisticOf(r), r.Grain, class, r.Band != "", strings.Contains(r.Tool, ":"), r.Tool == "any", len(r.Dimensions))
		if seen[kind]++; seen[kind] <= explained {
			some = append(some, r)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return some
}

// given runs the statement and compares.
func given(t *testing.T, conn driver.Conn, statement string, row publish.Row) string {
	t.Helper()
	var value, numerator, denominator *float64
	var band string
	cast := "SELECT toFloat64OrNull(toString(value)), toFloat64OrNull(toString(numerator)), toFloat64OrNull(toString(denominator)), band FROM (" + statement + ")"
	if err := conn.QueryRow(t.Context(), cast).Scan(&value, &numerator, &denominator, &band); err != nil {
		return err.Error()
	}
	for name, pair := range map[string][2]*float64{"value": {value, row.Value}, "numerator": {numerator, row.Numerator}, "denominator": {denominator, row.Denominator}} {
		if !sameNumber(pair[0], pair[1]) {
			return fmt.Sprintf("%s is %s", name, number(pair[0]))
		}
	}
	if band != row.Band {
		return "band is " + band
	}
	return ""
}

func sameNumber(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return math.Float64bits(*a) == math.Float64bits(*b)
}

func number(v *float64) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprint(*v)
}
