package publish

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// person is a member of a random company, with what the counts need.
type person struct {
	place    map[string]string
	eligible map[string]bool
	active   map[string]bool
	employed bool
	heard    bool
	// tier and flow per scope, days of use and idle seats, a cohort and who of it stayed.
	tier, flow   map[string]string
	days, idle   map[string]int64
	holder       map[string]bool
	cohort, kept map[string]bool
}

// company is a random set of people and the draft of a week that they make.
type company struct {
	people []person
	scopes []Scope
	cells  []Cell
	member [][]int
	draft  *Draft
}

var testCuts = [][]string{{}, {"region"}, {"department"}, {"team"}, {"role"}, {"seniority"}, {"employment"},
	{"department", "role"}, {"department", "seniority"}, {"region", "role"}, {"region", "seniority"}}

// testTools has a category with two tools, one with one, and so on.
var testTools = map[string]string{"a1": "coding", "a2": "coding", "b1": "chat", "c1": "office", "c2": "office", "c3": "office"}

func newCompany(random *rand.Rand) *company {
	c := &company{}
	size := 1 + random.IntN(60)
	if random.IntN(3) > 0 {
		size = 20 + random.IntN(500)
	}
	c.makeScopes(1 + random.IntN(len(testTools)))
	regions, departments := 1+random.IntN(4), 1+random.IntN(6)
	roles, seats := 1+random.IntN(8), random.Float64()
	nested, use := random.IntN(2) == 0, random.Float64()
	teamSize := 3 + random.IntN(25)
	for i := range size {
		c.people = append(c.people, c.newPerson(random, i, regions, departments, roles, teamSize, seats, use, nested))
	}
	c.makeDraft()
	return c
}

func (c *company) makeScopes(tools int) {
	c.scopes = []Scope{{Name: "any", Parent: -1}}
	index := map[string]int{}
	names := slices.Sorted(maps.Keys(testTools))[:tools]
	for _, tool := range names {
		category := "category:" + testTools[tool]
		if _, known := index[category]; !known {
			index[category] = len(c.scopes)
			c.scopes = append(c.scopes, Scope{Name: category, Parent: 0})
		}
	}
	for _, tool := range names {
		c.scopes = append(c.scopes, Scope{Name: tool, Parent: index["category:"+testTools[tool]]})
	}
}

func (c *company) newPerson(random *rand.Rand, i, regions, departments, roles, teamSize int, seats, use float64, nested bool) person {
	team := i / teamSize
	department, region := team%departments, team%regions
	role := random.IntN(roles)
	if nested {
		role += 10 * department
	}
	if random.IntN(30) == 0 {
		department, region = random.IntN(departments), random.IntN(regions)
	}
	p := person{eligible: map[string]bool{}, active: map[string]bool{}, place: map[string]string{
		"region": fmt.Sprint("g", region), "department": fmt.Sprint("d", department), "team": fmt.Sprint("t", team), "role": fmt.Sprint("r", role),
		"seniority":  []string{"executive", "manager", "professional", "professional", "entry", "entry"}[random.IntN(6)],
		"employment": []string{"employee", "employee", "employee", "contractor"}[random.IntN(4)]}}
	p.employed = random.IntN(40) > 0
	p.heard = random.IntN(10) > 0
	for _, s := range c.scopes {
		if strings.Contains(s.Name, ":") || s.Name == "any" {
			continue
		}
		entitled := random.Float64() < seats || s.Name == "a1" && department == 0
		active := random.Float64() < use*[]float64{0, 0.3, 1, 1.4}[random.IntN(4)]
		for _, name := range []string{s.Name, c.scopes[s.Parent].Name, "any"} {
			p.eligible[name] = p.eligible[name] || entitled && p.employed
			p.active[name] = p.active[name] || active
			p.heard = p.heard || active
		}
	}
	c.live(random, &p)
	return p
}

// live draws what the metrics over fewer people count.
func (c *company) live(random *rand.Rand, p *person) {
	p.tier, p.flow, p.days, p.idle = map[string]string{}, map[string]string{}, map[string]int64{}, map[string]int64{}
	p.holder, p.cohort, p.kept = map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := len(c.scopes) - 1; i >= 0; i-- {
		s := c.scopes[i]
		p.tier[s.Name] = []string{"none", "none", "low", "novice", "habitual", "power"}[random.IntN(6)]
		if p.active[s.Name] {
			p.tier[s.Name] = []string{"low", "novice", "novice", "habitual", "power"}[random.IntN(5)]
			p.flow[s.Name] = []string{"new", "retained", "retained", "returned"}[random.IntN(4)]
			p.days[s.Name] = 1 + random.Int64N(5)
		} else if random.IntN(10) == 0 {
			p.flow[s.Name] = "lapsed"
		}
		if tools := c.tools(s.Name); !c.leaf(i) && len(tools) == 1 {
			p.tier[s.Name], p.flow[s.Name], p.days[s.Name] = p.tier[tools[0]], p.flow[tools[0]], p.days[tools[0]]
		}
		p.cohort[s.Name], p.kept[s.Name] = p.flow[s.Name] == "new", random.IntN(2) == 0
		if c.leaf(i) && random.IntN(3) > 0 {
			p.holder[s.Name] = p.eligible[s.Name]
			p.idle[s.Name] = random.Int64N(3)
		}
	}
}

