package page

import (
	"fmt"
	"html"
	"strings"
)

// builder puts a page together. Text goes through text; raw takes only what
// stands in this package.
type builder struct{ strings.Builder }

func (b *builder) raw(markup string) { b.WriteString(markup) }

func (b *builder) text(s string) { b.WriteString(html.EscapeString(s)) }

// element writes a tag around a text.
func (b *builder) element(open, s, end string) {
	b.raw(open)
	b.text(s)
	b.raw(end)
}

func (b *builder) overview(o Overview) {
	b.element("<p>", "Week of "+o.Week.Format("2 January 2006")+" · "+o.State+
		" · a person counts as active with at least one intentional act in the week.", "</p>\n")
	b.raw("<section class=\"stats\">\n")
	for _, rate := range o.Headline {
		b.headline(rate)
	}
	for _, n := range o.Numbers {
		b.card(n.Name, n.Value, n.Notes)
	}
	b.raw("</section>\n<section class=\"cuts\">\n")
	for _, section := range o.Sections {
		b.section(section)
	}
	b.raw("</section>\n")
}

func (b *builder) headline(r Rate) {
	var below []string
	if r.Low != nil && r.High != nil {
		below = append(below, fmt.Sprintf("%.0f to %.0f %%", 100**r.Low, 100**r.High))
	}
	if r.Group != "" {
		below = append(below, r.Group+" people")
	}
	b.card(r.Name, shown(r), below)
}

func (b *builder) card(name, value string, below []string) {
	class := ""
	if value == "suppressed" || value == "unknown" || value == "not shown" {
		class = " class=\"dim\""
	}
	b.element("<div class=\"card\"><span>", name, "</span>")
	b.element("<b"+class+">", value, "</b>")
	b.element("<span>", strings.Join(below, " · "), "</span></div>\n")
}

func (b *builder) section(s Section) {
	b.element("<div class=\"card\"><h2>", s.Title, "</h2>\n<table>\n<thead><tr><th>group</th>"+
		"<th style=\"width:38%\">weekly adoption rate</th><th></th><th class=\"number\">people</th></tr></thead>\n<tbody>\n")
	for _, rate := range s.Rates {
		b.row(rate)
	}
	b.raw("</tbody></table></div>\n")
}

func (b *builder) row(r Rate) {
	if r.Name == "" {
		b.raw("<tr><td class=\"dim\">not named</td><td>")
	} else {
		b.element("<tr><td>", r.Name, "</td><td>")
	}
	class := "dim"
	if r.Value != nil {
		class = ""
		fmt.Fprintf(b, "<div class=\"bar\" role=\"img\" aria-label=\"%s\"><i style=\"width:%.1f%%\"></i></div>", percent(r.Value), 100*min(max(*r.Value, 0), 1))
	}
	b.element("</td><td class=\""+class+"\">", shown(r), "</td>")
	people := r.Group
	if people == "" {
		people = "–"
	}
	b.element("<td class=\"number dim\">", people, "</td></tr>\n")
}

func (b *builder) footer(minimumGroup int) {
	fmt.Fprintf(b, "<footer><p>Groups under %d people are suppressed, and so is what would give them away by subtraction; groups under four times that are rounded.\n", minimumGroup)
	b.raw("Figures as data: <a href=\"/api/v1/figures?grain=week\">/api/v1/figures</a>, their meaning: " +
		"<a href=\"/api/v1/definitions\">/api/v1/definitions</a> (both want the read token).</p></footer>\n</main>\n</body>\n</html>\n")
}
