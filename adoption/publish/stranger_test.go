package publish

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestNoSystemOfEquationsFixesAHiddenCount solves all that exact rows say at
// once: over cells, tools, kinds of rows and statistics. Its unknowns are the
// people of each place, so that it needs none of the door's sums.
func TestNoSystemOfEquationsFixesAHiddenCount(t *testing.T) {
	for seed := range *companies / 10 {
		random := rand.New(rand.NewPCG(uint64(seed), 29))
		c := newCompany(random)
		for len(c.people) > 150 {
			c = newCompany(random)
		}
		k := 5 + 5*(seed%2)
		door, err := Open(c.draft, k)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range newStranger(c, door.Rows()).solve() {
			t.Errorf("company %d: %s", seed, found)
		}
		if t.Failed() {
			return
		}
	}
}

// TestTheStrangerFindsWhatIsShown too much, or its silence would prove nothing:
// each of the rows of one kind that are hidden besides is shown in turn.
func TestTheStrangerFindsWhatIsShown(t *testing.T) {
	for _, metric := range []string{"active_people", "tier_share", "idle_seats"} {
		found := false
		for seed := 0; seed < *companies && !found; seed++ {
			c := newCompany(rand.New(rand.NewPCG(uint64(seed), 31)))
			if len(c.people) > 150 {
				continue
			}
			d := &Door{structure: newStructure(len(c.draft.Cells), c.draft.Placements), draft: c.draft, k: 5}
			d.choose()
			for _, p := range d.patterns {
				for cell := range p.hidden {
					p.hidden[cell] = p.people[cell] < p.k
				}
			}
			d.look()
			for _, problem := range newStranger(c, d.Rows()).solve() {
				found = found || strings.HasPrefix(problem, metric)
			}
		}
		if !found {
			t.Errorf("nothing of %s follows in %d companies", metric, *companies)
		}
	}
}

// stranger knows who is where and what the rows say.
type stranger struct {
	c *company
	// places are the distinct places, of lists those of each cell.
	places [][]int32
	of     [][]int
	rows   []Row
	cells  map[string]int
	scopes map[string]int
	// unknown numbers a quantity of a place and scope.
	unknown map[string]int32
	system  [][]term
	// shown are quantities of cells that some row tells, dark rows tell none.
	shown, dark map[string]bool
}

func newStranger(c *company, rows []Row) *stranger {
	s := &stranger{c: c, rows: rows, of: make([][]int, len(c.cells)), cells: map[string]int{}, scopes: map[string]int{}, unknown: map[string]int32{},
		shown: map[string]bool{}, dark: map[string]bool{}}
	seen := map[string]bool{}
	for _, place := range c.draft.Placements {
		if name := fmt.Sprint(place); !seen[name] {
			seen[name] = true
			for _, cell := range place {
				s.of[cell] = append(s.of[cell], len(s.places))
			}
			s.places = append(s.places, place)
		}
	}
	for i, cell := range c.cells {
		s.cells[key(cell.Dimensions)] = i
	}
	for i, scope := range c.scopes {
		s.scopes[scope.Name] = i
	}
	return s
}

// number gives a quantity in the people of a place. What is a sum of other
// quantities has no number of its own.
func (s *stranger) number(quantity string, scope, place int) []term {
	var all []term
	switch quantity {
	case "eligible":
		for _, tier := range []string{"power", "habitual", "novice", "low", "none"} {
			all = append(all, s.own("tier "+tier, scope, place))
		}
	case "habit":
		all = append(all, s.own("tier power", scope, place), s.own("tier habitual", scope, place))
	case "active":
		for _, flow := range []string{"new", "retained", "returned"} {
			all = append(all, s.own("flow "+flow, scope, place))
		}
	case "twice":
		return s.both(place)
	case "uses":
		return s.below("active", scope, place)
	case "idle ":
		return append(s.below("idle never_used", scope, place), s.below("idle dormant", scope, place)...)
	case "idle never_used", "idle dormant", "idle monthly_usd":
		return s.below(quantity, scope, place)
	default:
		all = append(all, s.own(quantity, scope, place))
	}
	return all
}

// both are the people of two categories: whom they count more than any tool.
func (s *stranger) both(place int) []term {
	var all []term
	categories := 0
	for scope, one := range s.c.scopes {
		if one.Parent == 0 {
			categories++
			all = append(all, s.number("active", scope, place)...)
		}
	}
	if categories != 2 {
		return []term{s.own("twice", 0, place)}
	}
	for _, t := range s.number("active", 0, place) {
		all = append(all, term{t.unknown, prime - 1})
	}
	return all
}

