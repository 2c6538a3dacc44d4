package roster

import (
	"cmp"
	"maps"
	"slices"
	"time"
	"unique"
)

// peopleHistory is what the users of an identity provider were on which day, as
// the mapping tells it. A day has the last state of the day.
type peopleHistory struct {
	mapper    *Mapper
	pseudonym func(identifier string) string
	// groups has the name of each group by its id.
	groups  map[string]string
	careers map[string]*career
}

// career is one user of the identity provider over time.
type career struct {
	id string
	// person is the pseudonym of the first user name.
	person  string
	aliases []string
	begun   time.Time
	// ended is when the user was deleted, zero while they were not.
	ended time.Time
	// start is a first day by an attribute, zero where there is none.
	start  time.Time
	states []dayState
}

// dayState is what the user is from a day on.
type dayState struct {
	day   time.Time
	on    bool
	facts unique.Handle[Facts]
}

func newPeopleHistory(mapper *Mapper, pseudonym func(string) string) *peopleHistory {
	return &peopleHistory{mapper: mapper, pseudonym: pseudonym, groups: map[string]string{}, careers: map[string]*career{}}
}

// state notes what a user is since a moment.
func (h *peopleHistory) state(id string, at time.Time, attributes map[string]any, groups []string) {
	c := h.careers[id]
	if c == nil {
		name, _ := attributes["userName"].(string)
		c = &career{id: id, person: h.pseudonym(identifier(name)), begun: at}
		h.careers[id] = c
	}
	if start, said := h.mapper.FirstDay(attributes); said {
		c.start = start
	}
	for _, text := range h.mapper.Identifiers(attributes) {
		alias := h.pseudonym(text)
		if alias != "" && alias != c.person && !slices.Contains(c.aliases, alias) {
			c.aliases = append(c.aliases, alias)
		}
	}
	active, said := attributes["active"].(bool)
	c.note(dayState{day: dayOf(at), on: active || !said, facts: unique.Make(h.mapper.Facts(attributes, groups))})
}

// left notes that a user was deleted.
func (h *peopleHistory) left(id string, at time.Time) {
	if c := h.careers[id]; c != nil {
		c.ended = at
		c.note(dayState{day: dayOf(at)})
	}
}

// note keeps the state of a day, where it is not that of the day before.
func (c *career) note(s dayState) {
	if n := len(c.states); n > 0 && c.states[n-1].day.Equal(s.day) {
		c.states = c.states[:n-1]
	}
	if n := len(c.states); n > 0 && c.states[n-1].same(s) {
		return
	}
	c.states = append(c.states, s)
}

func (s dayState) same(other dayState) bool {
	return s.on == other.on && (!s.on || s.facts == other.facts)
}

func dayOf(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

// compiled is a person while careers are joined: somebody who was deleted and
// sent anew is the same person.
type compiled struct {
	last    *career
	through time.Time
}

// compile makes the roster of what the identity provider sent.
func (h *peopleHistory) compile() *Roster {
	r := &Roster{Taken: map[string]time.Time{}}
	people, owners := map[string]*compiled{}, map[string]string{}
	for _, c := range h.inOrder() {
		person := c.person
		if p := people[person]; p != nil && (p.last.ended.IsZero() || p.last.ended.After(c.begun)) {
			// The name was another's, who is still there under a new one: it stays theirs.
			person = h.pseudonym("scim:" + c.id)
		}
		if people[person] == nil {
			people[person] = &compiled{}
			r.Taken[person] = dayOf(c.begun)
		}
		people[person].add(r, person, c)
		for _, alias := range c.aliases {
			if _, claimed := owners[alias]; !claimed {
				owners[alias] = person
			}
		}
	}
	for alias, owner := range owners {
		if people[alias] == nil {
			r.Aliases = append(r.Aliases, Alias{Alias: alias, Person: owner})
		}
	}
	r.sort()
	return r
}

func (h *peopleHistory) inOrder() []*career {
	return slices.SortedFunc(maps.Values(h.careers), func(a, b *career) int {
		return cmp.Or(a.begun.Compare(b.begun), cmp.Compare(a.id, b.id))
	})
}

// add appends the rows of a career.
func (p *compiled) add(r *Roster, person string, c *career) {
	first := true
	for i, s := range c.states {
		if !s.on {
			continue
		}
		from, to := s.day, OpenEnd
		if first && !c.start.IsZero() && c.start.Before(from) {
			from = c.start
		}
		first = false
		if i+1 < len(c.states) {
			to = c.states[i+1].day.AddDate(0, 0, -1)
		}
		if !from.After(p.through) {
			from = p.through.AddDate(0, 0, 1)
		}
		if to.Before(from) {
			continue
		}
		p.through = to
		r.Periods = append(r.Periods, s.facts.Value().period(person, from, to))
	}
	p.last = c
}

func (f Facts) period(person string, from, to time.Time) Period {
	return Period{
		Person: person, From: from, To: to, Status: f.Status, Employment: f.Employment, Role: f.Role, Seniority: f.Seniority,
		Team: f.Team, Department: f.Department, Region: f.Region, TimeZone: f.TimeZone,
	}
}

func (r *Roster) sort() {
	slices.SortFunc(r.Periods, func(a, b Period) int { return cmp.Or(cmp.Compare(a.Person, b.Person), a.From.Compare(b.From)) })
	slices.SortFunc(r.Aliases, func(a, b Alias) int { return cmp.Compare(a.Alias, b.Alias) })
}
