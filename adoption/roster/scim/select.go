package scim

import "strconv"

// Selector picks the texts of an attribute by its path, such as
// emails[type eq "work"].value or that of an extension.
type Selector struct{ path path }

// ParseSelector reads a path.
func ParseSelector(text string) (Selector, error) {
	parsed, err := parsePath(text)
	if err == nil && parsed.attribute == "" {
		err = refuse(invalidPath, "path: the name of an attribute is missing")
	}
	return Selector{parsed}, err
}

// Texts are the texts at the path, in their order; the preferred one of several first.
func (s Selector) Texts(attributes map[string]any) []string {
	v := values(attributes)
	if s.path.extension != "" {
		v = objectOf(v[s.path.extension])
	}
	var texts []string
	for _, value := range list(v[s.path.attribute]) {
		object := objectOf(value)
		if s.path.filter != nil && !s.path.filter.matches(object) {
			continue
		}
		part := object["value"]
		if s.path.sub != "" {
			part = object[s.path.sub]
		}
		text := textOf(part)
		switch {
		case text == "":
		case object["primary"] == true:
			texts = append([]string{text}, texts...)
		default:
			texts = append(texts, text)
		}
	}
	return texts
}

func textOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}