// own numbers a quantity; scopes of the same tools share it.
func (s *stranger) own(quantity string, scope, place int) term {
	for same, one := range s.c.scopes {
		if slices.Equal(s.c.tools(one.Name), s.c.tools(s.c.scopes[scope].Name)) {
			scope = same
			break
		}
	}
	name := quantity + "|" + strconv.Itoa(scope) + "|" + strconv.Itoa(place)
	if _, known := s.unknown[name]; !known {
		s.unknown[name] = int32(len(s.unknown))
	}
	return term{s.unknown[name], 1}
}

// below adds up over the single tools of a scope.
func (s *stranger) below(quantity string, scope, place int) []term {
	var all []term
	for _, tool := range s.c.tools(s.c.scopes[scope].Name) {
		if quantity == "active" {
			all = append(all, s.number(quantity, s.scopes[tool], place)...)
		} else {
			all = append(all, s.own(quantity, s.scopes[tool], place))
		}
	}
	return all
}

// inCell gives a quantity of a cell; people who left are in the total alone.
func (s *stranger) inCell(quantity string, scope, cell int) []term {
	if quantity == "idle left" {
		return s.below(quantity, scope, 0)
	}
	var all []term
	for _, place := range s.of[cell] {
		all = append(all, s.number(quantity, scope, place)...)
	}
	if cell == total && (quantity == "idle ") {
		all = append(all, s.below("idle left", scope, 0)...)
	}
	if cell == total && (quantity == "idle monthly_usd") {
		all = append(all, s.below("cost of left", scope, 0)...)
	}
	return all
}

// read takes in what the rows tell exactly.
func (s *stranger) read() {
	for i := range s.rows {
		r := &s.rows[i]
		quantities := s.quantities(r)
		s.note(r, quantities[0], r.Numerator)
		s.note(r, quantities[1], r.Denominator)
		if r.Metric == "adoption_rate" && r.Group != nil && !strings.Contains(string(*r.Group), "-") {
			n := 1.0
			s.note(r, "eligible", &n)
		}
	}
}

// quantities are what the row counts above and below.
func (s *stranger) quantities(r *Row) []string {
	t := Table{Metric: r.Metric, Dimensions: map[string]string{}}
	for name, value := range r.Dimensions {
		if !slices.Contains(dimensions, name) {
			t.Dimensions[name] = value
		}
	}
	numerator, denominator := spyShows(&t)
	return []string{numerator, denominator}
}

func (s *stranger) note(r *Row, quantity string, shown *float64) {
	if quantity == "" {
		return
	}
	at := quantity + "|" + r.Tool + "|" + key(r.cut())
	if shown == nil {
		// What is blunted in one row may follow, though another hides it.
		was, met := s.dark[at]
		s.dark[at] = r.Suppressed && (was || !met)
		return
	}
	if !s.shown[at] {
		s.shown[at] = true
		s.system = append(s.system, s.inCell(quantity, s.scopes[r.Tool], s.cells[key(r.cut())]))
	}
}

// solve draws numbers of people in which all that is shown is 0, and returns
// the dark quantities that are 0 in them: they follow.
func (s *stranger) solve() (found []string) {
	s.read()
	dark := map[string][]term{}
	for i := range s.rows {
		r := &s.rows[i]
		for _, quantity := range s.quantities(r) {
			at := quantity + "|" + r.Tool + "|" + key(r.cut())
			if s.dark[at] && !s.shown[at] && quantity != "uses" && quantity != "twice" {
				dark[r.Metric+" "+at] = s.inCell(quantity, s.scopes[r.Tool], s.cells[key(r.cut())])
			}
		}
	}
	system := newSystem(len(s.unknown))
	slices.SortStableFunc(s.system, func(a, b []term) int { return len(a) - len(b) })
	for _, row := range s.system {
		system.insert(row)
	}
	solution := system.solution()
	for at, terms := range dark {
		var value uint64
		for _, t := range terms {
			value = add(value, multiply(t.factor, solution[t.unknown]))
		}
		if value == 0 && len(terms) > 0 {
			found = append(found, at)
		}
	}
	slices.Sort(found)
	return found
}