func (c *company) leaf(scope int) bool {
	return scope > 0 && !strings.Contains(c.scopes[scope].Name, ":")
}

// tools are the single tools of a scope.
func (c *company) tools(name string) (tools []string) {
	for i, s := range c.scopes {
		if c.leaf(i) && (name == "any" || name == s.Name || name == c.scopes[s.Parent].Name) {
			tools = append(tools, s.Name)
		}
	}
	return tools
}

func (c *company) makeDraft() {
	index := map[string]int{}
	for _, cut := range testCuts {
		for i, p := range c.people {
			key, dimensions := cellKey(cut, p.place)
			if _, known := index[key]; !known {
				index[key] = len(c.cells)
				c.cells = append(c.cells, Cell{dimensions})
				c.member = append(c.member, nil)
			}
			c.member[index[key]] = append(c.member[index[key]], i)
		}
	}
	c.draft = &Draft{Grain: "week", Period: time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC), Final: true, Scopes: c.scopes, Cells: c.cells,
		EligibleOf: []string{"employed", "eligible"}}
	for _, p := range c.people {
		var placement []int32
		for _, cut := range testCuts {
			key, _ := cellKey(cut, p.place)
			placement = append(placement, int32(index[key]))
		}
		c.draft.Placements = append(c.draft.Placements, placement)
	}
	c.makeTables()
}

func cellKey(cut []string, place map[string]string) (string, map[string]string) {
	key, dimensions := strings.Join(cut, ","), map[string]string{}
	for _, d := range cut {
		key += "|" + place[d]
		dimensions[d] = place[d]
	}
	return key, dimensions
}

// sum adds up a number of people per scope and cell.
func (c *company) sum(of func(p person, scope string) int64) Counts {
	sums := make(Counts, 0, len(c.scopes)*len(c.cells))
	for _, s := range c.scopes {
		for _, members := range c.member {
			n := int64(0)
			for _, i := range members {
				n += of(c.people[i], s.Name)
			}
			sums = append(sums, n)
		}
	}
	return sums
}

// count counts people per scope and cell.
func (c *company) count(is func(p person, scope string) bool) Counts {
	counts := make(Counts, 0, len(c.scopes)*len(c.cells))
	for _, s := range c.scopes {
		for _, members := range c.member {
			n := int64(0)
			for _, i := range members {
				if is(c.people[i], s.Name) {
					n++
				}
			}
			counts = append(counts, n)
		}
	}
	return counts
}

func (c *company) makeTables() {
	active := func(p person, s string) bool { return p.active[s] }
	eligible := func(p person, s string) bool { return p.eligible[s] }
	employed := func(p person, s string) bool { return p.employed }
	c.draft.Eligible = c.count(eligible)
	c.draft.Tables = []Table{
		{Metric: "active_people", Definition: "active_people.v1", Form: Count, Numerator: c.count(active), NumeratorOf: []string{"active", "heard"}},
		{Metric: "adoption_rate", Definition: "adoption_rate.v1", Form: PeopleRate,
			Numerator:   c.count(func(p person, s string) bool { return p.active[s] && p.eligible[s] }),
			Denominator: c.draft.Eligible, NumeratorOf: []string{"active", "employed", "eligible", "heard"}, DenominatorOf: c.draft.EligibleOf},
		{Metric: "reach", Definition: "reach.v1", Form: PeopleRate,
			Numerator:   c.count(func(p person, s string) bool { return p.active[s] && p.employed }),
			Denominator: c.count(employed), NumeratorOf: []string{"active", "employed", "heard"}, DenominatorOf: []string{"employed"}},
		{Metric: "coverage", Definition: "coverage.v1", Form: PeopleRate,
			Numerator:   c.count(func(p person, s string) bool { return p.heard && p.eligible[s] }),
			Denominator: c.draft.Eligible, NumeratorOf: []string{"employed", "eligible", "heard"}, DenominatorOf: c.draft.EligibleOf},
	}
	c.makeMore(active)
}
