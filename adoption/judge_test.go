package adoption_test

import (
	"fmt"
	"math"
	"math/big"

	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// k is the minimum group of the tests.
const k = 5

// judge holds a row against what it may show, by rules 13 to 16.
func judge(r publish.Row, e *exact, state string) string {
	if e.unknown {
		state = publish.Unknown
	}
	switch {
	case r.State != state:
		return "state " + r.State + ", not " + state
	case r.Suppressed && !says(r) && r.Group == nil && r.Coverage == nil:
		return ""
	case r.Suppressed:
		return "a suppressed row says something"
	case e.people < max(k, e.least):
		return "a small group is shown"
	case r.Group == nil || string(*r.Group) != groupOf(e.people):
		return "group, not " + groupOf(e.people)
	case e.unknown && says(r):
		return "an unknown row says something"
	case e.unknown:
		return ""
	case e.people < 4*k:
		return bluntly(r, e)
	}
	return exactly(r, e)
}

func says(r publish.Row) bool {
	return r.Value != nil || r.Low != nil || r.High != nil || r.Numerator != nil || r.Denominator != nil || r.Band != ""
}

func groupOf(n int64) string {
	switch {
	case n < 2*k:
		return fmt.Sprintf("%d-%d", k, 2*k-1)
	case n < 4*k:
		return fmt.Sprintf("%d-%d", 2*k, 4*k-1)
	}
	return fmt.Sprint(n)
}

// rational is the value where it is a fraction, nil for none.
func (e *exact) rational() *big.Rat {
	top, bottom := e.numerator, e.denominator*e.scale
	switch {
	case e.value != nil:
		top, bottom = e.value.top, e.value.bottom
	case e.form == counted:
		bottom = e.scale
	}
	if bottom == 0 {
		return nil
	}
	return big.NewRat(top, bottom)
}

// bluntly is rule 16 from k to below 4k.
func bluntly(r publish.Row, e *exact) string {
	value, band := e.rational(), ""
	if e.form == counted {
		value = nil
	}
	if value != nil && (e.form == share || e.form == ratio) {
		band = bandOf(value, e.people)
	}
	if value != nil && band == "" {
		value = tenths(value)
	} else {
		value = nil
	}
	switch {
	case r.Numerator != nil || r.Denominator != nil || r.Low != nil || r.High != nil:
		return "a blunt row is exact"
	case r.Band != band:
		return "band, not " + band
	case !same(r.Value, floatOf(value)):
		return "value, blunt"
	}
	return ""
}

// bandOf is the outer band of a rate, "" inside.
func bandOf(value *big.Rat, people int64) string {
	edge := big.NewRat(1, 10)
	if people < 2*k {
		edge = big.NewRat(1, 5)
	}
	if value.Cmp(edge) <= 0 {
		return "<=" + edge.FloatString(1)
	}
	if other := new(big.Rat).Sub(big.NewRat(1, 1), edge); value.Cmp(other) >= 0 {
		return ">=" + other.FloatString(1)
	}
	return ""
}

// tenths rounds half-way up.
func tenths(value *big.Rat) *big.Rat {
	ten := new(big.Rat).Add(new(big.Rat).Mul(value, big.NewRat(10, 1)), big.NewRat(1, 2))
	return big.NewRat(new(big.Int).Quo(ten.Num(), ten.Denom()).Int64(), 10)
}

func exactly(r publish.Row, e *exact) string {
	numerator, denominator := floatOf(big.NewRat(e.numerator, e.scale)), floatOf(big.NewRat(e.denominator, 1))
	if e.noNumerator {
		numerator = nil
	}
	if e.noDenominator || e.form == counted {
		denominator = nil
	}
	value, close := floatOf(e.rational()), same
	if e.float != nil || e.value != nil || e.form != counted {
		close = near
	}
	if e.float != nil {
		value = e.float
	}
	switch {
	case r.Band != "":
		return "an exact row has a band"
	case !close(r.Value, value):
		return "value, not " + said(value)
	case !same(r.Numerator, numerator), !same(r.Denominator, denominator):
		return "counts, not " + said(numerator) + "/" + said(denominator)
	}
	return interval(r, e)
}

func interval(r publish.Row, e *exact) string {
	low, high := e.low, e.high
	if e.form == share && e.denominator > 0 {
		a, b := wilson(among{e.numerator, e.denominator})
		low, high = &a, &b
	}
	switch {
	case e.roughly && (r.Low == nil || r.High == nil || *r.Low > *r.Value || *r.Value > *r.High):
		return "the value is not in its interval"
	case !e.roughly && (!near(r.Low, low) || !near(r.High, high)):
		return "interval, not " + said(low) + " to " + said(high)
	}
	return ""
}

func floatOf(r *big.Rat) *float64 {
	if r == nil {
		return nil
	}
	f, _ := r.Float64()
	return &f
}

func said(f *float64) string {
	if f == nil {
		return "null"
	}
	return fmt.Sprint(*f)
}

func same(a, b *float64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// near allows for what adding up and dividing floats loses.
func near(a, b *float64) bool {
	return a == nil && b == nil || a != nil && b != nil && math.Abs(*a-*b) <= 1e-12*max(1, math.Abs(*b))
}

func shown(r publish.Row) string {
	group := "nil"
	if r.Group != nil {
		group = string(*r.Group)
	}
	return fmt.Sprint(r.Period, " value ", said(r.Value), " in ", said(r.Low), " to ", said(r.High), " ", said(r.Numerator), "/", said(r.Denominator), " group ", group, " band ", r.Band, " coverage ", said(r.Coverage), " ", r.State, " suppressed ", r.Suppressed)
}

// judge looks at a row with those of its period and of the 28 days beside it.
func (p *plain) judge(grain string, r publish.Row, e *exact, rows, window map[string]publish.Row) string {
	state := publish.Final
	if mondayOf(dayOf(r.Period.String())) > p.lastFinal {
		state = publish.Provisional
	}
	if problem := judge(r, e, state); problem != "" || r.Suppressed {
		return problem
	}
	if want := p.beside(grain, dayOf(r.Period.String()), r.Tool, placeOf(r)); !near(r.Coverage, want) {
		return "coverage " + said(r.Coverage) + ", not " + said(want)
	}
	for _, veil := range e.veils {
		if grain == "28d" {
			window = rows
		}
		if window[veil].Suppressed {
			return veil + " is hidden, this not"
		}
	}
	return ""
}
