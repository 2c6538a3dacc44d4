package roster

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/uptake-telemetry/uptake/adoption/roster/scim"
)

// find looks a value up.
func (s *directoryState) find(kind scim.Kind, key scim.Key, value string) ([]*entry, bool) {
	shelf := s.of(kind)
	switch {
	case key == scim.ByID:
		if e := shelf.entries[strings.ToLower(value)]; e != nil {
			return []*entry{e}, true
		}
		return nil, true
	case kind == scim.Group && key == scim.ByMember:
		var found []*entry
		for _, id := range slices.Sorted(maps.Keys(s.belongs[value])) {
			found = append(found, s.groups.entries[id])
		}
		return found, true
	case !slices.Contains(indexedKeys[kind], key):
		return nil, false
	case key != scim.ByExternalID:
		value = strings.ToLower(value)
	}
	return shelf.named(key, value), true
}

var indexedKeys = map[scim.Kind][]scim.Key{
	scim.User:  {scim.ByUserName, scim.ByExternalID, scim.ByDisplayName, scim.ByEmail},
	scim.Group: {scim.ByDisplayName, scim.ByExternalID},
}

// keysOf are the values by which a resource is found.
func keysOf(kind scim.Kind, attributes map[string]any) []keyValue {
	var keys []keyValue
	for _, key := range indexedKeys[kind] {
		for _, text := range keySelectors[key].Texts(attributes) {
			if key != scim.ByExternalID {
				text = strings.ToLower(text)
			}
			keys = append(keys, keyValue{key, text})
		}
	}
	return keys
}

var keySelectors = func() map[scim.Key]scim.Selector {
	all := map[scim.Key]scim.Selector{}
	for _, keys := range indexedKeys {
		for _, key := range keys {
			selector, err := scim.ParseSelector(string(key))
			if err != nil {
				panic(err)
			}
			all[key] = selector
		}
	}
	return all
}()

func (s *shelf) named(key scim.Key, value string) []*entry { return s.index[key][value] }

func (s *shelf) reindex(e *entry, keys []keyValue) {
	for _, k := range e.keys {
		left := slices.DeleteFunc(s.index[k.key][k.value], func(other *entry) bool { return other == e })
		if len(left) == 0 {
			delete(s.index[k.key], k.value)
		} else {
			s.index[k.key][k.value] = left
		}
	}
	e.keys = keys
	for _, k := range keys {
		if s.index[k.key] == nil {
			s.index[k.key] = map[string][]*entry{}
		}
		if !slices.Contains(s.index[k.key][k.value], e) {
			s.index[k.key][k.value] = append(s.index[k.key][k.value], e)
		}
	}
}

// inOrder is the entries in the order of their making. Whoever holds the list
// may go on reading it.
func (s *shelf) inOrder() []*entry {
	if s.gone == 0 {
		return s.order
	}
	return slices.DeleteFunc(slices.Clone(s.order), func(e *entry) bool { return e.deleted })
}

// resource is the entry as SCIM has it, without what it refers to.
func (e *entry) resource() scim.Resource {
	attributes := map[string]any{}
	// What was encoded here can be decoded.
	_ = json.Unmarshal(e.attributes, &attributes)
	return scim.Resource{Kind: e.kind, ID: e.id, Created: e.created, Changed: e.changed, Attributes: attributes}
}
