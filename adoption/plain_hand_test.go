package adoption_test

import (
	"fmt"
	"math"
	"testing"
)

// The numbers of these tests were worked out by hand, or stand in the papers
// that the formulas are from.

func TestIntervalsByHand(t *testing.T) {
	low, high := wilson(among{10, 20})
	closeTo(t, "Wilson's low", &low, 0.2993)
	closeTo(t, "Wilson's high", &high, 0.7007)
	gap := newcombe(among{56, 70}, among{48, 80})
	closeTo(t, "the gap", gap[0], 0.2)
	closeTo(t, "Newcombe's low", gap[1], 0.0524)
	closeTo(t, "Newcombe's high", gap[2], 0.3339)
	ratio := ratioOf(among{56, 70}, among{48, 80})
	closeTo(t, "the ratio", ratio[0], 1.3333)
	closeTo(t, "the ratio's low", ratio[1], 1.0766)
	closeTo(t, "the ratio's high", ratio[2], 1.6512)
	if none := ratioOf(among{0, 30}, among{5, 30}); none[0] != nil {
		t.Errorf("a ratio of nobody is %v", *none[0])
	}
}

func closeTo(t *testing.T, what string, got *float64, want float64) {
	t.Helper()
	if got == nil || math.Abs(*got-want) > 5e-5 {
		t.Errorf("%s is %s, not %v", what, said(got), want)
	}
}

