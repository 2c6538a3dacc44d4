package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// newFigures is `uptake figures`.
func newFigures(s *settings) *cobra.Command {
	var format outputFormat
	filters := map[string]*string{}
	c := &cobra.Command{
		Use:   "figures",
		Short: "Print published figures",
		Long: `Prints published figures. With --format json or csv a filter left out does not
filter. A table, which is for reading, shows the last final week where --period is
left out, and any tool together where --tool is.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := parseFilters(filters)
			if err != nil {
				return err
			}
			return s.withTables(1, func(_ Config, conn driver.Conn) error {
				if format == "table" {
					return printReadable(cmd.Context(), cmd.OutOrStdout(), conn, filter)
				}
				rows, err := publish.Read(cmd.Context(), conn, filter)
				if err != nil {
					return err
				}
				return format.print(cmd.OutOrStdout(), figureTable(rows))
			})
		},
	}
	for name, usage := range map[string]string{
		"metric": "metric, such as adoption_rate", "by": "cut, such as role or department,role; total for the whole",
		"tool": "any, the id of a tool, or category:NAME", "grain": "day, week or 28d", "period": "first day of the period, such as 2026-11-09",
	} {
		filters[name] = c.Flags().String(name, "", usage)
	}
	format.flag(c.Flags())
	return c
}

// printReadable prints what a reader most likely wants to see.
func printReadable(ctx context.Context, w io.Writer, conn driver.Conn, filter publish.Filter) (err error) {
	if filter.Period.IsZero() {
		if filter.Period, _, err = lastWeek(ctx, conn); err != nil {
			return err
		}
	}
	if filter.Tool == "" {
		filter.Tool = "any"
	}
	rows, err := publish.Read(ctx, conn, filter)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		_, err = fmt.Fprintln(w, "no figures are published for that")
		return err
	}
	return printTable(w, readableFigures(rows))
}

func parseFilters(flags map[string]*string) (publish.Filter, error) {
	given := map[string]string{}
	for name, value := range flags {
		if *value != "" {
			given[name] = *value
		}
	}
	filter, err := publish.ParseFilter(given, adoption.MetricNames())
	var wrong *publish.FilterError
	if errors.As(err, &wrong) {
		return filter, usagef("--%w", err)
	}
	return filter, err
}

// figureTable has the columns of the API.
func figureTable(rows []publish.Row) table {
	t := table{columns: []string{"metric", "definition", "grain", "period", "dimensions", "tool", "value", "low", "high", "numerator",
		"denominator", "group", "band", "coverage", "state", "watermark", "suppressed"}}
	for _, r := range rows {
		t.rows = append(t.rows, []any{r.Metric, r.Definition, r.Grain, r.Period, r.Dimensions, r.Tool, r.Value, r.Low, r.High, r.Numerator,
			r.Denominator, r.Group, r.Band, r.Coverage, r.State, r.Watermark.UTC().Format(time.RFC3339), r.Suppressed})
	}
	return t
}

// readableFigures has what a reader wants to see, in a hundred columns.
func readableFigures(rows []publish.Row) table {
	t := table{columns: []string{"week", "metric", "tool", "group", "value", "interval", "people", "state"}}
	for _, r := range rows {
		people := ""
		if r.Group != nil {
			people = string(*r.Group)
		}
		t.rows = append(t.rows, []any{r.Period.String(), r.Metric, r.Tool, groupName(r.Dimensions), readableValue(r), interval(r), people, r.State})
	}
	return t
}

func groupName(dimensions map[string]string) string {
	if len(dimensions) == 0 {
		return "total"
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		parts = append(parts, dimensions[name])
	}
	return strings.Join(parts, " / ")
}

func readableValue(r publish.Row) string {
	switch {
	case r.Suppressed:
		return "suppressed"
	case r.State == publish.Unknown:
		return "unknown"
	case r.Band != "":
		return r.Band
	case r.Value == nil:
		return "-"
	case r.Metric == "active_people":
		return fmt.Sprintf("%.0f", *r.Value)
	default:
		return fmt.Sprintf("%.1f %%", 100**r.Value)
	}
}

func interval(r publish.Row) string {
	if r.Low == nil || r.High == nil {
		return ""
	}
	return fmt.Sprintf("%.1f to %.1f %%", 100**r.Low, 100**r.High)
}

// newDefinitions is `uptake definitions`.
func newDefinitions(s *settings) *cobra.Command {
	var format outputFormat
	c := &cobra.Command{
		Use:   "definitions",
		Short: "Print what each figure means",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load()
			if err != nil {
				return err
			}
			defined := adoption.Define(c.Adoption)
			if format == "json" {
				text, err := marshalValue(defined)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", text)
				return err
			}
			t := table{columns: []string{"id", "unit", "words", "formula"}}
			for _, d := range defined.Metrics {
				t.rows = append(t.rows, []any{d.ID, d.Unit, d.Words, d.Formula})
			}
			if format == "csv" {
				return format.print(cmd.OutOrStdout(), t)
			}
			return describe(cmd.OutOrStdout(), defined)
		},
	}
	format.flag(c.Flags())
	return c
}
