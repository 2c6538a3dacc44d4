package publish

import "testing"

func TestWhatIsSeenOfARate(t *testing.T) {
	value := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		name                      string
		numerator, denominator, n int64
		value                     *float64
		band, group               string
		counts                    bool
	}{
		{"hidden under k", 2, 4, 4, nil, "", "", false},
		{"rounded down", 4, 9, 9, value(0.4), "", "5-9", false},
		{"half-way up", 9, 20, 9, value(0.5), "", "5-9", false},
		{"half-way up where a float is below", 3, 20, 15, value(0.2), "", "10-19", false},
		{"two tenths exactly is a band", 1, 5, 5, nil, "<=0.2", "5-9", false},
		{"just above is rounded", 2, 9, 9, value(0.2), "", "5-9", false},
		{"eight tenths exactly is a band", 4, 5, 5, nil, ">=0.8", "5-9", false},
		{"all of a small group", 7, 7, 7, nil, ">=0.8", "5-9", false},
		{"a tenth of the larger class", 1, 10, 10, nil, "<=0.1", "10-19", false},
		{"nine tenths of the larger class", 18, 20, 19, nil, ">=0.9", "10-19", false},
		{"two tenths of the larger class", 2, 10, 10, value(0.2), "", "10-19", false},
		{"exact from 4k on", 1, 20, 20, value(0.05), "", "20", true},
		{"none of many", 0, 20, 20, value(0), "", "20", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &Door{draft: &Draft{}, k: 5}
			d.draft.Scopes, d.draft.Cells, d.draft.Eligible = []Scope{{Name: "any", Parent: -1}}, []Cell{{}}, Counts{c.n}
			d.patterns = []*pattern{{hidden: []bool{c.n < 5}}}
			d.draft.Tables = []Table{{Form: PeopleRate, Numerator: Counts{c.numerator}, Denominator: Counts{c.denominator}}}
			d.views = []view{{Table: &d.draft.Tables[0]}}
			r := d.Rows()[0]
			if (r.Value == nil) != (c.value == nil) || r.Value != nil && *r.Value != *c.value {
				t.Errorf("value %v, want %v", r.Value, c.value)
			}
			if r.Band != c.band || r.Group == nil != (c.group == "") || r.Group != nil && string(*r.Group) != c.group {
				t.Errorf("band %q group %v, want %q %q", r.Band, r.Group, c.band, c.group)
			}
			if (r.Numerator != nil) != c.counts || (r.Denominator != nil) != c.counts || (r.Low != nil) != c.counts {
				t.Errorf("counts %v %v %v, want shown %v", r.Numerator, r.Denominator, r.Low, c.counts)
			}
		})
	}
}

func TestWilson(t *testing.T) {
	// From Wilson's closed form, calculated with 30 digits.
	for _, c := range []struct {
		numerator, denominator int64
		low, high              float64
	}{{42, 100, 0.3279838267, 0.5179351330}, {0, 20, 0, 0.1611251580}, {20, 20, 0.8388748420, 1}} {
		low, high := wilson(c.numerator, c.denominator)
		if max(low-c.low, c.low-low, high-c.high, c.high-high) > 1e-9 {
			t.Errorf("%d of %d: %.10f to %.10f, want %.10f to %.10f", c.numerator, c.denominator, low, high, c.low, c.high)
		}
	}
}

func TestFilterErrorsNameTheParameter(t *testing.T) {
	metrics := []string{"reach"}
	for name, value := range map[string]string{"metric": "glow", "by": "shoe", "period": "yesterday", "grain": "year", "tool": "", "color": "red"} {
		_, err := ParseFilter(map[string]string{name: value}, metrics)
		wrong, is := err.(*FilterError)
		if !is || wrong.Parameter != name {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
	f, err := ParseFilter(map[string]string{"metric": "reach", "by": "role, department", "tool": "any", "period": "2026-11-09", "grain": "week"}, metrics)
	if err != nil || f.By[1] != "department" || f.Period.IsZero() {
		t.Errorf("%+v, %v", f, err)
	}
}
