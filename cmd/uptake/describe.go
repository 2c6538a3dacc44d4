package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/figure"
)

// describe prints the definitions as paragraphs for a reader.
func describe(w io.Writer, defined adoption.Definitions) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Figures are shown for groups of %d people or more.\n", defined.K)
	for _, d := range defined.Metrics {
		describeMetric(&b, d)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func describeMetric(b *strings.Builder, d figure.Definition) {
	fmt.Fprintf(b, "\n%s (%s; %s)\n", d.ID, d.Unit, strings.Join(d.Grains, ", "))
	for _, text := range []string{d.Words, "= " + d.Formula, "Source: " + d.Source} {
		indented(b, text, "    ")
	}
	for _, s := range d.Statistics {
		indented(b, dimensionWords(s.Dimensions)+": "+s.Words, "      ")
	}
}

// indented breaks a text into lines that fit a terminal.
func indented(b *strings.Builder, text, indent string) {
	for _, line := range wrap(text, 94-len(indent)) {
		fmt.Fprintf(b, "%s%s\n", indent, line)
	}
}

// dimensionWords name the rows of a statistic, as in statistic=gini.
func dimensionWords(dimensions map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		parts = append(parts, name+"="+dimensions[name])
	}
	return strings.Join(parts, ", ")
}

// Marks of a page between which the metrics stand.
const (
	metricsBegin = "<!-- BEGIN metrics."
	metricsEnd   = "<!-- END metrics. -->"
)

// writeDefinitionsPage puts the metrics into the page, whose rules are written
// by hand.
func writeDefinitionsPage(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return usagef("--page: %w", err)
	}
	page, err := withMetrics(string(text), figure.Definitions())
	if err != nil {
		return usagef("--page: %s: %w", path, err)
	}
	return os.WriteFile(path, []byte(page), 0o644)
}

func withMetrics(page string, definitions []figure.Definition) (string, error) {
	before, rest, begun := strings.Cut(page, metricsBegin)
	mark, rest, closed := strings.Cut(rest, "\n")
	_, after, ended := strings.Cut(rest, metricsEnd)
	if !begun || !closed || !ended {
		return "", fmt.Errorf("it has no line %s… followed by one %s", metricsBegin, metricsEnd)
	}
	var b strings.Builder
	for _, d := range definitions {
		metricSection(&b, d)
	}
	return before + metricsBegin + mark + "\n" + b.String() + metricsEnd + after, nil
}

// metricSection is what the page says of a metric.
func metricSection(b *strings.Builder, d figure.Definition) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n", d.Metric, d.Words)
	fmt.Fprintf(b, "- Value: %s\n- Unit: %s\n- Periods: %s\n- Id: `%s`\n- From: %s\n", d.Formula, d.Unit, strings.Join(d.Grains, ", "), d.ID, d.Source)
	if len(d.Statistics) > 0 {
		b.WriteString("\n| further rows | |\n| --- | --- |\n")
	}
	for _, s := range d.Statistics {
		fmt.Fprintf(b, "| `%s` | %s |\n", dimensionWords(s.Dimensions), s.Words)
	}
	b.WriteString("\n")
}
