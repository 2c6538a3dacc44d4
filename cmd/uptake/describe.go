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
