package figure

import "math"

// z is the quantile of the normal distribution that gives 95 % on both sides.
const z = 1.959963984540054

// rate is people ÷ people.
type rate struct{ numerator, denominator int64 }

func (r rate) value() float64 { return float64(r.numerator) / float64(r.denominator) }

// wilson is the interval of a rate (Wilson 1927).
func (r rate) wilson() (low, high float64) {
	n, p := float64(r.denominator), r.value()
	scale := 1 + z*z/n
	middle := (p + z*z/(2*n)) / scale
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n)) / scale
	return max(middle-half, 0), min(middle+half, 1)
}

// difference is a - b with the interval from both of Wilson's (Newcombe 1998, method 10).
func difference(a, b rate) (value, low, high float64) {
	la, ua := a.wilson()
	lb, ub := b.wilson()
	value = a.value() - b.value()
	low = value - math.Hypot(a.value()-la, ub-b.value())
	high = value + math.Hypot(ua-a.value(), b.value()-lb)
	return value, low, high
}

// ratio is a ÷ b with the interval of its logarithm (Katz 1978), NaN where one is 0.
func ratio(a, b rate) (value, low, high float64) {
	if a.numerator == 0 || b.numerator == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	value = a.value() / b.value()
	half := z * math.Sqrt(1/float64(a.numerator)-1/float64(a.denominator)+1/float64(b.numerator)-1/float64(b.denominator))
	return value, math.Exp(math.Log(value) - half), math.Exp(math.Log(value) + half)
}
