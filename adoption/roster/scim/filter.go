package scim

import (
	"encoding/json"
	"slices"
	"strings"
)

// Bounds of a filter: no honest one comes near.
const (
	maxFilterBytes = 8 << 10
	maxFilterDepth = 32
)

// expression is a filter, or a part of one.
type expression interface{ matches(values) bool }

type (
	either   []expression
	all      []expression
	negation struct{ of expression }
	// comparison compares an attribute with a value.
	comparison struct {
		path  path
		op    string
		value any
	}
	// selection wants one value of an attribute that matches a filter as a whole.
	selection struct{ path path }
)

// parser reads filters and paths, by descent.
type parser struct {
	text  string
	at    int
	depth int
}

// parseFilter reads a filter as RFC 7644, figure 1, has it.
func parseFilter(text string) (expression, error) {
	if len(text) > maxFilterBytes {
		return nil, refuse(invalidFilter, "filter: it is longer than %d bytes", maxFilterBytes)
	}
	p := &parser{text: text}
	parsed, err := p.or()
	if p.blanks(); err == nil && p.at != len(text) {
		err = p.wrong("something stands after its end")
	}
	if err != nil {
		return nil, refuse(invalidFilter, "filter: %s", err.Detail)
	}
	return parsed, nil
}

func (p *parser) wrong(reason string) *Error {
	return refuse(invalidFilter, "at character %d: %s", p.at+1, reason)
}

func (p *parser) or() (expression, *Error) {
	return p.series("or", p.and, func(list []expression) expression { return either(list) })
}

func (p *parser) and() (expression, *Error) {
	return p.series("and", p.term, func(list []expression) expression { return all(list) })
}

// series reads parts with a word between them.
func (p *parser) series(between string, part func() (expression, *Error), join func([]expression) expression) (expression, *Error) {
	if p.depth++; p.depth > maxFilterDepth*2 {
		return nil, p.wrong("it is nested too deeply")
	}
	defer func() { p.depth-- }()
	var list []expression
	for {
		next, err := part()
		if err != nil {
			return nil, err
		}
		list = append(list, next)
		if !p.keyword(between) {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return join(list), nil
}

func (p *parser) term() (expression, *Error) {
	p.blanks()
	negated := p.keyword("not")
	p.blanks()
	if p.peek() == '(' {
		return p.parenthesis(negated)
	}
	if negated {
		return nil, p.wrong("parentheses are wanted after not")
	}
	attribute, err := p.path()
	switch {
	case err != nil:
		return nil, err
	case attribute.attribute == "":
		return nil, p.wrong("the name of an attribute is missing")
	case attribute.filter == nil:
		return p.comparison(attribute)
	case attribute.sub == "":
		return selection{attribute}, nil
	}
	// emails[type eq "work"].value eq "…" compares a part of the selected values.
	compared, err := p.comparison(path{attribute: attribute.sub})
	if err != nil {
		return nil, err
	}
	attribute.filter, attribute.sub = all{attribute.filter, compared}, ""
	return selection{attribute}, nil
}

func (p *parser) parenthesis(negated bool) (expression, *Error) {
	p.at++
	inner, err := p.or()
	if err != nil {
		return nil, err
	}
	p.blanks()
	if p.peek() != ')' {
		return nil, p.wrong("a parenthesis is not closed")
	}
	p.at++
	if negated {
		return negation{inner}, nil
	}
	return inner, nil
}

var operators = []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}

func (p *parser) comparison(attribute path) (expression, *Error) {
	p.blanks()
	op := strings.ToLower(p.word())
	if op == "pr" {
		return comparison{path: attribute, op: op}, nil
	}
	if !slices.Contains(operators, op) {
		return nil, p.wrong("an operator is wanted: " + strings.Join(operators, ", ") + " or pr")
	}
	p.blanks()
	value, err := p.value()
	if err != nil {
		return nil, err
	}
	return comparison{path: attribute, op: op, value: value}, nil
}

// value reads a JSON string, number, boolean or null.
func (p *parser) value() (any, *Error) {
	end := p.at
	if p.peek() == '"' {
		for end++; end < len(p.text) && p.text[end] != '"'; end++ {
			if p.text[end] == '\\' {
				end++
			}
		}
		end++
	} else {
		for end < len(p.text) && (nameByte(p.text[end]) || p.text[end] == '+') {
			end++
		}
	}
	if end > len(p.text) || end == p.at {
		return nil, p.wrong("a value is wanted, a string in double quotes")
	}
	raw := p.text[p.at:end]
	var value any
	if json.Unmarshal([]byte(raw), &value) != nil && json.Unmarshal([]byte(strings.ToLower(raw)), &value) != nil {
		return nil, p.wrong("the value is neither a string in double quotes nor a number, true, false or null")
	}
	p.at = end
	return value, nil
}

func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) blanks() {
	for p.peek() == ' ' {
		p.at++
	}
}

// keyword passes over a word where it comes next, as a word of its own.
func (p *parser) keyword(word string) bool {
	start := p.at
	p.blanks()
	if strings.EqualFold(p.word(), word) && (p.peek() == ' ' || p.peek() == '(') {
		return true
	}
	p.at = start
	return false
}
