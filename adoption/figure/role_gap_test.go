package figure

import "testing"

// TestGapsThatCountAllTellOfTheOthers who are in none of them: that nobody of
// them is active.
func TestGapsThatCountAllTellOfTheOthers(t *testing.T) {
	of := func(numerator, denominator, active int64) gapGroup {
		return gapGroup{all: rate{numerator, denominator}, active: active}
	}
	for name, c := range map[string]struct {
		groups []gapGroup
		all    bool
	}{
		"nobody else is active":         {[]gapGroup{of(12, 20, 12), of(8, 25, 8)}, true},
		"a contractor is":               {[]gapGroup{of(12, 20, 12), of(8, 25, 9)}, false},
		"a role without a gap is":       {[]gapGroup{of(12, 20, 12), of(8, 25, 8), of(3, 9, 3)}, false},
		"a role without a gap is quiet": {[]gapGroup{of(12, 20, 12), of(8, 25, 8), of(0, 9, 0)}, true},
	} {
		if got := countsAll(c.groups); got != c.all {
			t.Errorf("%s: %v", name, got)
		}
	}
}
