package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/uptake-telemetry/uptake/adoption"
)

// describe prints the definitions as paragraphs for a reader.
func describe(w io.Writer, defined adoption.Definitions) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Figures are shown for groups of %d people or more.\n", defined.K)
	for _, d := range defined.Metrics {
		fmt.Fprintf(&b, "\n%s (%s)\n", d.ID, d.Unit)
		for _, line := range wrap(d.Words, 90) {
			fmt.Fprintf(&b, "    %s\n", line)
		}
		for _, line := range wrap("= "+d.Formula, 90) {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// wrap breaks a text into lines of at most so many bytes where words allow it.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// pageWidth is how much people read on one line.
const pageWidth = 100

// paragraph is a head with lines beside it.
type paragraph struct {
	head  string
	lines []string
}

// printParagraphs prints the heads in a column of that width, and the lines
// broken to fit beside it.
func printParagraphs(w io.Writer, width int, all []paragraph) error {
	var b strings.Builder
	for _, p := range all {
		head := p.head
		for _, line := range p.lines {
			for _, part := range wrap(line, pageWidth-width) {
				fmt.Fprintf(&b, "%-*s%s\n", width, head, part)
				head = ""
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
