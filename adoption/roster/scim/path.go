package scim

import "strings"

// path names an attribute, or a part of it: schema:attribute[filter].sub.
type path struct {
	// extension is the URN under which the attribute lies, empty for those of the
	// core. Without an attribute the extension as a whole is meant.
	extension string
	attribute string
	filter    expression
	sub       string
}

// parsePath reads the path of an operation.
func parsePath(text string) (path, error) {
	p := &parser{text: text}
	parsed, err := p.path()
	if err == nil && p.at != len(text) {
		err = p.wrong("the path ends with what does not belong there")
	}
	if err != nil {
		return path{}, refuse(invalidPath, "path: %s", err.Detail)
	}
	return parsed, nil
}

// path reads an attribute with its filter and part.
func (p *parser) path() (path, *Error) {
	parsed, err := p.name()
	if err != nil {
		return path{}, err
	}
	if p.peek() != '[' {
		return parsed, nil
	}
	if parsed.sub != "" || parsed.attribute == "" {
		return path{}, p.wrong("a filter stands after an attribute only")
	}
	p.at++
	if parsed.filter, err = p.or(); err != nil {
		return path{}, err
	}
	p.blanks()
	if p.peek() != ']' {
		return path{}, p.wrong("the filter in brackets has no end")
	}
	p.at++
	if p.peek() == '.' {
		p.at++
		if parsed.sub = canonical(p.word()); parsed.sub == "" {
			return path{}, p.wrong("a name is missing after the dot")
		}
	}
	return parsed, nil
}

// name reads what names an attribute, up to a filter.
func (p *parser) name() (path, *Error) {
	var parsed path
	if strings.HasPrefix(strings.ToLower(p.text[p.at:]), "urn:") {
		whole := p.urn()
		if parsed.extension, parsed.attribute = splitURN(whole); parsed.attribute == "" {
			return parsed, nil
		}
	} else if parsed.attribute = p.word(); parsed.attribute == "" {
		return path{}, p.wrong("the name of an attribute is missing")
	}
	parsed.attribute, parsed.sub, _ = strings.Cut(parsed.attribute, ".")
	if parsed.attribute == "" || strings.Contains(parsed.sub, ".") || strings.HasSuffix(p.text[:p.at], ".") {
		return path{}, p.wrong("a name has at most one part after a dot")
	}
	parsed.attribute, parsed.sub = canonical(parsed.attribute), canonical(parsed.sub)
	return parsed, nil
}

// splitURN takes a URN apart into the schema and the attribute that follows it.
func splitURN(urn string) (extension, attribute string) {
	for _, s := range schemas {
		if len(urn) < len(s.id) || !strings.EqualFold(urn[:len(s.id)], s.id) {
			continue
		}
		rest, is := strings.CutPrefix(urn[len(s.id):], ":")
		switch {
		case !is && rest != "":
			continue
		case s.id == EnterpriseSchema:
			return s.id, rest
		default:
			return "", rest
		}
	}
	last := strings.LastIndexByte(urn, ':')
	return urn[:last], urn[last+1:]
}

// word reads letters that a name may have.
func (p *parser) word() string {
	start := p.at
	for p.at < len(p.text) && nameByte(p.text[p.at]) {
		p.at++
	}
	return p.text[start:p.at]
}

func (p *parser) urn() string {
	start := p.at
	for p.at < len(p.text) && (nameByte(p.text[p.at]) || p.text[p.at] == ':') {
		p.at++
	}
	return p.text[start:p.at]
}

func nameByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '-' || b == '$' || b == '.'
}
