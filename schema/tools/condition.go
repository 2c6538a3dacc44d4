package tools

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

// condition is compiled so that what it does not say holds.
type condition struct {
	ref       ref
	present   *bool
	in, notIn []string
	prefix    []string
	matches   *regexp.Regexp
	// ofNothing is what it says of a record without the attribute.
	ofNothing bool
}

func (b *compiler) conditions(files []ConditionFile) ([]condition, error) {
	var compiled []condition
	for i, f := range files {
		c, err := b.condition(&f)
		if err != nil {
			return nil, fmt.Errorf("when[%d]: %w", i, err)
		}
		compiled = append(compiled, c)
	}
	slices.SortStableFunc(compiled, func(a, b condition) int { return a.cost() - b.cost() })
	return compiled, nil
}

// cost puts those first that say no soonest; all must hold in any order.
func (c *condition) cost() int {
	switch {
	case c.matches != nil:
		return 2
	case c.ref.key != "":
		return 1
	default:
		return 0
	}
}

func (b *compiler) condition(f *ConditionFile) (c condition, err error) {
	switch {
	case f.Attribute == "":
		return c, errors.New("name the attribute")
	case f.Present == nil && f.In == nil && f.NotIn == nil && f.Prefix == nil && f.Matches == "":
		return c, errors.New("say present, in, not_in, prefix or matches")
	}
	c = condition{ref: b.ref(f.Attribute), present: f.Present, in: f.In, notIn: f.NotIn, prefix: f.Prefix}
	if f.Matches != "" {
		if c.matches, err = regexp.Compile(f.Matches); err != nil {
			return c, fmt.Errorf("matches: %w", err)
		}
	}
	c.ofNothing = (c.present == nil || !*c.present) && c.allows("")
	return c, nil
}

func holdAll(conditions []condition, rec *Record) bool {
	for i := range conditions {
		if !conditions[i].holds(rec) {
			return false
		}
	}
	return true
}

func (c *condition) holds(rec *Record) bool {
	v := c.ref.in(rec)
	// An empty value, which some clients send, is as good as none.
	if v.Kind == KindNone || v.Kind == KindString && v.Str == "" {
		return c.ofNothing
	}
	if c.present != nil && !*c.present {
		return false
	}
	if c.in == nil && c.notIn == nil && c.prefix == nil && c.matches == nil {
		return true
	}
	return c.allows(v.String())
}

func (c *condition) allows(word string) bool {
	if c.in != nil && !slices.Contains(c.in, word) {
		return false
	}
	if slices.Contains(c.notIn, word) {
		return false
	}
	if c.matches != nil && !c.matches.MatchString(word) {
		return false
	}
	hasPrefix := func(p string) bool { return strings.HasPrefix(word, p) }
	return c.prefix == nil || slices.ContainsFunc(c.prefix, hasPrefix)
}

type choice[E ~int32] struct {
	is   E
	when []condition
}

type choices[E ~int32] []choice[E]

func compileChoices[E ~int32](b *compiler, key string, files Choices, names map[string]E) (choices[E], error) {
	var compiled choices[E]
	for i, f := range files {
		value, known := names[f.Is]
		if !known {
			return nil, fmt.Errorf("%s[%d]: %q is no %s", key, i, f.Is, key)
		}
		when, err := b.conditions(f.When)
		if err != nil {
			return nil, fmt.Errorf("%s[%d]: %w", key, i, err)
		}
		compiled = append(compiled, choice[E]{value, when})
	}
	return compiled, nil
}

// of returns the first value whose conditions hold, or 0.
func (c choices[E]) of(rec *Record) E {
	for i := range c {
		if holdAll(c[i].when, rec) {
			return c[i].is
		}
	}
	return 0
}

type amount struct {
	sum, minus []ref
	scale      float64
}

type amounts []amount

func (b *compiler) amounts(files Amounts) (amounts, error) {
	var compiled amounts
	for _, f := range files {
		if len(f.Sum) == 0 {
			return nil, fmt.Errorf("sum: name at least one attribute")
		}
		scale := f.Scale
		if scale == 0 {
			scale = 1
		}
		compiled = append(compiled, amount{b.refs(f.Sum), b.refs(f.Minus), scale})
	}
	return compiled, nil
}

// of returns the first amount that the record has, rounded and not below zero.
func (a amounts) of(rec *Record) uint64 {
	for i := range a {
		if _, there := a[i].sum[0].in(rec).Number(); there {
			return a[i].of(rec)
		}
	}
	return 0
}

func (a *amount) of(rec *Record) uint64 {
	n := (total(a.sum, rec) - total(a.minus, rec)) * a.scale
	if n <= 0 {
		return 0
	}
	return uint64(min(math.Round(n), maxAmount))
}

// maxAmount is the greatest number that is exact in every reader, JSON's included.
const maxAmount = 1 << 53

func total(refs []ref, rec *Record) float64 {
	sum := 0.0
	for i := range refs {
		if n, ok := refs[i].in(rec).Number(); ok && n > 0 {
			sum += n
		}
	}
	return sum
}

func clampUint32(n uint64) uint32 { return uint32(min(n, math.MaxUint32)) }
