package publish

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

var benchPeople = flag.Int("people", 100_000, "how many people the benchmark's company has")

// BenchmarkPublish opens the door for a week of all metrics and writes its rows.
func BenchmarkPublish(b *testing.B) {
	conn := tables(b)
	draft := benchDraft(*benchPeople)
	var door *Door
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			var err error
			if door, err = Open(draft, 5); err != nil {
				b.Fatal(err)
			}
		}
	})
	small, dark, all := shares(door)
	b.Logf("%d cells, %d scopes, %d rows; %.3f under the minimum group, %.3f hidden", len(draft.Cells), len(draft.Scopes), all, small, dark)
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			door.fingerprint()
			if err := door.replace(b.Context(), conn, &Publication{Grain: "week", State: Final, Period: draft.Period}, false); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("correct", func(b *testing.B) {
		for b.Loop() {
			if err := draft.keepHidden(b.Context(), conn); err != nil {
				b.Fatal(err)
			}
			if err := door.replace(b.Context(), conn, &Publication{Grain: "week", State: Final, Period: draft.Period}, true); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// shares are the parts of all rows that have too few people and that are hidden.
func shares(d *Door) (small, dark float64, all int) {
	for i := range d.views {
		v := &d.views[i]
		d.each(v, func(scope, cell int, g glimpse) {
			all++
			if g.people < d.k {
				small++
			}
			if g.sight == hidden {
				dark++
			}
		})
	}
	return small / float64(all), dark / float64(all), all
}

// benchDraft is a company in which tools differ in how many have a seat.
func benchDraft(people int) *Draft {
	random := rand.New(rand.NewPCG(1, 1))
	c := &company{scopes: []Scope{{Name: "any", Parent: -1}}}
	const tools = 14
	for i := range 5 {
		c.scopes = append(c.scopes, Scope{Name: fmt.Sprint("category:", i), Parent: 0})
	}
	for i := range tools {
		c.scopes = append(c.scopes, Scope{Name: fmt.Sprint("tool", i), Parent: 1 + i%5})
	}
	index := map[string]int32{}
	seen := map[string]bool{}
	d := &Draft{Grain: "week", Period: time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC), EligibleOf: []string{"eligible", "employed"}, Final: true}
	type member struct {
		cells                    []int32
		eligible, active, holder uint32
	}
	var members []member
	for i := range people {
		team := i / 12
		place := map[string]string{"team": fmt.Sprint("t", team), "department": fmt.Sprint("d", team%20), "region": fmt.Sprint("g", team/20%5), "role": fmt.Sprint("r", random.IntN(23)),
			"seniority": []string{"executive", "manager", "professional", "entry"}[min(random.IntN(8), 3)], "employment": []string{"employee", "contractor"}[random.IntN(7)/6]}
		var m member
		all := ""
		for _, cut := range testCuts {
			name, dimensions := cellKey(cut, place)
			at, known := index[name]
			if !known {
				at = int32(len(d.Cells))
				index[name] = at
				d.Cells = append(d.Cells, Cell{dimensions})
			}
			m.cells = append(m.cells, at)
			all += fmt.Sprint(at, " ")
		}
		if !seen[all] {
			seen[all] = true
			d.Placements = append(d.Placements, m.cells)
		}
		for tool := range tools {
			seat := random.Float64() < 1/float64(1+tool)
			used := seat && random.IntN(3) > 0
			for scope := tool + 6; scope >= 0; scope = c.scopes[scope].Parent {
				m.eligible |= bit(seat, scope)
				m.active |= bit(used, scope)
				m.holder |= bit(seat && tool%2 == 0, scope)
			}
		}
		members = append(members, m)
	}
	d.Scopes = c.scopes
	count := func(of func(m *member) uint32) Counts {
		counts := make(Counts, len(d.Scopes)*len(d.Cells))
		for i := range members {
			mask := of(&members[i])
			for scope := range d.Scopes {
				if mask>>scope&1 == 1 {
					for _, cell := range members[i].cells {
						counts[d.at(scope, int(cell))]++
					}
				}
			}
		}
		return counts
	}
	active, holders := count(func(m *member) uint32 { return m.active }), count(func(m *member) uint32 { return m.holder })
	uses := count(func(*member) uint32 { return 0 })
	for tool := range tools {
		for scope := tool + 6; scope >= 0; scope = c.scopes[scope].Parent {
			for cell := range d.Cells {
				uses[d.at(scope, cell)] += active[d.at(tool+6, cell)]
			}
		}
	}
	d.Eligible = count(func(m *member) uint32 { return m.eligible })
	marks := []string{"active", "eligible", "employed", "heard"}
	d.Tables = []Table{
		{Metric: "active_people", Form: Count, Numerator: active, NumeratorOf: []string{"active", "heard"}},
		{Metric: "adoption_rate", Form: PeopleRate, Numerator: active, Denominator: d.Eligible, NumeratorOf: marks, DenominatorOf: d.EligibleOf},
		{Metric: "coverage", Form: PeopleRate, Numerator: active, Denominator: d.Eligible, NumeratorOf: []string{"eligible", "employed", "heard"}, DenominatorOf: d.EligibleOf},
		{Metric: "breadth", Form: Level, Numerator: uses, Denominator: active, People: active, Uses: true, DenominatorOf: []string{"active", "heard"}},
	}
	for i := range 41 {
		t := Table{Metric: fmt.Sprint("other", i/3), Form: PeopleRate, Numerator: active, Denominator: d.Eligible}
		if i%3 > 0 {
			t.Dimensions = map[string]string{"statistic": fmt.Sprint("s", i%3)}
		}
		switch {
		case i >= 37:
			t.People, t.Form, t.AddsOverTools = holders, Count, true
		case i > 30:
			t.People = holders
		case i > 20:
			t.People = active
		}
		d.Tables = append(d.Tables, t)
	}
	for i := range d.Tables {
		d.Tables[i].Definition = d.Tables[i].Metric + ".v1"
	}
	return d
}

func bit(is bool, at int) uint32 {
	if is {
		return 1 << at
	}
	return 0
}
