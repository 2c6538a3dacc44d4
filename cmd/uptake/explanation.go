package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

func printExplanation(w io.Writer, format outputFormat, sqlOnly bool, x adoption.Explanation) error {
	if sqlOnly {
		if x.SQL == "" {
			return fmt.Errorf("the figure is %s: there is no SQL that gives it", readableValue(x.Row))
		}
		_, err := fmt.Fprintln(w, x.SQL)
		return err
	}
	if format == "json" {
		text, err := marshalValue(map[string]any{"figure": x.Row, "definition": x.Definition, "statistic": x.Words, "excluded": x.Excluded, "sql": x.SQL})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n", text)
		return err
	}
	_, err := io.WriteString(w, explanationText(x))
	return err
}

// explanationText is for a reader.
func explanationText(x adoption.Explanation) string {
	var b strings.Builder
	r := x.Row
	of := dimensionWords(r.Dimensions)
	if of == "" {
		of = "the whole"
	}
	fmt.Fprintf(&b, "%s of %s, tool %s, %s of %s\n\n", r.Metric, of, r.Tool, r.Grain, r.Period)
	indented(&b, x.Definition.Words, "  ")
	for _, line := range []string{"= " + x.Definition.Formula, x.Words, "Unit: " + x.Definition.Unit + ". Source: " + x.Definition.Source + ". Id: " + r.Definition + "."} {
		if line != "" {
			indented(&b, line, "  ")
		}
	}
	b.WriteString("\n")
	for _, fact := range factsOf(r) {
		fmt.Fprintf(&b, "  %-12s %s\n", fact[0], fact[1])
	}
	if x.SQL == "" {
		b.WriteString("\n" + strings.Join(wrap(withoutSQL(r), 94), "\n") + "\n")
		return b.String()
	}
	b.WriteString("\nLeft out:\n")
	for _, left := range x.Excluded {
		fmt.Fprintf(&b, "  %-50s %s\n", left.Reason, left.Count)
	}
	fmt.Fprintf(&b, "\nSQL that gives it again:\n\n%s\n", x.SQL)
	return b.String()
}

// factsOf is what was published, with its exact digits.
func factsOf(r publish.Row) [][2]string {
	value := readableValue(r)
	if r.Value != nil {
		value = fmt.Sprintf("%s (%v)", value, *r.Value)
	}
	group := "-"
	if r.Group != nil {
		group = string(*r.Group) + " people"
	}
	return [][2]string{{"value", value}, {"numerator", digits(r.Numerator)}, {"denominator", digits(r.Denominator)}, {"interval", intervalDigits(r)}, {"group", group},
		{"coverage", digits(r.Coverage)}, {"state", r.State}, {"watermark", r.Watermark.UTC().Format(time.RFC3339)}}
}

func digits(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprint(*v)
}

func intervalDigits(r publish.Row) string {
	if r.Low == nil || r.High == nil {
		return "-"
	}
	return fmt.Sprintf("%v to %v", *r.Low, *r.High)
}

// withoutSQL says why there is nothing to be calculated again.
func withoutSQL(r publish.Row) string {
	if r.Suppressed {
		return "Suppressed: the group is too small, or another one could be told from it by subtraction (rules 15 to 17 of docs/definitions.md). No SQL is given, because it would show what is hidden."
	}
	return "Unknown: nothing was heard of the row's tools in the period although there was before (rule 14 of docs/definitions.md). That is not zero."
}
