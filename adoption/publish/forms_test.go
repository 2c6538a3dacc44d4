package publish

import (
	"math"
	"testing"
)

// TestWhatIsSeenOfEachForm in a cell of everything, a blunted and a hidden one.
func TestWhatIsSeenOfEachForm(t *testing.T) {
	none := math.NaN()
	for _, c := range []struct {
		name  string
		table Table
		n     int64
		want  glimpse
	}{
		{"a count", Table{Form: Count, Numerator: Counts{7}}, 20, glimpse{value: 7, numerator: 7, denominator: none, low: none, high: none}},
		{"a blunted count", Table{Form: Count, Numerator: Counts{7}}, 19, glimpse{value: none, numerator: none, denominator: none, low: none, high: none}},
		{"micro-dollars", Table{Form: Count, Numerator: Counts{19_990_000}, Scale: 1e6}, 20, glimpse{value: 19.99, numerator: 19.99, denominator: none, low: none, high: none}},
		{"stickiness", Table{Form: Ratio, Numerator: Counts{50}, Denominator: Counts{20}, Scale: 5}, 20, glimpse{value: 0.5, numerator: 10, denominator: 20, low: none, high: none}},
		{"stickiness, blunted", Table{Form: Ratio, Numerator: Counts{21}, Denominator: Counts{12}, Scale: 5}, 12, glimpse{value: 0.4, numerator: none, denominator: none, low: none, high: none}},
		{"stickiness, a band", Table{Form: Ratio, Numerator: Counts{5}, Denominator: Counts{8}, Scale: 5}, 8, glimpse{value: none, numerator: none, denominator: none, low: none, high: none, band: 1}},
		{"breadth, blunted without a band", Table{Form: Level, Numerator: Counts{8}, Denominator: Counts{8}}, 8, glimpse{value: 1, numerator: none, denominator: none, low: none, high: none}},
		{"depth", Table{Form: Level, Values: []float64{3.5}, Denominator: Counts{90}}, 20, glimpse{value: 3.5, numerator: none, denominator: 90, low: none, high: none}},
		{"depth, blunted", Table{Form: Level, Values: []float64{3.25}, Denominator: Counts{90}}, 10, glimpse{value: 3.3, numerator: none, denominator: none, low: none, high: none}},
		{"a median that is not reached", Table{Form: Level, Values: []float64{none}}, 10, glimpse{value: none, numerator: none, denominator: none, low: none, high: none}},
		{"a gap", Table{Form: Level, Values: []float64{-0.25}, Low: []float64{-0.5}, High: []float64{0.1}, LeastPeople: 20}, 20, glimpse{value: -0.25, low: -0.5, high: 0.1, numerator: none, denominator: none}},
		{"a blunted effect has no interval", Table{Form: Level, Values: []float64{-0.26}, Low: []float64{-0.5}, High: []float64{0.1}}, 19, glimpse{value: -0.3, low: none, high: none, numerator: none, denominator: none}},
		{"refused", Table{Form: Ratio, Numerator: Counts{50}, Denominator: Counts{60}, LeastPeople: 30}, 29, blank(hidden, 29)},
		{"veiled", Table{Form: Ratio, Numerator: Counts{50}, Denominator: Counts{60}, Veiled: []bool{true}}, 50, blank(hidden, 50)},
		{"without anybody below", Table{Form: PeopleRate, Numerator: Counts{0}, Denominator: Counts{0}}, 20, glimpse{value: none, numerator: 0, denominator: 0, low: none, high: none}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &Door{draft: &Draft{Scopes: []Scope{{Name: "any", Parent: -1}}, Cells: []Cell{{}}, Eligible: Counts{c.n}, Tables: []Table{c.table}}, k: 5}
			d.patterns = []*pattern{{hidden: []bool{c.n < 5}}}
			d.views = []view{{Table: &d.draft.Tables[0]}}
			got := d.glimpse(&d.views[0], 0, 0)
			for i, pair := range [][2]float64{{got.value, c.want.value}, {got.numerator, c.want.numerator}, {got.denominator, c.want.denominator}, {got.low, c.want.low}, {got.high, c.want.high}} {
				if pair[0] != pair[1] && !(math.IsNaN(pair[0]) && math.IsNaN(pair[1])) {
					t.Errorf("number %d is %v, want %v", i, pair[0], pair[1])
				}
			}
			if got.band != c.want.band {
				t.Errorf("band %q, want %q", bands[got.band], bands[c.want.band])
			}
		})
	}
}
