package adoption_test

import (
	"maps"
	"math"
	"slices"
)

// among is how many of some people are active.
type among struct{ active, people int64 }

func (a among) rate() float64 { return float64(a.active) / float64(a.people) }

// orders has the values of a dimension in the order in which they are compared.
func (s *span) order(dimension string) []string {
	if dimension == "seniority" {
		return []string{"executive", "manager", "professional", "entry"}
	}
	roles := map[string]bool{}
	for _, m := range s.members {
		roles[m.place["role"]] = true
	}
	return slices.Sorted(maps.Keys(roles))
}

// roleGap is M14, between every two roles and every two seniorities.
func roleGap(s *span) []*table {
	var all []*table
	for _, dimension := range []string{"role", "seniority"} {
		order := s.order(dimension)
		for i, a := range order {
			for _, b := range order[i+1:] {
				all = append(all, s.gap(dimension, a, b)...)
			}
		}
	}
	return all
}

func (s *span) gap(dimension, a, b string) []*table {
	ofA, ofB := s.employees(dimension, a, ""), s.employees(dimension, b, "")
	least := min(ofA.people, ofB.people)
	if least < 20 {
		return nil
	}
	var all []*table
	for statistic, values := range map[string][3]*float64{"": newcombe(ofA, ofB), "ratio": ratioOf(ofA, ofB), "standardised": {s.standardised(dimension, a, b)}} {
		pair := []string{dimension + "_a", a, dimension + "_b", b}
		if statistic != "" {
			pair = append(pair, "statistic", statistic)
		}
		t := s.table("role_gap", level, anyInTotal, pair...)
		e := t.row(0, 0)
		e.value, e.float, e.low, e.high = &fraction{}, values[0], values[1], values[2]
		e.people, e.noNumerator, e.noDenominator = least, true, true
		e.veils = []string{rowKey("active_people", "any", map[string]string{dimension: a}), rowKey("active_people", "any", map[string]string{dimension: b})}
		all = append(all, t)
	}
	return all
}

// employees are the eligible ones with a value, in a department where one is given.
func (s *span) employees(dimension, value, department string) (of among) {
	for _, m := range s.members {
		if m.eligibleFor[0] && m.place["employment"] == "employee" && m.place[dimension] == value && (department == "" || m.place["department"] == department) {
			of.people++
			of.active += oneIf(m.activeWith[0])
		}
	}
	return of
}

const z = 1.959963984540054

func wilson(a among) (low, high float64) {
	n, p := float64(a.people), a.rate()
	middle, half := (p+z*z/(2*n))/(1+z*z/n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))/(1+z*z/n)
	return max(middle-half, 0), min(middle+half, 1)
}

// newcombe is the difference of two rates and its interval.
func newcombe(a, b among) [3]*float64 {
	lowA, highA := wilson(a)
	lowB, highB := wilson(b)
	gap := a.rate() - b.rate()
	low := gap - math.Sqrt(math.Pow(a.rate()-lowA, 2)+math.Pow(highB-b.rate(), 2))
	high := gap + math.Sqrt(math.Pow(highA-a.rate(), 2)+math.Pow(b.rate()-lowB, 2))
	return [3]*float64{&gap, &low, &high}
}

// ratioOf two rates, nothing where one of them is 0.
func ratioOf(a, b among) [3]*float64 {
	if a.active == 0 || b.active == 0 {
		return [3]*float64{}
	}
	ratio := a.rate() / b.rate()
	half := z * math.Sqrt(1/float64(a.active)-1/float64(a.people)+1/float64(b.active)-1/float64(b.people))
	low, high := math.Exp(math.Log(ratio)-half), math.Exp(math.Log(ratio)+half)
	return [3]*float64{&ratio, &low, &high}
}

// standardised weighs the gaps of the departments that have people of both by
// how many they are, nil where none has.
func (s *span) standardised(dimension, a, b string) *float64 {
	departments := map[string]bool{}
	for _, m := range s.members {
		departments[m.place["department"]] = true
	}
	sum, weights := 0.0, int64(0)
	for department := range departments {
		ofA, ofB := s.employees(dimension, a, department), s.employees(dimension, b, department)
		if ofA.people > 0 && ofB.people > 0 {
			sum += float64(ofA.people+ofB.people) * (ofA.rate() - ofB.rate())
			weights += ofA.people + ofB.people
		}
	}
	if weights == 0 {
		return nil
	}
	gap := sum / float64(weights)
	return &gap
}
