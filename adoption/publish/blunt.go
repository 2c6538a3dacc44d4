package publish

import (
	"math"
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

// group is the number of people, or its class where it is blunted.
func (s sight) group(n, k int64) *Group {
	var g Group
	switch s {
	case hidden:
		return nil
	case coarse:
		g = class(k, 2*k-1)
	case fine:
		g = class(2*k, 4*k-1)
	case exact:
		g = Group(strconv.FormatInt(n, 10))
	}
	return &g
}

func class(low, high int64) Group {
	return Group(strconv.FormatInt(low, 10) + "-" + strconv.FormatInt(high, 10))
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

// fill puts into a row what may be seen of a table's counts.
func (r *Row) fill(t *Table, s sight, numerator, denominator int64) {
	switch {
	case t.Form == Count:
		if s == exact {
			r.Value, r.Numerator = number(numerator), number(numerator)
		}
	case s == exact:
		r.Numerator, r.Denominator = number(numerator), number(denominator)
		r.rate(t, numerator, denominator)
	case denominator > 0:
		if r.Band = s.band(numerator, denominator); r.Band == "" {
			value := float64(tenths(numerator, denominator)) / 10
			r.Value = &value
		}
	}
}

func (r *Row) rate(t *Table, numerator, denominator int64) {
	if denominator == 0 {
		return
	}
	value := float64(numerator) / float64(denominator)
	r.Value = &value
	if t.Form == PeopleRate {
		low, high := wilson(numerator, denominator)
		r.Low, r.High = &low, &high
	}
}

func number(n int64) *float64 {
	f := float64(n)
	return &f
}
