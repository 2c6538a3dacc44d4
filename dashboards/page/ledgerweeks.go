package page

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// shownWeeks bounds the page; the download has them all. shownTools have a
// colour of their own, the rest is one.
const (
	shownWeeks = 26
	shownTools = 5
)

// ledgerWeeks draws a bar a week, in parts by tool.
func (b *builder) ledgerWeeks(all []LedgerWeek) {
	b.raw("<section class=\"card long\">\n<h2>Your weeks</h2>\n")
	if len(all) == 0 {
		b.raw("<p class=\"soft\">No use of an AI tool is counted for you.</p>\n</section>\n")
		return
	}
	colours := coloursOf(all)
	weeks := byMonday(all)
	b.raw("<p class=\"small soft\">Acts of yours: a prompt, a suggestion or an edit that you accepted, a commit. What a tool does by itself is none.</p>\n<p class=\"legend\">")
	for i, tool := range colours {
		b.element(fmt.Sprintf("<span><i class=\"c%d\"></i>", i), tool, "</span> ")
	}
	if len(colours) == shownTools {
		fmt.Fprintf(b, "<span><i class=\"c%d\"></i>others</span>", shownTools)
	}
	b.raw("</p>\n<table class=\"tight\"><tbody>\n")
	most := uint64(1)
	for _, w := range weeks {
		most = max(most, actsOf(w))
	}
	for _, w := range weeks[:min(len(weeks), shownWeeks)] {
		b.ledgerWeek(w, colours, most)
	}
	b.raw("</tbody></table>\n")
	if len(weeks) > shownWeeks {
		fmt.Fprintf(b, "<p class=\"small soft\">These are the last %d weeks; the download has all of them.</p>\n", shownWeeks)
	}
	b.raw("</section>\n")
}

func (b *builder) ledgerWeek(week []LedgerWeek, colours []string, most uint64) {
	b.element("<tr><td class=\"day\">", week[0].Monday.Format("2 Jan 2006"), "</td><td style=\"width:72%\"><div class=\"meter\">")
	for _, w := range week {
		colour := slices.Index(colours, w.Tool)
		if colour < 0 {
			colour = shownTools
		}
		if w.Acts > 0 {
			b.element(fmt.Sprintf("<i class=\"c%d\" style=\"width:%.1f%%\" title=\"", colour, 100*float64(w.Acts)/float64(most)), w.Tool+": "+thousands(w.Acts), "\"></i>")
		}
	}
	fmt.Fprintf(b, "</div></td><td class=\"n\">%s</td></tr>\n", thousands(actsOf(week)))
}

func actsOf(week []LedgerWeek) (acts uint64) {
	for _, w := range week {
		acts += w.Acts
	}
	return acts
}

// byMonday groups the rows by week, in their order.
func byMonday(all []LedgerWeek) [][]LedgerWeek {
	var weeks [][]LedgerWeek
	last := time.Time{}
	for _, w := range all {
		if len(weeks) == 0 || !w.Monday.Equal(last) {
			weeks, last = append(weeks, nil), w.Monday
		}
		weeks[len(weeks)-1] = append(weeks[len(weeks)-1], w)
	}
	return weeks
}

// coloursOf are the tools with most acts, each with the colour of its place.
func coloursOf(all []LedgerWeek) []string {
	acts := map[string]uint64{}
	for _, w := range all {
		acts[w.Tool] += w.Acts
	}
	var tools []string
	for tool := range acts {
		tools = append(tools, tool)
	}
	slices.SortFunc(tools, func(a, b string) int { return cmp.Or(cmp.Compare(acts[b], acts[a]), cmp.Compare(a, b)) })
	if len(tools) > shownTools {
		tools = tools[:shownTools]
	}
	return tools
}
