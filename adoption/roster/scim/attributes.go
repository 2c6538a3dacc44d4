package scim

import (
	"strings"
)

// Bounds of what a resource may hold.
const (
	maxTextBytes  = 4 << 10
	maxNameBytes  = 320
	maxDepth      = 4
	maxAttributes = 200
)

// clean takes what a client sent as an object into the form that is kept: names
// as the schema writes them, truth as a boolean, lists where the schema has
// lists, and nothing that is unwanted or that only this side writes.
func clean(kind Kind, sent map[string]any) (map[string]any, error) {
	kept := make(map[string]any, len(sent))
	for name, value := range sent {
		if err := assign(kept, name, value); err != nil {
			return nil, err
		}
	}
	return kept, required(kind, kept)
}

// assign puts one attribute of a whole resource.
func assign(kept map[string]any, name string, value any) error {
	extension := ""
	if strings.HasPrefix(strings.ToLower(name), "urn:") {
		var attribute string
		switch extension, attribute = splitURN(name); {
		case extension == "" && attribute != "":
			return assign(kept, attribute, value)
		case attribute != "":
			// A URN whose schema is not known here names an extension as a whole.
			extension = name
		}
		object, is := value.(map[string]any)
		if !is {
			return refuse(invalidValue, "%s: an object is wanted", shortName(extension))
		}
		part := map[string]any{}
		for inner, v := range object {
			if err := put(part, canonical(inner), v); err != nil {
				return err
			}
		}
		if len(part) > 0 {
			kept[canonical(extension)] = part
		}
		return nil
	}
	name = canonical(name)
	if readOnly[name] || unwanted[strings.ToLower(name)] {
		return nil
	}
	return put(kept, name, value)
}

// put keeps a checked value, or nothing where it is empty.
func put(kept map[string]any, name string, value any) error {
	if len(kept) >= maxAttributes {
		return refuse(tooMany, "more than %d attributes", maxAttributes)
	}
	value, err := shaped(name, value)
	if err != nil {
		return err
	}
	if value == nil {
		delete(kept, name)
		return nil
	}
	kept[name] = value
	return nil
}

// shaped is the value in the shape that the schema has for the attribute, nil
// where nothing is assigned.
func shaped(name string, value any) (any, error) {
	value, err := tidy(name, value, 0)
	if err != nil || value == nil {
		return nil, err
	}
	a, is := known[strings.ToLower(name)]
	if !is {
		return value, nil
	}
	if a.multi {
		if _, already := value.([]any); !already {
			value = []any{value}
		}
		return value, eachOf(a, value.([]any))
	}
	return single(a, value)
}

func eachOf(a attribute, values []any) error {
	for i, value := range values {
		if _, is := value.(map[string]any); !is && a.kind == "complex" {
			if _, simple := value.(string); !simple {
				return refuse(invalidValue, "%s: objects are wanted", a.name)
			}
			values[i] = map[string]any{"value": value}
		}
	}
	return nil
}

// single checks the type of an attribute with one value. The manager is often
// sent as an id alone.
func single(a attribute, value any) (any, error) {
	switch a.kind {
	case "boolean":
		if b, is := truth(value); is {
			return b, nil
		}
		return nil, refuse(invalidValue, "%s: true or false is wanted", a.name)
	case "complex":
		if _, is := value.(map[string]any); is {
			return value, nil
		}
		if id, is := value.(string); is && a.name == "manager" {
			return map[string]any{"value": id}, nil
		}
		return nil, refuse(invalidValue, "%s: an object is wanted", a.name)
	}
	switch value.(type) {
	case string:
		return value, nil
	}
	return nil, refuse(invalidValue, "%s: a string is wanted", a.name)
}

// truth reads a boolean, also one that was written as a string.
func truth(value any) (b, is bool) {
	switch v := value.(type) {
	case bool:
		return v, true
	case string:
		if strings.EqualFold(v, "true") || strings.EqualFold(v, "false") {
			return strings.EqualFold(v, "true"), true
		}
	}
	return false, false
}

// tidy copies a value without what is null, empty or too much.
func tidy(name string, value any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, refuse(invalidValue, "%s: it is nested too deeply", shortName(name))
	}
	switch v := value.(type) {
	case string:
		if len(v) > maxTextBytes {
			return nil, refuse(invalidValue, "%s: it is longer than %d bytes", shortName(name), maxTextBytes)
		}
		return v, nil
	case []any:
		return tidyList(name, v, depth)
	case map[string]any:
		return tidyObject(name, v, depth)
	}
	return value, nil
}

func tidyList(name string, values []any, depth int) (any, error) {
	var kept []any
	for _, value := range values {
		value, err := tidy(name, value, depth+1)
		if err != nil {
			return nil, err
		}
		if value != nil {
			kept = append(kept, value)
		}
	}
	if kept == nil {
		return nil, nil
	}
	return kept, nil
}

func tidyObject(name string, object map[string]any, depth int) (any, error) {
	kept := make(map[string]any, len(object))
	for inner, value := range object {
		value, err := tidy(name, value, depth+1)
		if err != nil {
			return nil, err
		}
		inner = canonical(inner)
		if b, is := truth(value); is && inner == "primary" {
			value = b
		}
		if value != nil {
			kept[inner] = value
		}
	}
	if len(kept) == 0 {
		return nil, nil
	}
	return kept, nil
}

// shortName bounds what of a client's own words stands in an error.
func shortName(name string) string { return name[:min(len(name), 80)] }

// required checks what a resource cannot be without.
func required(kind Kind, attributes map[string]any) error {
	name := "userName"
	if kind == Group {
		name = "displayName"
	}
	text, _ := attributes[name].(string)
	switch {
	case strings.TrimSpace(text) == "":
		return refuse(invalidValue, "%s: it is required", name)
	case len(text) > maxNameBytes:
		return refuse(invalidValue, "%s: it is longer than %d bytes", name, maxNameBytes)
	}
	return nil
}

// memberIDs takes the members out of what a client sent.
func memberIDs(value any) ([]string, error) {
	value, err := shaped("members", value)
	if err != nil || value == nil {
		return nil, err
	}
	var ids []string
	for _, member := range value.([]any) {
		id, _ := member.(map[string]any)["value"].(string)
		if id == "" || len(id) > maxNameBytes {
			return nil, refuse(invalidValue, "members: each wants the id of a user as its value")
		}
		ids = append(ids, id)
	}
	return ids, nil
}
