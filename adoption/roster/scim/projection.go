package scim

import "strings"

// projection is which attributes a client wants. Without any it wants all.
type projection struct{ only, without []path }

func parseProjection(only, without string) (projection, error) {
	var p projection
	var err error
	if p.only, err = parsePaths("attributes", only); err != nil {
		return p, err
	}
	p.without, err = parsePaths("excludedAttributes", without)
	return p, err
}

func parsePaths(parameter, names string) ([]path, error) {
	var paths []path
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		parsed, err := parsePath(name)
		if err != nil || parsed.filter != nil {
			return nil, refuse(invalidValue, "%s: names of attributes are wanted, with commas between them", parameter)
		}
		paths = append(paths, parsed)
	}
	return paths, nil
}

// wants tells whether an attribute may be shown at all.
func (p projection) wants(attribute string) bool {
	for _, without := range p.without {
		if without.attribute == attribute && without.sub == "" && without.extension == "" {
			return false
		}
	}
	for _, only := range p.only {
		if only.attribute == attribute && only.extension == "" {
			return true
		}
	}
	return len(p.only) == 0
}

// of is the document with what is wanted. The id and the schemas always are.
func (p projection) of(document map[string]any) map[string]any {
	if len(p.only) > 0 {
		shown := map[string]any{"id": document["id"], "schemas": document["schemas"]}
		for _, only := range p.only {
			include(shown, document, only)
		}
		document = shown
	}
	for _, without := range p.without {
		exclude(document, without)
	}
	return document
}

func include(shown, document map[string]any, only path) {
	if only.extension != "" {
		extension, there := document[only.extension].(map[string]any)
		if !there {
			return
		}
		if only.attribute == "" {
			shown[only.extension] = extension
			return
		}
		part, _ := shown[only.extension].(map[string]any)
		if part == nil {
			part = map[string]any{}
			shown[only.extension] = part
		}
		only.extension = ""
		include(part, extension, only)
		return
	}
	value, there := document[only.attribute]
	if !there {
		return
	}
	if only.sub == "" {
		shown[only.attribute] = value
		return
	}
	shown[only.attribute] = withPart(shown[only.attribute], value, only.sub)
}

// withPart adds a part of each value to what is shown of them already.
func withPart(shown, value any, sub string) any {
	switch v := value.(type) {
	case map[string]any:
		part, _ := shown.(map[string]any)
		if part == nil {
			part = map[string]any{}
		}
		if inner, there := v[sub]; there {
			part[sub] = inner
		}
		return part
	case []any:
		before, _ := shown.([]any)
		parts := make([]any, len(v))
		for i := range v {
			var was any
			if i < len(before) {
				was = before[i]
			}
			parts[i] = withPart(was, v[i], sub)
		}
		return parts
	}
	return value
}

// exclude takes an attribute away. What lies below is copied, because it is shared.
func exclude(document map[string]any, without path) {
	switch {
	case without.extension != "" && without.attribute == "":
		delete(document, without.extension)
	case without.extension != "":
		if extension, is := document[without.extension].(map[string]any); is {
			extension = deepCopy(extension).(map[string]any)
			document[without.extension] = extension
			without.extension = ""
			exclude(extension, without)
		}
	case without.attribute == "id" || without.attribute == "schemas":
	case without.sub == "":
		delete(document, without.attribute)
	case document[without.attribute] != nil:
		value := deepCopy(document[without.attribute])
		for _, one := range list(value) {
			if object, is := one.(map[string]any); is {
				delete(object, without.sub)
			}
		}
		document[without.attribute] = value
	}
}
