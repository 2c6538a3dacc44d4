package publish

import "testing"

// TestAMeanTellsOfNoHiddenShare where few of the shares are hidden: two rows of
// a gap's departments add up to known numbers, and its value fixes the rest.
func TestAMeanTellsOfNoHiddenShare(t *testing.T) {
	for name, c := range map[string]struct {
		eligible Counts
		shown    bool
	}{
		"all are shown":       {Counts{80, 20, 20, 20, 20}, true},
		"two are hidden":      {Counts{47, 4, 3, 20, 20}, false},
		"as many as are free": {Counts{94, 4, 3, 4, 3, 4, 4, 4, 28, 40}, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := &Draft{Scopes: []Scope{{Name: "any", Parent: -1}}, Eligible: c.eligible, EligibleOf: []string{"eligible"}}
			gap := Table{Metric: "role_gap", Form: Level, Single: true, Values: []float64{0.5}, LeastPeople: 20}
			for cell := range int32(len(c.eligible)) {
				d.Cells = append(d.Cells, Cell{})
				if cell != total {
					d.Placements = append(d.Placements, []int32{total, cell})
					gap.Mixes = append(gap.Mixes, cell)
				}
			}
			d.Tables = []Table{gap}
			door, err := Open(d, 5)
			if err != nil {
				t.Fatal(err)
			}
			if shown := !door.Rows()[0].Suppressed; shown != c.shown {
				t.Errorf("shown %v, hidden cells %v", shown, door.patterns[0].hidden)
			}
		})
	}
}
