package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/uptake-telemetry/uptake/schema/tools"
)

// explainTool says in words what a tool's file says, in Markdown that reads well
// on a terminal too.
func explainTool(w io.Writer, f *tools.File) error {
	b := &strings.Builder{}
	fmt.Fprintf(b, "%s by %s, category %s.", f.Name, f.Vendor, f.Category)
	if len(f.MeasuredWith) > 0 {
		fmt.Fprintf(b, " Recorded with %s.", strings.Join(f.MeasuredWith, ", "))
	}
	b.WriteString("\n")
	if about := strings.TrimSpace(f.About); about != "" {
		fmt.Fprintf(b, "\n%s\n", about)
	}
	explainRecognition(b, &f.Recognise)
	explainAuthority(b, f)
	explainPerson(b, f)
	explainRules(b, f)
	explainContent(b, f)
	explainRollout(b, &f.Rollout)
	_, err := io.WriteString(w, filled(b.String()))
	return err
}

// filled breaks paragraphs and points of a list at the width of a page; tables
// and code stay as they are.
func filled(markdown string) string {
	b, code := &strings.Builder{}, false
	for line := range strings.Lines(markdown) {
		fence := strings.HasPrefix(line, "```")
		code = code != fence
		if code || fence || strings.HasPrefix(line, "|") {
			b.WriteString(line)
			continue
		}
		text, point := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "- ")
		first, rest := "", ""
		if point {
			first, rest = "- ", "  "
		}
		lines := wrap(text, pageWidth-len(first))
		b.WriteString(first + strings.Join(lines, "\n"+rest) + "\n")
	}
	return b.String()
}

func explainRecognition(b *strings.Builder, r *tools.Recognise) {
	var by []string
	for _, known := range []struct {
		what  string
		names []string
	}{
		{"service.name", r.Services}, {"service.name beginning with", r.ServicePrefixes},
		{"scope", r.Scopes}, {"scope beginning with", r.ScopePrefixes},
		{"where neither is known, attribute", r.Attributes}, {"where neither is known, metric beginning with", r.MetricPrefixes},
	} {
		if len(known.names) > 0 {
			by = append(by, known.what+" "+codes(known.names))
		}
	}
	if len(by) > 0 {
		fmt.Fprintf(b, "\n**Recognised by** %s.\n", strings.Join(by, "; "))
	}
}

func explainAuthority(b *strings.Builder, f *tools.File) {
	if len(f.Authority) == 0 {
		return
	}
	b.WriteString("\n**Counted from** (the first that is heard)\n\n| fact | signals |\n| --- | --- |\n")
	for _, fact := range sortedFacts(f.Authority) {
		fmt.Fprintf(b, "| %s | %s |\n", strings.ReplaceAll(fact, "_", " "), strings.Join(f.Authority[fact], ", then "))
	}
}

func explainPerson(b *strings.Builder, f *tools.File) {
	var who []string
	for _, id := range f.Identity {
		who = append(who, "`"+id.Attribute+"` ("+id.Kind+")")
	}
	if len(who) > 0 {
		fmt.Fprintf(b, "\n**Person**, the first that is there: %s.\n", strings.Join(who, ", "))
	}
	for _, named := range []struct {
		what  string
		names []string
	}{{"Device", f.Device}, {"Session", f.Session}, {"Version", f.Version}} {
		if len(named.names) > 0 {
			fmt.Fprintf(b, "\n**%s**: %s.\n", named.what, codes(named.names))
		}
	}
}

func explainRules(b *strings.Builder, f *tools.File) {
	if len(f.Logs.Records)+len(f.Spans.Records)+len(f.Metrics) == 0 {
		return
	}
	b.WriteString("\n**Rules**\n\n| signal | name | becomes | when |\n| --- | --- | --- | --- |\n")
	for _, of := range []struct {
		signal string
		rules  []tools.RuleFile
	}{{"logs", f.Logs.Records}, {"spans", f.Spans.Records}} {
		for i := range of.rules {
			r := &of.rules[i]
			fmt.Fprintf(b, "| %s | `%s` | %s | %s |\n", of.signal, r.Name, choices(r.Action), conditions(r.When))
		}
	}
	for i := range f.Metrics {
		m := &f.Metrics[i]
		fmt.Fprintf(b, "| metrics | `%s` | %s | %s |\n", m.Name, choices(m.Measure), conditions(m.When))
	}
}

// choices are the words of which one is chosen.
func choices(c tools.Choices) string {
	var words []string
	for _, choice := range c {
		words = append(words, strings.ReplaceAll(choice.Is, "_", " "))
	}
	return strings.Join(words, " or ")
}

func conditions(when []tools.ConditionFile) string {
	var words []string
	for _, c := range when {
		words = append(words, condition(c))
	}
	return strings.Join(words, "; ")
}

func condition(c tools.ConditionFile) string {
	name := "`" + c.Attribute + "`"
	if c.Present != nil && !*c.Present {
		return name + " is not there"
	}
	var says []string
	for _, part := range []struct {
		verb  string
		words []string
	}{{"is ", c.In}, {"is none of ", c.NotIn}, {"begins with ", c.Prefix}} {
		if len(part.words) > 0 {
			says = append(says, part.verb+codes(part.words))
		}
	}
	if c.Matches != "" {
		// A bar would end the table's cell.
		says = append(says, "matches `"+strings.ReplaceAll(c.Matches, "|", `\|`)+"`")
	}
	if says == nil {
		return name + " is there"
	}
	return name + " " + strings.Join(says, " and ")
}

func explainContent(b *strings.Builder, f *tools.File) {
	if len(f.Content) > 0 {
		fmt.Fprintf(b, "\n**Never read**, because they can hold what people write: %s. No other attribute is read either unless it stands in a rule.\n", codes(f.Content))
	}
}

func explainRollout(b *strings.Builder, r *tools.Rollout) {
	if len(r.Environment) > 0 {
		b.WriteString("\n**What IT sets**\n\n| variable | value | why |\n| --- | --- | --- |\n")
		for _, v := range r.Environment {
			fmt.Fprintf(b, "| `%s` | `%s` | %s |\n", v.Name, v.Value, v.Why)
		}
	}
	for _, file := range r.Files {
		fmt.Fprintf(b, "\nIn `%s`:\n\n```\n%s\n```\n", file.Path, strings.TrimRight(file.Content, "\n"))
	}
	if len(r.Notes) > 0 {
		b.WriteString("\n")
	}
	for _, note := range r.Notes {
		fmt.Fprintf(b, "- %s\n", note)
	}
}

func codes(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }
