package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption"
)

// The metrics on the page of the definitions are written by the program itself.
//go:generate go run . definitions --page ../../docs/definitions.md

// newDefinitions is `uptake definitions`.
func newDefinitions(s *settings) *cobra.Command {
	var format outputFormat
	var page string
	c := &cobra.Command{
		Use:   "definitions",
		Short: "Print what each figure means",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if page != "" {
				return writeDefinitionsPage(page)
			}
			c, err := s.load()
			if err != nil {
				return err
			}
			return printDefinitions(cmd.OutOrStdout(), format, adoption.Define(c.Adoption))
		},
	}
	format.flag(c.Flags())
	c.Flags().StringVar(&page, "page", "", "write the metrics into this page, between its marks")
	_ = c.Flags().MarkHidden("page") // it fails for a flag that is not there
	return c
}

func printDefinitions(w io.Writer, format outputFormat, defined adoption.Definitions) error {
	switch format {
	case "json":
		text, err := marshalValue(defined)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n", text)
		return err
	case "csv":
		t := table{columns: []string{"id", "unit", "grains", "words", "formula", "source"}}
		for _, d := range defined.Metrics {
			t.rows = append(t.rows, []any{d.ID, d.Unit, strings.Join(d.Grains, " "), d.Words, d.Formula, d.Source})
		}
		return printCSV(w, t)
	}
	return describe(w, defined)
}
