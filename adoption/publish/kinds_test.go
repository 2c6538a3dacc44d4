package publish

import "fmt"

// spyQuantity is a number that rows show above or below the line.
type spyQuantity struct {
	name        string
	scope, cell int
}

// spyEquation says that its quantities, some of them counted against, are 0.
type spyEquation []spyQuantity

// spyShows names what the numerator and the denominator of each kind of row count.
func spyShows(t *Table) (numerator, denominator string) {
	value := ""
	for _, v := range t.Dimensions {
		value = v
	}
	switch t.Metric + value {
	case "active_people":
		return "active", ""
	case "adoption_rate":
		return "adopted", "eligible"
	case "reach":
		return "reached", "employed"
	case "coverage":
		return "heard", "eligible"
	case "stickiness":
		return "days of people", "active"
	case "stickinesswau_28d":
		return "active", "active in 28 days"
	case "depth":
		return "", "days"
	case "breadth":
		return "uses", "active"
	case "breadthtwo_categories":
		return "twice", "active"
	case "seat_use":
		return "used seats", "holders"
	case "retention":
		return "kept", "flow new"
	case "concentration":
		return "", "prompts"
	case "concentrationgini":
		return "", ""
	case "habit_rate":
		return "habit", "eligible"
	}
	return map[string]string{"tier_share": "tier ", "flow": "flow ", "idle_seats": "idle "}[t.Metric] + value, map[bool]string{true: "eligible"}[t.Metric == "tier_share"]
}

// byKinds subtracts the counts of all kinds of rows from each other: over
// cells, over tools, and over the statistics of a metric.
func (s *spying) byKinds() {
	known, dark := map[spyQuantity]bool{}, map[spyQuantity]bool{}
	names := map[string]bool{}
	for i := range s.c.draft.Tables {
		t := &s.c.draft.Tables[i]
		s.bySumsOf(t)
		numerator, denominator := spyShows(t)
		for scope := range s.c.scopes {
			for cell := range s.c.cells {
				r := s.kind(t, scope, cell)
				for name, shown := range map[string]bool{numerator: r != nil && r.Numerator != nil, denominator: r != nil && r.Denominator != nil} {
					if q := (spyQuantity{name, scope, cell}); name != "" && r != nil {
						names[name] = true
						known[q] = known[q] || shown
						if was, met := dark[q]; !met || was {
							dark[q] = r.Suppressed
						}
					}
				}
			}
		}
	}
	s.peel(s.equations(names), known, dark)
}

// kind is the row of a table, which is looked up once.
func (s *spying) kind(t *Table, scope, cell int) *Row {
	if s.kinds == nil {
		s.kinds = map[*Table][]*Row{}
	}
	if s.kinds[t] == nil {
		for scope := range s.c.scopes {
			for cell := range s.c.cells {
				dimensions := map[string]string{}
				for _, of := range []map[string]string{s.c.cells[cell].Dimensions, t.Dimensions} {
					for name, value := range of {
						dimensions[name] = value
					}
				}
				s.kinds[t] = append(s.kinds[t], s.at[spyKey(t.Metric, s.c.scopes[scope].Name, dimensions)])
			}
		}
	}
	return s.kinds[t][scope*len(s.c.cells)+cell]
}

// bySumsOf holds rules 15 and 17 for a kind of row.
func (s *spying) bySumsOf(t *Table) {
	s.kind(t, 0, 0)
	rows, cells := s.kinds[t], len(s.c.cells)
	for scope := range s.c.scopes {
		for cell := range s.c.cells {
			if r := rows[scope*cells+cell]; r != nil && !r.Suppressed && s.c.draft.people(t, scope, cell) < max(int64(s.k), t.LeastPeople) {
				s.found = append(s.found, fmt.Sprintf("rule 15: %s %v %s", t.Metric, r.Dimensions, r.Tool))
			}
		}
		for _, sum := range s.sums {
			whole, dark := rows[scope*cells+sum[0][0]], 0
			for _, cell := range sum[1] {
				if r := rows[scope*cells+cell]; r == nil {
					dark = -cells
				} else if r.Suppressed {
					dark++
				}
			}
			if t.counted() && whole != nil && (whole.Suppressed && dark == 0 || !whole.Suppressed && dark == 1) {
				s.found = append(s.found, fmt.Sprintf("rule 17: one number of %s hidden in the sum of %v, %s", t.Metric, whole.Dimensions, whole.Tool))
			}
		}
	}
}

