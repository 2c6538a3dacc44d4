package figure

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
)

var roleGap = Metric{
	Name:    "role_gap",
	Version: 1,
	Words: "How far apart two roles, or two levels of seniority, are: the difference of their shares of people active in 28 days, of those eligible in them. Employees only, any tool, the whole company; " +
		"both with 20 people or more. The interval is Newcombe's; the gap is real where it does not hold 0.",
	Formula: "active and eligible ÷ eligible of a − the same of b",
	Unit:    "difference of shares, -1 to 1",
	Source:  "Newcombe 1998; the gap between executives and entry-level people in surveys",
	Statistics: []Statistic{
		gapOf("", "", readGaps(func(a, b gapGroup) (value, low, high float64) { return difference(a.all, b.all) })),
		gapOf("ratio", "the one share ÷ the other, with the interval of its logarithm", readGaps(func(a, b gapGroup) (value, low, high float64) { return ratio(a.all, b.all) })),
		gapOf(standardisedGap, "the gap if both had the departments of the two together", readGaps(standardised)),
	},
}

// standardisedGap is the statistic that is a mean of the gaps in departments.
const standardisedGap = "standardised"

// leastGap is the least number of people on each side of a gap.
const leastGap = 20

func gapOf(statistic, words string, read reader) Statistic {
	s := Statistic{Words: words, Grains: []Grain{Window}, LookBack: 3, Form: Level, Rows: AnyTool, Cuts: OnlyTotal, Least: leastGap, read: read}
	if statistic != "" {
		s.Dimensions = map[string]string{"statistic": statistic}
	}
	return s
}

// seniorities in the order in which gaps between them are told.
var seniorities = []string{"executive", "manager", "professional", "entry"}

// gapGroup is one side of a gap.
type gapGroup struct {
	name        string
	all         rate
	departments map[string]rate
	// active are all active people of the group, whoever employs them.
	active int64
}

// countsAll tells whether gaps count all active people of the company: then
// nobody is active whom no group of a gap counts, contractors for one.
func countsAll(groups []gapGroup) bool {
	var active, counted int64
	for _, g := range groups {
		active += g.active
		if g.all.denominator >= leastGap {
			counted += g.all.numerator
		}
	}
	return active == counted
}

// gapSQL counts the employees of each value of a dimension by department, and
// all who are active beside them.
func (c *calculation) gapSQL(dimension string) string {
	return fmt.Sprintf(`
SELECT toString(%[1]s), toString(department), toInt64(countIf(hired AND eligible AND active)), toInt64(countIf(hired AND eligible)), toInt64(countIf(active))
FROM (SELECT *, employment = 'employee' AS hired FROM %[2]s WHERE scope = '%[3]s') GROUP BY %[1]s, department`, dimension, c.standing, anyTool)
}

// gapGroups are read once for all that is told of their gaps.
func (c *calculation) gapGroups(ctx context.Context, dimension string) (groups []gapGroup, err error) {
	if c.gaps[dimension] == nil {
		if groups, err = c.readGapGroups(ctx, dimension); err != nil {
			return nil, err
		}
		c.gaps[dimension] = groups
	}
	return c.gaps[dimension], nil
}

func (c *calculation) readGapGroups(ctx context.Context, dimension string) ([]gapGroup, error) {
	rows, err := c.conn.Query(ctx, c.gapSQL(dimension))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	groups := map[string]*gapGroup{}
	for rows.Next() {
		var name, department string
		var r rate
		var active int64
		if err := rows.Scan(&name, &department, &r.numerator, &r.denominator, &active); err != nil {
			return nil, err
		}
		if groups[name] == nil {
			groups[name] = &gapGroup{name: name, departments: map[string]rate{}}
		}
		groups[name].departments[department] = r
		groups[name].all.numerator += r.numerator
		groups[name].all.denominator += r.denominator
		groups[name].active += active
	}
	var all []gapGroup
	for _, name := range gapOrder(dimension, groups) {
		all = append(all, *groups[name])
	}
	return all, rows.Err()
}

func gapOrder(dimension string, groups map[string]*gapGroup) []string {
	names := slices.Sorted(maps.Keys(groups))
	if dimension == "seniority" {
		slices.SortStableFunc(names, func(a, b string) int { return slices.Index(seniorities, a) - slices.Index(seniorities, b) })
	}
	return names
}

// readGaps has a table for each two values of role and of seniority.
func readGaps(compare func(a, b gapGroup) (value, low, high float64)) reader {
	return func(ctx context.Context, c *calculation, m Metric, s Statistic) ([]Table, error) {
		var tables []Table
		for _, dimension := range []string{"role", "seniority"} {
			groups, err := c.gapGroups(ctx, dimension)
			if err != nil {
				return nil, err
			}
			for i, a := range groups {
				for _, b := range groups[i+1:] {
					if min(a.all.denominator, b.all.denominator) >= leastGap {
						tables = append(tables, c.gap(m, s, dimension, a, b, compare))
					}
				}
			}
		}
		return tables, nil
	}
}

func (c *calculation) gap(m Metric, s Statistic, dimension string, a, b gapGroup, compare func(a, b gapGroup) (value, low, high float64)) Table {
	t := Table{Metric: m, Statistic: s, Dimensions: map[string]string{dimension + "_a": a.name, dimension + "_b": b.name}, Single: true,
		Numerator: []int64{0}, People: []int64{min(a.all.denominator, b.all.denominator)}}
	maps.Copy(t.Dimensions, s.Dimensions)
	value, low, high := compare(a, b)
	t.Values, t.Low, t.High = []float64{value}, []float64{low}, []float64{high}
	for j, cell := range c.Cells {
		d := cell.Dimensions()
		own := d[dimension] == a.name || d[dimension] == b.name
		switch {
		case own && len(d) == 1, d["employment"] != "" && countsAll(c.gaps[dimension]):
			t.HiddenWith = append(t.HiddenWith, int32(j))
		case own && d["department"] != "" && s.Dimensions["statistic"] == standardisedGap && shared(a, b, d["department"]):
			t.Mixes = append(t.Mixes, int32(j))
		}
	}
	return t
}

// shared tells whether a department has people of both groups.
func shared(a, b gapGroup, department string) bool {
	return a.departments[department].denominator > 0 && b.departments[department].denominator > 0
}

// standardised weighs the gaps within departments by the people of both.
func standardised(a, b gapGroup) (value, low, high float64) {
	var gaps, weights float64
	for _, department := range slices.Sorted(maps.Keys(a.departments)) {
		x, y := a.departments[department], b.departments[department]
		if shared(a, b, department) {
			weight := float64(x.denominator + y.denominator)
			gaps += weight * (x.value() - y.value())
			weights += weight
		}
	}
	return gaps / weights, math.NaN(), math.NaN()
}
