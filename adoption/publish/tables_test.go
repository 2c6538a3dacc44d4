package publish

import (
	"math/rand/v2"
	"slices"
)

// only leaves the rows of some scopes and cells.
func (c *company) only(counts Counts, has func(scope, cell int) bool) Counts {
	some := slices.Clone(counts)
	for scope := range c.scopes {
		for cell := range c.cells {
			if !has(scope, cell) {
				some[scope*len(c.cells)+cell] = noRow
			}
		}
	}
	return some
}

// statistic is a table of a metric for one of its kinds of rows.
func statistic(metric, name, value string, t Table) Table {
	t.Metric, t.Definition = metric, metric+".v1"
	if value != "" {
		t.Dimensions = map[string]string{name: value}
	}
	return t
}

// testTiers are the marks of tiers. Those of random people have nothing to do
// with those of their other tools, which "!everywhere" says.
var testTiers = map[string][]string{"power": {"habit", "power", "!everywhere"}, "habitual": {"habit", "!power", "!everywhere"},
	"novice": {"novice", "!habit"}, "low": {"low", "!habit", "!novice"}, "none": {"!active", "!habit", "!novice", "!low"}}

// makeMore adds tables of all forms beside those of plain people.
func (c *company) makeMore(active func(p person, s string) bool) {
	d := c.draft
	people := d.Tables[0].Numerator
	marks := d.Tables[0].NumeratorOf
	add := func(metric, name, value string, t Table) {
		d.Tables = append(d.Tables, statistic(metric, name, value, t))
	}
	for _, tier := range []string{"power", "habitual", "novice", "low", "none"} {
		add("tier_share", "tier", tier, Table{Form: PeopleRate, Numerator: c.count(func(p person, s string) bool { return p.eligible[s] && p.tier[s] == tier }), Denominator: d.Eligible,
			NumeratorOf: append([]string{"eligible", "employed"}, testTiers[tier]...), DenominatorOf: d.EligibleOf})
	}
	add("habit_rate", "", "", Table{Form: PeopleRate, Denominator: d.Eligible, NumeratorOf: []string{"eligible", "employed", "habit", "!everywhere"}, DenominatorOf: d.EligibleOf,
		Numerator: c.count(func(p person, s string) bool {
			return p.eligible[s] && (p.tier[s] == "power" || p.tier[s] == "habitual")
		})})
	for _, flow := range []string{"new", "retained", "returned", "lapsed"} {
		add("flow", "flow", flow, Table{Form: Count, Numerator: c.count(func(p person, s string) bool { return p.flow[s] == flow })})
	}
	days := c.sum(func(p person, s string) int64 { return p.days[s] })
	add("stickiness", "", "", Table{Form: Ratio, Numerator: days, Denominator: people, Scale: 5, People: people, PeopleOf: marks})
	values := make([]float64, len(days))
	for at := range values {
		values[at] = float64(days[at]%13) / 2
	}
	add("depth", "", "", Table{Form: Level, Values: values, Denominator: days, People: people, PeopleOf: marks})
	uses := c.sum(func(p person, s string) (n int64) {
		for _, tool := range c.tools(s) {
			n += count1(p.active[tool])
		}
		return n
	})
	inner := func(scope, _ int) bool { return !c.leaf(scope) }
	add("breadth", "", "", Table{Form: Level, Numerator: c.only(uses, inner), Denominator: people, DenominatorOf: marks, People: people, PeopleOf: marks, Uses: true})
	twice := c.count(func(p person, s string) bool { return c.categories(p) > 1 })
	add("breadth", "statistic", "two_categories", Table{Form: PeopleRate, Numerator: c.only(twice, func(scope, _ int) bool { return scope == 0 }), Denominator: people,
		NumeratorOf: append([]string{"twice"}, marks...), DenominatorOf: marks, People: people, PeopleOf: marks, Twice: true})
	c.makeSeats(add)
	cohort := c.count(func(p person, s string) bool { return p.cohort[s] })
	add("retention", "", "", Table{Form: PeopleRate, Numerator: c.count(func(p person, s string) bool { return p.cohort[s] && p.kept[s] }), Denominator: cohort, People: cohort})
	prompts := c.sum(func(p person, s string) int64 { return count1(p.eligible[s]) * p.days[s] * 7 })
	top := slices.Clone(prompts)
	for at := range top {
		top[at] = (prompts[at] + 2) / 3
	}
	add("concentration", "", "", Table{Form: Ratio, Numerator: top, Denominator: prompts, LeastPeople: 30})
	add("concentration", "statistic", "gini", Table{Form: Level, Values: values, LeastPeople: 10})
	veiled, random := make([]bool, len(people)), rand.New(rand.NewPCG(uint64(len(people)), 1))
	for at := range veiled {
		veiled[at] = random.IntN(20) == 0
	}
	for scope, s := range c.scopes {
		// The only tool of a category is that category.
		if s.Parent >= 0 && slices.Equal(c.tools(s.Name), c.tools(c.scopes[s.Parent].Name)) {
			copy(veiled[scope*len(c.cells):], veiled[s.Parent*len(c.cells):(s.Parent+1)*len(c.cells)])
		}
	}
	add("stickiness", "statistic", "wau_28d", Table{Form: Ratio, Numerator: people, Denominator: c.sum(func(p person, s string) int64 { return count1(p.active[s] || p.kept[s]) }),
		People: people, Veiled: veiled})
}

func (c *company) makeSeats(add func(metric, name, value string, t Table)) {
	holders := c.count(func(p person, s string) bool {
		return slices.ContainsFunc(c.tools(s), func(tool string) bool { return p.holder[tool] })
	})
	single := func(scope, _ int) bool { return c.leaf(scope) }
	add("seat_use", "", "", Table{Form: PeopleRate, Numerator: c.only(c.count(func(p person, s string) bool { return p.holder[s] && p.active[s] }), single), Denominator: holders,
		NumeratorOf: []string{"active", "heard", "holder"}, DenominatorOf: []string{"holder"}, People: holders, PeopleOf: []string{"holder"}})
	idle := func(kinds ...int64) Counts {
		return c.sum(func(p person, s string) (n int64) {
			for _, tool := range c.tools(s) {
				n += count1(p.holder[tool] && slices.Contains(kinds, p.idle[tool]))
			}
			return n
		})
	}
	left := make(Counts, len(holders))
	all, cost := idle(1, 2), idle(1, 2)
	for scope := range c.scopes {
		at := scope * len(c.cells)
		left[at] = int64(len(c.tools(c.scopes[scope].Name)))
		all[at] += left[at]
	}
	for at := range cost {
		cost[at] = all[at] * 19_990_000
	}
	seats := Table{Form: Count, People: holders, AddsOverTools: true}
	for _, kind := range []struct {
		name   string
		counts Counts
	}{{"left", c.only(left, func(_, cell int) bool { return cell == total })}, {"", all}, {"never_used", idle(1)}, {"dormant", idle(2)}, {"monthly_usd", cost}} {
		seats.Numerator, seats.Scale = kind.counts, 0
		if kind.name == "monthly_usd" {
			seats.Scale = 1e6
		}
		add("idle_seats", "statistic", kind.name, seats)
	}
}

// categories is in how many a person is active.
func (c *company) categories(p person) (n int) {
	for _, s := range c.scopes {
		if s.Parent == 0 && p.active[s.Name] {
			n++
		}
	}
	return n
}

func count1(is bool) int64 {
	if is {
		return 1
	}
	return 0
}
