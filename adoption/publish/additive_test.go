package publish

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestActsOfAHiddenToolCannotBeSubtracted from those of any tool.
func TestActsOfAHiddenToolCannotBeSubtracted(t *testing.T) {
	for seed := range 300 {
		random := rand.New(rand.NewPCG(uint64(seed), 17))
		d := &Draft{Grain: "week", Period: time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC), EligibleOf: []string{"eligible"},
			Scopes: []Scope{{Name: "any", Parent: -1}}, Cells: []Cell{{}}, Placements: [][]int32{{0}}, Eligible: Counts{30}}
		acts := Counts{0}
		for range 1 + random.IntN(5) {
			n := 1 + random.Int64N(100)
			d.Scopes = append(d.Scopes, Scope{Name: "tool", Parent: 0})
			d.Eligible, acts = append(d.Eligible, random.Int64N(30)), append(acts, n)
			acts[0] += n
		}
		if len(d.Scopes) == 2 {
			d.Eligible[1] = d.Eligible[0]
		}
		d.Tables = []Table{{Metric: "unattributed_share", Form: Ratio, Numerator: acts, Denominator: acts, AddsOverTools: true}}
		door, err := Open(d, 5)
		if err != nil {
			t.Fatal(err)
		}
		hidden, people := 0, int64(0)
		for i, r := range door.Rows()[1:] {
			if r.Suppressed {
				hidden++
				people += d.Eligible[i+1]
			}
		}
		// With all tools hidden what is left is any tool's own number.
		if hidden == 1 || hidden > 0 && hidden < len(d.Scopes)-1 && people < 5 {
			t.Fatalf("%d: %d tools with %d people hidden of %v", seed, hidden, people, d.Eligible)
		}
	}
}
