package adoption_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/uptake-telemetry/uptake/adoption/figure"
)

// TestTrainingEffectEqualsThePlainCalculation of companies in which many are
// trained, in the last week of a history in which they can be followed. Random
// companies seldom have the thirty trained people that it takes.
func TestTrainingEffectEqualsThePlainCalculation(t *testing.T) {
	const weeks = 16
	conn := tables(t)
	for seed := range 3 {
		r := rand.New(rand.NewPCG(uint64(seed), 13))
		monday := dayOf("2026-07-06")
		w := newWorld(r, monday, weeks, 130)
		w.seats, w.trainings = nil, nil
		for i := range 130 {
			if r.IntN(3) > 0 {
				w.trainings = append(w.trainings, training{w.periods[i].person, "basics", monday + 7*(4+r.IntN(8)) + r.IntN(7)})
			}
		}
		for _, table := range []string{"person_day", "act_day", "heard", "population"} {
			exec(t, conn, "TRUNCATE TABLE "+table)
		}
		w.store(t, conn)
		last := monday + 7*(weeks-1)
		p := newPlain(w, last)
		want := p.figures("week", last, func(metric string) bool { return metric == "training_effect" })
		h, err := figure.ReadHistory(t.Context(), conn, categories)
		if err != nil {
			t.Fatal(err)
		}
		week := figure.WeekOf(dateOf(last))
		if err := figure.Place(t.Context(), conn, h, figure.Population, week.Period()); err != nil {
			t.Fatal(err)
		}
		got, err := figure.Calculate(t.Context(), conn, h, week.Period(), week, nil)
		if err != nil {
			t.Fatal(err)
		}
		compareTraining(t, got, want)
	}
}

func compareTraining(t *testing.T, got *figure.Exact, want map[string]*exact) {
	t.Helper()
	compared := 0
	for _, table := range got.Tables {
		if table.Metric.Name != "training_effect" {
			continue
		}
		e := want[rowKey("training_effect", "any", table.Dimensions)]
		value, low, high := table.Values[0], table.Low[0], table.High[0]
		switch {
		case table.People[0] != e.people || e.people < e.least:
			t.Errorf("%v: %d trained, not %d of at least %d", table.Dimensions, table.People[0], e.people, e.least)
		case math.Abs(value-*e.float) > 1e-12 || !(low <= value && value <= high):
			t.Errorf("%v: %v in %v to %v, not %v", table.Dimensions, value, low, high, *e.float)
		default:
			compared++
			t.Logf("%v: %v in %v to %v of %d trained", table.Dimensions, value, low, high, e.people)
		}
	}
	if compared != 2 {
		t.Errorf("%d of 2 statistics are right", compared)
	}
}
