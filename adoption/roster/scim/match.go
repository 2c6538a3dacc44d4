package scim

import (
	"cmp"
	"strings"
	"time"
)

// values is an object of a resource whose attributes a filter names.
type values map[string]any

func (e either) matches(v values) bool {
	for _, part := range e {
		if part.matches(v) {
			return true
		}
	}
	return false
}

func (a all) matches(v values) bool {
	for _, part := range a {
		if !part.matches(v) {
			return false
		}
	}
	return true
}

func (n negation) matches(v values) bool { return !n.of.matches(v) }

func (s selection) matches(v values) bool {
	for _, value := range list(v.get(s.path)) {
		if s.path.filter.matches(objectOf(value)) {
			return true
		}
	}
	return false
}

// objectOf is a value as an object, so that a filter reads simple values by the name value.
func objectOf(value any) values {
	if object, is := value.(map[string]any); is {
		return object
	}
	return values{"value": value}
}

func (c comparison) matches(v values) bool {
	found := list(v.get(c.path))
	if c.path.sub == "" {
		for i, value := range found {
			// An attribute with parts is compared by its value.
			if object, is := value.(map[string]any); is && c.op != "pr" {
				found[i] = object["value"]
			}
		}
	}
	switch {
	case c.op == "pr":
		return len(found) > 0
	case c.op == "ne":
		return !comparison{path: c.path, op: "eq", value: c.value}.matches(v)
	case c.value == nil:
		return c.op == "eq" && len(found) == 0
	}
	exact := known[strings.ToLower(cmp.Or(c.path.sub, c.path.attribute))].exact
	for _, value := range found {
		if compared(value, c.value, c.op, exact) {
			return true
		}
	}
	return false
}

// get is the value at the path, of all values where there are several.
func (v values) get(p path) any {
	if p.extension != "" {
		v = objectOf(v[p.extension])
	}
	value := v[p.attribute]
	if p.sub == "" {
		return value
	}
	var parts []any
	for _, one := range list(value) {
		if object, is := one.(map[string]any); is && object[p.sub] != nil {
			parts = append(parts, object[p.sub])
		}
	}
	return parts
}

// list is the values of an attribute, none where nothing is assigned.
func list(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		if v == "" {
			return nil
		}
	case []any:
		return append([]any(nil), v...)
	case map[string]any:
		if len(v) == 0 {
			return nil
		}
	}
	return []any{value}
}

func compared(value, wanted any, op string, exact bool) bool {
	switch v := value.(type) {
	case string:
		w, is := wanted.(string)
		return is && comparedText(v, w, op, exact)
	case bool:
		w, is := truth(wanted)
		return is && op == "eq" && v == w
	case float64:
		w, is := wanted.(float64)
		return is && ordered(cmp.Compare(v, w), op)
	}
	return false
}

func comparedText(v, w, op string, exact bool) bool {
	if at, err := time.Parse(time.RFC3339, v); err == nil {
		if limit, err := time.Parse(time.RFC3339, w); err == nil && len(op) == 2 && op != "co" && op != "sw" && op != "ew" {
			return ordered(at.Compare(limit), op)
		}
	}
	if !exact {
		v, w = strings.ToLower(v), strings.ToLower(w)
	}
	switch op {
	case "co":
		return strings.Contains(v, w)
	case "sw":
		return strings.HasPrefix(v, w)
	case "ew":
		return strings.HasSuffix(v, w)
	}
	return ordered(strings.Compare(v, w), op)
}

func ordered(order int, op string) bool {
	switch op {
	case "eq":
		return order == 0
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	case "le":
		return order <= 0
	}
	return false
}

// indexed looks for a part of the filter by which a Store finds at once: all
// that match the filter have the value.
func indexed(e expression) (key Key, value string, found bool) {
	switch e := e.(type) {
	case comparison:
		text, is := e.value.(string)
		if !is || e.op != "eq" || e.path.extension != "" {
			return "", "", false
		}
		name := strings.ToLower(e.path.attribute)
		if name == "emails" || name == "members" {
			name += ".value"
		}
		if e.path.sub != "" && e.path.sub != "value" {
			return "", "", false
		}
		return Key(name), text, true
	case selection:
		if key, value, found = indexed(e.path.filter); found && key == "value" {
			return Key(strings.ToLower(e.path.attribute) + ".value"), value, e.path.extension == ""
		}
	case all:
		for _, part := range e {
			if key, value, found = indexed(part); found && (key == ByID || key == ByUserName || key == ByExternalID || key == "value") {
				return key, value, true
			}
		}
		for _, part := range e {
			if key, value, found = indexed(part); found && (key == ByDisplayName || key == ByEmail || key == ByMember) {
				return key, value, true
			}
		}
	}
	return "", "", false
}
