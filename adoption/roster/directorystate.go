package roster

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptake-telemetry/uptake/adoption/roster/scim"
)

// directoryState is all users and groups, found by what identity providers ask
// for, and what the roster makes of their history.
type directoryState struct {
	users, groups shelf
	// belongs has the groups of each user.
	belongs map[string]map[string]bool
	last    time.Time
	// rows counts the rows of the table that are in this state.
	rows   uint64
	people *peopleHistory
}

// shelf is the entries of a kind.
type shelf struct {
	entries map[string]*entry
	order   []*entry
	// gone counts entries of the order that were deleted.
	gone  int
	index map[scim.Key]map[string][]*entry
}

// entry is the current state of a resource.
type entry struct {
	kind             scim.Kind
	id               string
	created, changed time.Time
	attributes       []byte
	keys             []keyValue
	members          map[string]bool
	deleted          bool
}

type keyValue struct {
	key   scim.Key
	value string
}

// change is a new state of a resource.
type change struct {
	kind       scim.Kind
	id         string
	at         time.Time
	deleted    bool
	attributes map[string]any
	encoded    []byte
	members    map[string]bool
	// entry is the state before, nil for a new resource.
	entry *entry
	same  bool
}

func newDirectoryState(history *peopleHistory) *directoryState {
	return &directoryState{users: newShelf(), groups: newShelf(), belongs: map[string]map[string]bool{}, people: history}
}

func newShelf() shelf {
	return shelf{entries: map[string]*entry{}, index: map[scim.Key]map[string][]*entry{}}
}

func (s *directoryState) of(kind scim.Kind) *shelf {
	if kind == scim.Group {
		return &s.groups
	}
	return &s.users
}

// later is a time for the next change, later than those before it also where
// the clock was set back.
func (s *directoryState) later(now time.Time) time.Time {
	now = now.UTC().Truncate(time.Microsecond)
	if !now.After(s.last) {
		now = s.last.Add(time.Microsecond)
	}
	return now
}

// check completes a change and refuses a name that is taken.
func (s *directoryState) check(c *change) error {
	c.entry = s.of(c.kind).entries[c.id]
	if c.deleted {
		return nil
	}
	if c.kind == scim.User {
		name, _ := c.attributes["userName"].(string)
		for _, other := range s.users.named(scim.ByUserName, strings.ToLower(name)) {
			if other != c.entry {
				return scim.Taken(c.kind, "userName")
			}
		}
	}
	encoded, err := json.Marshal(c.attributes)
	if err != nil {
		return err
	}
	c.encoded = encoded
	if c.entry == nil {
		maps.DeleteFunc(c.members, func(_ string, joins bool) bool { return !joins })
		return nil
	}
	maps.DeleteFunc(c.members, func(id string, joins bool) bool { return c.entry.members[id] == joins })
	c.same = bytes.Equal(encoded, c.entry.attributes) && len(c.members) == 0
	return nil
}

// apply puts the change in force.
func (s *directoryState) apply(c change) *entry {
	s.last = c.at
	if c.deleted {
		s.remove(c)
		return c.entry
	}
	shelf := s.of(c.kind)
	e := c.entry
	if e == nil {
		e = &entry{kind: c.kind, id: c.id, created: c.at}
		shelf.entries[c.id] = e
		shelf.order = append(shelf.order, e)
	}
	e.changed, e.attributes = c.at, c.encoded
	shelf.reindex(e, keysOf(c.kind, c.attributes))
	if c.kind == scim.User {
		s.people.state(c.id, c.at, c.attributes, s.groupNames(c.id))
		return e
	}
	s.applyGroup(e, c)
	return e
}

// applyGroup notes who joined and left, and of all members that the name changed.
func (s *directoryState) applyGroup(e *entry, c change) {
	touched := map[string]bool{}
	maps.Copy(touched, c.members)
	if name := nameOf(c.attributes); s.people.groups[c.id] != name {
		s.people.groups[c.id] = name
		maps.Copy(touched, e.members)
	}
	if e.members == nil {
		e.members = map[string]bool{}
	}
	for id, joins := range c.members {
		s.join(e, id, joins)
	}
	for id := range touched {
		s.moved(id, c.at)
	}
}

// moved notes that a user has other groups now.
func (s *directoryState) moved(id string, at time.Time) {
	if user := s.users.entries[id]; user != nil {
		s.people.state(id, at, user.resource().Attributes, s.groupNames(id))
	}
}

func (s *directoryState) join(e *entry, member string, joins bool) {
	if !joins {
		delete(e.members, member)
		delete(s.belongs[member], e.id)
		return
	}
	e.members[member] = true
	if s.belongs[member] == nil {
		s.belongs[member] = map[string]bool{}
	}
	s.belongs[member][e.id] = true
}

func (s *directoryState) remove(c change) {
	e := c.entry
	if e == nil {
		return
	}
	e.deleted = true
	shelf := s.of(e.kind)
	shelf.reindex(e, nil)
	delete(shelf.entries, e.id)
	shelf.gone++
	if e.kind == scim.User {
		for group := range s.belongs[e.id] {
			delete(s.groups.entries[group].members, e.id)
		}
		delete(s.belongs, e.id)
		s.people.left(e.id, c.at)
		return
	}
	for member := range e.members {
		delete(s.belongs[member], e.id)
		s.moved(member, c.at)
	}
}

func nameOf(attributes map[string]any) string {
	name, _ := attributes["displayName"].(string)
	return name
}

func (s *directoryState) groupNames(user string) []string {
	var names []string
	for group := range s.belongs[user] {
		names = append(names, s.people.groups[group])
	}
	return names
}

// refs are the members of a group, or the groups of a user.
func (s *directoryState) refs(e *entry) []string {
	if e.kind == scim.Group {
		return slices.Sorted(maps.Keys(e.members))
	}
	return slices.Sorted(maps.Keys(s.belongs[e.id]))
}
