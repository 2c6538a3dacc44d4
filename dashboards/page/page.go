// Package page draws the built-in overview: the published figures of the last
// week on one page, for whoever has no Grafana at hand.
//
// It promises to show nothing but rows it is given, which are published ones: a
// suppressed row reads "suppressed", a blunted one its band or rounded rate,
// never a number that the row does not hold. It needs no script and loads
// nothing from elsewhere.
package page

import (
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Rate is one published rate of a group of people.
type Rate struct {
	// Name of the group, such as "executive".
	Name string
	// Value from 0 to 1, Low and High its interval; nil where not shown.
	Value, Low, High *float64
	// Band stands in for a value that is only known to lie in it, such as "<=0.2".
	Band string
	// Group is the number of people or its class.
	Group string
	// Coverage from 0 to 1; nil where not shown.
	Coverage   *float64
	Suppressed bool
	// Unknown says that there is no figure because nothing was heard.
	Unknown bool
}

// Number is a published figure of the whole company that is no rate: its words
// are made by who knows its unit.
type Number struct {
	Name string
	// Value in words, such as "+12 points"; "suppressed" and "unknown" too.
	Value string
	// Notes stand below it.
	Notes []string
}

// Section is one cut of the adoption rate.
type Section struct {
	Title string
	Rates []Rate
}

// Overview is what the page shows.
type Overview struct {
	// Week is the Monday of the week shown.
	Week  time.Time
	State string
	// Headline holds the rates of the whole company.
	Headline []Rate
	// Numbers follow them.
	Numbers  []Number
	Sections []Section
	// MinimumGroup is the least number of people about whom a figure is shown.
	MinimumGroup int
}

//go:embed head.html
var head string

// Write draws the page. It is written out by hand because html/template keeps
// the linker from leaving out what nobody calls, all over the program.
func Write(w io.Writer, o Overview) error {
	var b builder
	b.raw(head)
	b.raw("<main>\n<h1>Who really uses AI</h1>\n")
	if o.Week.IsZero() {
		b.raw("<p>No week is published yet. Send events and import a roster; the first figures appear seconds later.</p>\n")
	} else {
		b.overview(o)
	}
	b.footer(o.MinimumGroup)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("draw the overview: %w", err)
	}
	return nil
}

// Sort orders rates by value, the greatest first; those without a value come
// last, by name.
func Sort(rates []Rate) {
	slices.SortFunc(rates, func(a, b Rate) int {
		return cmp.Or(cmp.Compare(sortKey(b), sortKey(a)), strings.Compare(a.Name, b.Name))
	})
}

func sortKey(r Rate) float64 {
	switch {
	case r.Value != nil:
		return *r.Value
	case strings.HasPrefix(r.Band, ">="):
		return 0.8
	case r.Band != "":
		return 0.2
	default:
		return -1
	}
}

func percent(v *float64) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100**v)
}

// shown is the text that stands for a rate.
func shown(r Rate) string {
	switch {
	case r.Suppressed:
		return "suppressed"
	case r.Unknown:
		return "unknown"
	case r.Band != "":
		return strings.NewReplacer("<=0.1", "10 % or less", "<=0.2", "20 % or less", ">=0.8", "80 % or more", ">=0.9", "90 % or more").Replace(r.Band)
	case r.Value == nil:
		return "not shown"
	case strings.Contains(r.Group, "-"):
		// A class of group sizes goes with a rounded rate.
		return "about " + percent(r.Value)
	default:
		return percent(r.Value)
	}
}
