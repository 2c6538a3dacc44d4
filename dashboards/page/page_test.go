package page

import (
	"strings"
	"testing"
	"time"
)

func ptr(v float64) *float64 { return &v }

func TestWriteShowsOnlyWhatARowHolds(t *testing.T) {
	var b strings.Builder
	err := Write(&b, Overview{
		Week: time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC), State: "final", MinimumGroup: 5,
		Headline: []Rate{{Name: "Adoption rate", Value: ptr(.42), Low: ptr(.33), High: ptr(.51), Group: "100"}},
		Sections: []Section{{Title: "By <role>", Rates: []Rate{
			{Name: "hidden", Suppressed: true},
			{Name: "banded", Band: "<=0.2", Group: "5-9"},
			{Name: "rounded", Value: ptr(.3), Group: "10-19"},
			{Name: "silent", Unknown: true},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"42 %", "33 to 51 %", "100 people", "suppressed", "20 % or less", "about 30 %", "unknown", "By &lt;role&gt;", "9 November 2026"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestSort(t *testing.T) {
	rates := []Rate{{Name: "hidden", Suppressed: true}, {Name: "low", Value: ptr(.1)}, {Name: "band", Band: ">=0.8"}, {Name: "high", Value: ptr(.9)}}
	Sort(rates)
	var names []string
	for _, r := range rates {
		names = append(names, r.Name)
	}
	if got := strings.Join(names, " "); got != "high band low hidden" {
		t.Error(got)
	}
}
