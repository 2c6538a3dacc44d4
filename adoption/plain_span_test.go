package adoption_test

import (
	"fmt"
	"strings"
)

// span is a period with everybody who is on the roster in it.
type span struct {
	*plain
	grain string
	// period names it: its day, or the Monday of its last week.
	period   int
	from, to int
	members  []*member
	cells    []cell
	at       map[string]int
	// covered are the rows of coverage, once they were asked for.
	covered map[string]*exact
}

// cell is a group of people: the dimensions that they share.
type cell struct {
	dimensions map[string]string
	// total, region and so on by the names of its dimensions.
	cut string
}

// member is a person in a period.
type member struct {
	*life
	place map[string]string
	cells []int
	// eligibleFor and activeWith are by scope.
	eligibleFor, activeWith []bool
}

var cuts = []string{"", "region", "department", "team", "role", "seniority", "employment", "department,role", "department,seniority", "region,role", "region,seniority"}

// span gathers the people of a period, once.
func (p *plain) span(grain string, period int) *span {
	key := fmt.Sprint(grain, period)
	if p.spans[key] == nil {
		p.spans[key] = p.gather(grain, period)
	}
	return p.spans[key]
}

func (p *plain) gather(grain string, period int) *span {
	s := &span{plain: p, grain: grain, period: period, from: period, to: period, at: map[string]int{}}
	switch grain {
	case "week":
		s.to += 6
	case "28d":
		s.from, s.to = period-21, period+6
	}
	for _, l := range p.lives {
		if place := l.placed(s.from, s.to); place != nil {
			s.members = append(s.members, s.join(l, place))
		}
	}
	return s
}

func (s *span) join(l *life, place map[string]string) *member {
	m := &member{life: l, place: place}
	for _, c := range cellsOf(place) {
		m.cells = append(m.cells, s.enter(c))
	}
	for i, scope := range s.scopes {
		m.activeWith = append(m.activeWith, s.acted(l, i))
		m.eligibleFor = append(m.eligibleFor, s.able(l, scope))
	}
	return m
}

// able is rule 8 in the period: a day by itself, or any of its weeks.
func (s *span) able(l *life, scope scope) bool {
	if s.grain == "day" {
		return l.able(s.period, scope.tools)
	}
	for monday := s.from; monday < s.to; monday += 7 {
		if l.eligible(monday, scope.tools) {
			return true
		}
	}
	return false
}

// acted tells of an act in the row in the period.
func (s *span) acted(l *life, scope int) bool {
	if s.grain == "day" {
		return l.activeOn(s.period, s.scopes[scope])
	}
	for monday := s.from; monday < s.to; monday += 7 {
		if l.active(scope, monday) {
			return true
		}
	}
	return false
}

func cellsOf(place map[string]string) []cell {
	var cells []cell
	for _, cut := range cuts {
		c := cell{map[string]string{}, cut}
		for name := range strings.SplitSeq(cut, ",") {
			if name != "" {
				c.dimensions[name] = place[name]
			}
		}
		cells = append(cells, c)
	}
	return cells
}

func cellKey(c cell) string { return fmt.Sprint(c.dimensions) }

func (s *span) enter(c cell) int {
	key := cellKey(c)
	if _, known := s.at[key]; !known {
		s.at[key] = len(s.cells)
		s.cells = append(s.cells, c)
	}
	return s.at[key]
}

// count adds to the counts of all cells of a member.
func (m *member) count(t *table, scope int, numerator, denominator bool) {
	for _, c := range m.cells {
		if e := t.row(scope, c); e != nil {
			e.numerator += oneIf(numerator)
			e.denominator += oneIf(denominator)
		}
	}
}

func oneIf(is bool) int64 {
	if is {
		return 1
	}
	return 0
}
