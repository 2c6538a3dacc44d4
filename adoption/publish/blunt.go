package publish

import (
	"math"
	"slices"
	"strconv"
)

// sight is how much of a cell may be seen, rules 15 and 16.
type sight int

const (
	hidden sight = iota
	// coarse and fine are blunted: k ≤ n < 2k and 2k ≤ n < 4k.
	coarse
	fine
	exact
)

func sightOf(n, k int64) sight {
	switch {
	case n < k:
		return hidden
	case n < 2*k:
		return coarse
	case n < 4*k:
		return fine
	}
	return exact
}

// class is what is said of a number of people: itself, or the class it is in.
func (s sight) class(n, k int64) (low, high int64) {
	switch s {
	case coarse:
		return k, 2*k - 1
	case fine:
		return 2 * k, 4*k - 1
	}
	return n, n
}

// group is the class in words.
func (s sight) group(n, k int64) string {
	low, high := s.class(n, k)
	if s == exact {
		return strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(low, 10) + "-" + strconv.FormatInt(high, 10)
}

// edge is the denominator of the outer bands: a rate of 1/edge or less, and of
// 1 - 1/edge or more, is only a band.
func (s sight) edge() int64 {
	if s == coarse {
		return 5
	}
	return 10
}

// band names the outer band of a blunted rate, "" inside.
func (s sight) band(numerator, denominator int64) string {
	edge := s.edge()
	switch {
	case numerator*edge <= denominator:
		return map[int64]string{5: "<=0.2", 10: "<=0.1"}[edge]
	case numerator*edge >= denominator*(edge-1):
		return map[int64]string{5: ">=0.8", 10: ">=0.9"}[edge]
	}
	return ""
}

// tenths rounds a rate to 0.1, half-way up, without leaving the integers.
func tenths(numerator, denominator int64) int64 {
	return (20*numerator + denominator) / (2 * denominator)
}

// z is the quantile of the normal distribution that gives 95 % on both sides.
const z = 1.959963984540054

// wilson is the interval of a rate; it stays within 0 and 1.
func wilson(numerator, denominator int64) (low, high float64) {
	n := float64(denominator)
	p := float64(numerator) / n
	scale := 1 + z*z/n
	middle := (p + z*z/(2*n)) / scale
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n)) / scale
	low, high = max(middle-half, 0), min(middle+half, 1)
	if numerator == 0 {
		low = 0
	}
	if numerator == denominator {
		high = 1
	}
	return low, high
}

// bands are those of rates, by the number under which they are stored.
var bands = []string{"", "<=0.2", ">=0.8", "<=0.1", ">=0.9"}

// glimpse is what may be seen of a table's cell; NaN stands for what may not.
type glimpse struct {
	sight   sight
	unknown bool
	people  int64
	// band is an index of bands.
	band                                               uint8
	value, low, high, numerator, denominator, coverage float64
}

func blank(s sight, people int64) glimpse {
	none := math.NaN()
	return glimpse{sight: s, people: people, value: none, low: none, high: none, numerator: none, denominator: none, coverage: none}
}

// fill takes in what may be seen of a table's figures at a place.
func (g *glimpse) fill(t *Table, at int) {
	switch {
	case g.sight == exact:
		g.exactly(t, at)
	case t.Form == Count:
	case t.Values != nil:
		g.blunted(t.Form, t.Values[at])
	case t.Denominator[at] > 0:
		g.rounded(t.Form, t.Numerator[at], t.Denominator[at]*t.scale())
	}
}

// exactly shows all that the table has.
func (g *glimpse) exactly(t *Table, at int) {
	if t.Denominator != nil && t.Denominator[at] != noRow {
		g.denominator = float64(t.Denominator[at])
	}
	if t.Low != nil {
		g.low, g.high = t.Low[at], t.High[at]
	}
	if t.Values != nil {
		g.value = t.Values[at]
		return
	}
	g.numerator = float64(t.Numerator[at]) / float64(t.scale())
	switch {
	case t.Form == Count:
		g.value = g.numerator
	case t.Denominator[at] > 0:
		g.value = g.numerator / g.denominator
		if t.Form == PeopleRate && t.Low == nil {
			g.low, g.high = wilson(t.Numerator[at], t.Denominator[at])
		}
	}
}

// rounded shows a quotient to 0.1, or its outer band if it is a share.
func (g *glimpse) rounded(form Form, numerator, denominator int64) {
	if form != Level {
		g.band = uint8(slices.Index(bands, g.sight.band(numerator, denominator)))
	}
	if g.band == 0 {
		g.value = float64(tenths(numerator, denominator)) / 10
	}
}

// blunted does the same with a value that is no quotient of counts.
func (g *glimpse) blunted(form Form, value float64) {
	edge := 1 / float64(g.sight.edge())
	switch {
	case form != Level && value <= edge:
		g.band = uint8(slices.Index(bands, g.sight.band(0, 1)))
	case form != Level && value >= 1-edge:
		g.band = uint8(slices.Index(bands, g.sight.band(1, 1)))
	default:
		g.value = math.Floor(value*10+0.5) / 10
	}
}