func (s *spying) equations(names map[string]bool) (all []spyEquation) {
	for scope := range s.c.scopes {
		for name := range names {
			for _, sum := range s.sums {
				if e := spyCells(name, scope, sum); e != nil {
					all = append(all, e)
				}
			}
			for cell := range s.c.cells {
				if e := s.overTools(name, scope, cell); e != nil {
					all = append(all, e)
				}
			}
		}
		for cell := range s.c.cells {
			at := func(names ...string) (e spyEquation) {
				for _, name := range names {
					e = append(e, spyQuantity{name, scope, cell})
				}
				return e
			}
			all = append(all, at("eligible", "tier power", "tier habitual", "tier novice", "tier low", "tier none"), at("habit", "tier power", "tier habitual"),
				at("active", "flow new", "flow retained", "flow returned"))
			if cell != total {
				all = append(all, at("idle ", "idle never_used", "idle dormant"))
			} else {
				all = append(all, at("idle ", "idle never_used", "idle dormant", "idle left"))
			}
		}
	}
	return all
}

// spyCells adds up over cells what does; of idle seats the total has those of
// people who left besides.
func spyCells(name string, scope int, sum [2][]int) (e spyEquation) {
	for _, side := range sum {
		for _, cell := range side {
			if cell == total && (name == "idle monthly_usd" || name == "idle left") {
				return nil
			}
			if cell == total && name == "idle " {
				e = append(e, spyQuantity{"idle left", scope, cell})
			}
			e = append(e, spyQuantity{name, scope, cell})
		}
	}
	return e
}

// overTools adds up idle seats and uses over tools, and active people over two
// categories with those who are in both.
func (s *spying) overTools(name string, scope, cell int) (e spyEquation) {
	var children []int
	for child, c := range s.c.scopes {
		if c.Parent == scope {
			children = append(children, child)
		}
	}
	of := func(child int) string { return name }
	switch {
	case len(children) == 0:
		return nil
	case name == "uses":
		of = func(child int) string { return map[bool]string{true: "active", false: "uses"}[s.c.leaf(child)] }
	case name == "twice" && scope == 0 && len(children) == 2:
		of = func(child int) string { return "active" }
		e = append(e, spyQuantity{"active", scope, cell})
	case len(name) < 4 || name[:4] != "idle":
		return nil
	}
	e = append(e, spyQuantity{name, scope, cell})
	for _, child := range children {
		e = append(e, spyQuantity{of(child), child, cell})
	}
	return e
}

// peel solves equations with one unknown until there is none. Sums of shown
// people that a table of uses hides, or of two categories, are no secret.
func (s *spying) peel(equations []spyEquation, known, dark map[spyQuantity]bool) {
	for moved := true; moved; {
		moved = false
		for i, e := range equations {
			unknown, at := 0, spyQuantity{}
			for _, q := range e {
				if !known[q] {
					unknown, at = unknown+1, q
				}
			}
			if unknown == 0 {
				equations[i] = nil
			}
			if unknown != 1 {
				continue
			}
			known[at], moved = true, true
			if dark[at] && at.name != "uses" && at.name != "twice" {
				s.found = append(s.found, fmt.Sprintf("rule 18: sums of all kinds fix %s of %v, %s", at.name, s.c.cells[at.cell].Dimensions, s.c.scopes[at.scope].Name))
			}
		}
	}
}
