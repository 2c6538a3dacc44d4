package publish

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestTheSpyFindsWhatEachRuleHides switches one rule off at a time; the spy
// must find a disclosure in some company, or its silence would prove nothing.
func TestTheSpyFindsWhatEachRuleHides(t *testing.T) {
	for name, open := range map[string]func(d *Door) []Row{
		"15, small groups": func(d *Door) []Row {
			d.k = 2
			d.choose()
			d.look()
			return d.Rows()
		},
		"16, blunted numbers": func(d *Door) []Row {
			d.choose()
			d.look()
			if err := d.defend(); err != nil {
				t.Error(err)
			}
			return sharpened(d)
		},
		"17, further cells": func(d *Door) []Row {
			d.choose()
			d.look()
			for _, p := range d.patterns {
				for c := range p.hidden {
					p.hidden[c] = p.people[c] < p.k
				}
			}
			return d.Rows()
		},
		"18, sums taken together": func(d *Door) []Row {
			d.choose()
			d.look()
			for scope := range d.patterns {
				d.patterns[scope] = alone(d, scope)
			}
			return d.Rows()
		},
		"18, bounds": func(d *Door) []Row {
			d.choose()
			d.look()
			return d.Rows()
		},
		"18, sums over tools": func(d *Door) []Row {
			d.choose()
			d.look()
			if err := d.defend(); err != nil {
				t.Error(err)
			}
			d.chooseFewer()
			d.chooseAdditive()
			return d.Rows()
		},
		"17, fewer people": func(d *Door) []Row {
			d.choose()
			d.look()
			if err := d.defend(); err != nil {
				t.Error(err)
			}
			return d.Rows()
		},
	} {
		t.Run(name, func(t *testing.T) {
			rule := "rule " + name[:2]
			if rule == "rule 16" {
				rule = "rule 18"
			}
			for seed := range *companies {
				c := newCompany(rand.New(rand.NewPCG(uint64(seed), 7)))
				d := &Door{structure: newStructure(len(c.draft.Cells), c.draft.Placements), draft: c.draft, k: 5}
				found := spy(c, open(d), 5)
				if slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, rule) }) {
					return
				}
			}
			t.Errorf("no disclosure in %d companies", *companies)
		})
	}
}

// sharpened shows the counts of all cells that are not hidden.
func sharpened(d *Door) []Row {
	var rows []Row
	for i := range d.views {
		v := &d.views[i]
		d.each(v, func(scope, cell int, g glimpse) {
			if g.sight != hidden {
				g = blank(exact, g.people)
				g.fill(v.Table, d.draft.at(scope, cell))
			}
			rows = append(rows, d.rowOf(v, scope, cell, g))
		})
	}
	return rows
}

// alone protects each sum by itself only.
func alone(d *Door, scope int) *pattern {
	people := d.draft.Eligible[d.draft.at(scope, 0):d.draft.at(scope+1, 0)]
	q := &pattern{structure: d.structure, k: d.k, people: people, press: 4, worth: worth(d.structure, people),
		hidden: make([]bool, d.cells), tally: make([]tally, len(d.sums)), queued: make([]bool, len(d.sums))}
	q.start(nil)
	q.settle()
	return q
}

// TestALaterVersionHidesWhatAnEarlierOneHid, so that two versions of a week
// cannot be subtracted from each other; without rule 13 the spy finds some.
func TestALaterVersionHidesWhatAnEarlierOneHid(t *testing.T) {
	for name, keeps := range map[string]bool{"13": true, "13, versions apart": false} {
		t.Run(name, func(t *testing.T) {
			for seed := range 25 {
				if found := spyVersions(t, seed, keeps); found != "" {
					if keeps {
						t.Fatalf("company %d: %s was hidden and is shown", seed, found)
					}
					return
				}
			}
			if !keeps {
				t.Error("no disclosure")
			}
		})
	}
}

// spyVersions compares two versions of a week between which people moved, left
// and acted late, and returns a row that tells what an earlier one hid.
func spyVersions(t *testing.T, seed int, keeps bool) string {
	random := rand.New(rand.NewPCG(uint64(seed), 13))
	c := newCompany(random)
	door, err := Open(c.draft, 5)
	if err != nil {
		t.Fatal(err)
	}
	first := door.Rows()
	for i := range c.people {
		if random.IntN(10) == 0 {
			place := c.people[i].place
			c.people[i] = c.people[random.IntN(len(c.people))]
			c.people[i].place = place
		}
	}
	c.makeTables()
	if keeps {
		keep(c.draft, first)
	}
	if door, err = Open(c.draft, 5); err != nil {
		t.Fatal(err)
	}
	// What was refused for its own few people gives nothing away later: it has no sums.
	whole := map[string]bool{}
	for cell, is := range door.total {
		whole[key(c.cells[cell].Dimensions)] = is
	}
	for i, r := range door.Rows() {
		if first[i].Suppressed && !r.Suppressed && !whole[key(r.cut())] && r.Dimensions["statistic"] != "gini" {
			return spyKey(r.Metric, r.Tool, r.Dimensions)
		}
	}
	return ""
}

// TestWhatIsUnknownHasNoValues in any row; the spy finds them without rule 14.
func TestWhatIsUnknownHasNoValues(t *testing.T) {
	for name, silent := range map[string]bool{"14": true, "14, silence ignored": false} {
		t.Run(name, func(t *testing.T) {
			c := newCompany(rand.New(rand.NewPCG(3, 7)))
			last := len(c.scopes) - 1
			c.scopes[last].Silent = silent
			door, err := Open(c.draft, 5)
			if err != nil {
				t.Fatal(err)
			}
			values := 0
			for _, r := range door.Rows() {
				if r.Tool == c.scopes[last].Name && (r.State != Unknown || r.Value != nil || r.Numerator != nil || r.Denominator != nil || r.Band != "") {
					values++
				}
			}
			if silent != (values == 0) {
				t.Errorf("%d rows of a silent tool say something", values)
			}
		})
	}
}

// keep does what keepHidden does, from rows that were not stored.
func keep(d *Draft, rows []Row) {
	all := map[string]darkness{}
	for _, r := range rows {
		if !r.Suppressed {
			continue
		}
		t := Table{Metric: r.Metric, Dimensions: map[string]string{}}
		cut := r.cut()
		for name, value := range r.Dimensions {
			if cut[name] == "" {
				t.Dimensions[name] = value
			}
		}
		if all[t.kind()] == nil {
			all[t.kind()] = darkness{}
		}
		if all[t.kind()][r.Tool] == nil {
			all[t.kind()][r.Tool] = map[string]bool{}
		}
		all[t.kind()][r.Tool][key(cut)] = true
	}
	d.keep(all)
}