func TestRungsByHand(t *testing.T) {
	for _, c := range []struct {
		habit       bool
		acts, weeks int64
		want        string
	}{
		{true, 180, 12, "power"}, {true, 179, 12, "habitual"}, {false, 500, 12, "novice"}, {false, 12, 12, "novice"}, {false, 11, 12, "low"}, {false, 0, 12, "none"},
		{true, 60, 4, "power"}, {true, 59, 4, "habitual"}, {false, 4, 4, "novice"}, {false, 3, 4, "low"},
	} {
		if got := rung(c.habit, c.acts, c.weeks); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// at is the middle of the n-th week of the tests by hand.
func at(n int) int { return dayOf("2026-08-03") + 7*n + 2 }

// lone is somebody on the roster since a day, with acts on the Wednesdays of weeks.
func lone(since int, acts map[int]uint32) *life {
	w := &world{periods: []period{{"ada", since, openEnd, false, map[string]string{}, ""}}}
	for n, times := range acts {
		w.acts = append(w.acts, act{"ada", "codex", at(n), at(n), times, times})
	}
	return newPlain(w, mondayOf(at(20))).lives[0]
}

func weeksOf(from, to int, acts uint32) map[int]uint32 {
	all := map[int]uint32{}
	for n := from; n <= to; n++ {
		all[n] = acts
	}
	return all
}

// TestTiersByHand has the history begin in week 0.
func TestTiersByHand(t *testing.T) {
	missing := weeksOf(0, 11, 20)
	delete(missing, 3)
	delete(missing, 4)
	delete(missing, 5)
	four := weeksOf(0, 11, 15)
	delete(four, 10)
	for name, c := range map[string]struct {
		since int
		acts  map[int]uint32
		week  int
		want  string
	}{
		"nine of twelve weeks and 15 a week":      {at(-9), missing, 11, "power"},
		"the same a week before, by four weeks":   {at(-9), missing, 10, "power"},
		"by four weeks, three of them":            {at(-9), missing, 8, "novice"},
		"eleven of twelve, 165 acts":              {at(-9), four, 11, "habitual"},
		"on the roster for eleven weeks, by four": {at(1), four, 11, "novice"},
		"four acts in four weeks":                 {at(-9), map[int]uint32{0: 3, 1: 1}, 3, "novice"},
		"three acts in four weeks":                {at(-9), map[int]uint32{0: 2, 1: 1}, 3, "low"},
		"nothing in the last four":                {at(-9), map[int]uint32{0: 9}, 4, "none"},
		"but in the last twelve":                  {at(-9), map[int]uint32{0: 9}, 11, "low"},
	} {
		if got := lone(c.since, c.acts).tier(0, mondayOf(at(c.week))); got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
	}
}

func TestFlowByHand(t *testing.T) {
	for name, c := range map[string]struct {
		acts []int
		week int
		want string
	}{
		"the first act":               {[]int{8}, 8, "new"},
		"and one four weeks ago":      {[]int{4, 8}, 8, "retained"},
		"and one five weeks ago":      {[]int{3, 8}, 8, "returned"},
		"two of seven to four before": {[]int{1, 4}, 8, "lapsed"},
		"one of them":                 {[]int{0, 4}, 8, ""},
		"two, and one of the last":    {[]int{1, 4, 5}, 8, ""},
		"two, and this week":          {[]int{1, 3, 8}, 8, "returned"},
	} {
		acts := map[int]uint32{}
		for _, n := range c.acts {
			acts[n] = 1
		}
		if got := lone(at(-9), acts).stream(0, mondayOf(at(c.week))); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

func TestListsByHand(t *testing.T) {
	for _, c := range []struct {
		what      string
		got, want *fraction
	}{
		{"the median of four", middle([]int64{1, 2, 3, 10}), &fraction{5, 2}},
		{"the median of three", middle([]int64{1, 2, 10}), &fraction{4, 2}},
		{"p90 of ten", nearestRank([]int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 9, 10), &fraction{9, 1}},
		{"p90 of eleven", nearestRank([]int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 9, 10), &fraction{10, 1}},
		{"gini of one who has all", giniOf([]int64{0, 0, 0, 10}), &fraction{30, 40}},
		{"gini of equals", giniOf([]int64{1, 1, 1, 1}), &fraction{0, 16}},
		{"gini of steps", giniOf([]int64{0, 1, 3, 6}), &fraction{20, 40}},
		{"half of steps", &fraction{halfOf([]int64{0, 1, 3, 6}), 1}, &fraction{1, 1}},
		{"half of near equals", &fraction{halfOf([]int64{2, 2, 3, 3}), 1}, &fraction{2, 1}},
		{"half of nothing", &fraction{halfOf([]int64{0, 0}), 1}, &fraction{0, 1}},
	} {
		if *c.got != *c.want {
			t.Errorf("%s: %v, not %v", c.what, *c.got, *c.want)
		}
	}
}

func TestKaplanMeierByHand(t *testing.T) {
	for name, c := range map[string]struct {
		waits []wait
		want  fraction
	}{
		"4/5, 3/5, 3/10":            {[]wait{{1, true}, {2, true}, {2, false}, {3, true}, {5, false}}, fraction{3, 1}},
		"a third began":             {[]wait{{1, true}, {5, false}, {5, false}}, fraction{}},
		"exactly half began":        {[]wait{{2, true}, {4, false}}, fraction{2, 1}},
		"2/3 times 3/4 is one half": {[]wait{{1, true}, {1, true}, {3, true}, {9, false}, {9, false}, {9, false}}, fraction{3, 1}},
		"on the day itself":         {[]wait{{0, true}, {0, true}, {4, false}}, fraction{0, 1}},
		"nobody":                    {nil, fraction{}},
	} {
		if got := kaplanMeier(c.waits); *got != c.want {
			t.Errorf("%s: %v", name, *got)
		}
	}
}

// TestStandardisedGapByHand: in one department 8 of 10 and 5 of 10 are active, in another 1 of
// 10 and 2 of 20, in the third there is nobody to compare: (20 · 0.3 + 30 · 0) ÷ 50.
func TestStandardisedGapByHand(t *testing.T) {
	w := &world{}
	day := at(3)
	for department, of := range map[string][2]among{"x": {{8, 10}, {5, 10}}, "y": {{1, 10}, {2, 20}}, "z": {{5, 5}, {}}} {
		for i, role := range []string{"a", "b"} {
			for n := range of[i].people {
				person := fmt.Sprint(department, role, n)
				w.periods = append(w.periods, period{person, day - 60, openEnd, false, map[string]string{"department": department, "role": role, "employment": "employee"}, ""})
				if n < of[i].active {
					w.acts = append(w.acts, act{person, "codex", day, day, 1, 1})
				}
			}
		}
	}
	s := newPlain(w, mondayOf(day)).span("28d", mondayOf(day))
	closeTo(t, "the standardised gap", s.standardised("role", "a", "b"), 0.12)
	closeTo(t, "the plain gap", newcombe(s.employees("role", "a", ""), s.employees("role", "b", ""))[0], 14.0/25-7.0/30)
}

// TestEntitlementsByHand are those of a person on the roster from a Wednesday on.
func TestEntitlementsByHand(t *testing.T) {
	since := at(4)
	named := func(from int) seat { return seat{"ada", "codex", from, openEnd, 0} }
	for name, c := range map[string]struct {
		seats []seat
		want  int
	}{
		"no seats at all":               {nil, since},
		"a seat before the start":       {[]seat{named(at(0))}, since},
		"a later seat":                  {[]seat{named(at(9))}, at(9)},
		"the earlier of two":            {[]seat{named(at(9)), named(at(7))}, at(7)},
		"everybody's":                   {[]seat{{"*", "codex", at(0), openEnd, 0}}, since},
		"everybody's, that begin later": {[]seat{{"*", "codex", at(5), openEnd, 0}}, 0},
		"a later seat and everybody's":  {[]seat{{"*", "codex", at(0), openEnd, 0}, named(at(9))}, at(9)},
		"somebody else's":               {[]seat{{"bob", "codex", at(0), openEnd, 0}}, 0},
	} {
		w := &world{periods: []period{{"ada", since, openEnd, false, map[string]string{}, ""}}, seats: c.seats, acts: []act{{"ada", "codex", at(5), at(5), 1, 1}}}
		if got, is := newPlain(w, mondayOf(at(20))).lives[0].entitledFrom(scopeOf("codex")); is != (c.want > 0) || is && got != c.want {
			t.Errorf("%s: %d, not %d", name, got-since, c.want-since)
		}
	}
}

// TestLongLeaveByHand is 28 days of leave in pieces, and 27.
func TestLongLeaveByHand(t *testing.T) {
	for last, long := range map[int]bool{26: false, 27: true} {
		begin := at(5)
		w := &world{periods: []period{{"ada", begin - 90, begin - 1, false, nil, ""}, {"ada", begin, begin + 9, true, nil, ""}, {"ada", begin + 10, begin + last, true, nil, ""}, {"ada", begin + last + 1, openEnd, false, nil, ""}}}
		l := newPlain(w, mondayOf(at(20))).lives[0]
		for _, day := range []int{begin, begin + 15, begin + last} {
			if l.longLeave(day) != long {
				t.Errorf("day %d of a leave of %d days is long: %v", day-begin, last+1, !long)
			}
		}
		if l.longLeave(begin-1) || l.longLeave(begin+last+1) {
			t.Error("a day before or after is leave")
		}
	}
}
