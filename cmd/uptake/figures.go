package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// newFigures is `uptake figures`.
func newFigures(s *settings) *cobra.Command {
	var format outputFormat
	var statistic string
	filters := map[string]*string{}
	c := &cobra.Command{
		Use:   "figures",
		Short: "Print published figures",
		Long: `Prints published figures. With --format json or csv a filter left out does not
filter. A table, which is for reading, shows the last final week where --period is
left out, and any tool together where --tool is; the figures of 28 days that end
with that week are among them. A metric has further rows, such as the Gini
coefficient of concentration; --statistic asks for one kind of them, and
"value" for the metric's own value.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := parseFilters(filters)
			if err != nil {
				return err
			}
			return s.withTables(1, func(_ Config, conn driver.Conn) error {
				if format == "table" {
					return printReadable(cmd.Context(), cmd.OutOrStdout(), conn, filter, statistic)
				}
				rows, err := publish.Read(cmd.Context(), conn, filter)
				if err != nil {
					return err
				}
				return format.print(cmd.OutOrStdout(), figureTable(ofStatistic(rows, statistic)))
			})
		},
	}
	for name, usage := range map[string]string{
		"metric": "metric, such as adoption_rate", "by": "cut, such as role or department,role; total for the whole",
		"tool": "any, the id of a tool, or category:NAME", "grain": "day, week or 28d", "period": "first day of the period, such as 2026-11-09",
	} {
		filters[name] = c.Flags().String(name, "", usage)
	}
	c.Flags().StringVar(&statistic, "statistic", "", "kind of rows, such as gini, power or new; value for those of the metric itself")
	format.flag(c.Flags())
	return c
}

// ofStatistic picks the rows of one kind, all where it is empty.
func ofStatistic(rows []publish.Row, statistic string) []publish.Row {
	if statistic == "" {
		return rows
	}
	return slices.DeleteFunc(rows, func(r publish.Row) bool {
		own := cmp.Or(r.Dimensions["statistic"], r.Dimensions["tier"], r.Dimensions["flow"], "value")
		return own != statistic
	})
}

// printReadable prints what a reader most likely wants to see.
func printReadable(ctx context.Context, w io.Writer, conn driver.Conn, filter publish.Filter, statistic string) (err error) {
	if filter.Period.IsZero() {
		if filter.Period, err = shownPeriod(ctx, conn, filter); err != nil {
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
	rows = ofStatistic(rows, statistic)
	if filter.Grain == "" {
		// The Monday of the week is a day with figures of its own.
		rows = slices.DeleteFunc(rows, func(r publish.Row) bool { return r.Grain == "day" && filter.Period.Weekday() == time.Monday })
	}
	if len(rows) == 0 {
		_, err = fmt.Fprintln(w, "no figures are published for that")
		return err
	}
	t := readableFigures(rows)
	if _, err := fmt.Fprintf(w, "%s\n\n", t.lift("period", "tool", "state")); err != nil {
		return err
	}
	return printTable(w, t)
}

// shownPeriod is the last final week; cohorts are told of earlier ones only.
func shownPeriod(ctx context.Context, conn driver.Conn, filter publish.Filter) (time.Time, error) {
	week, _, err := lastWeek(ctx, conn)
	if err != nil || filter.Metric == "" {
		return week, err
	}
	newest := time.Time{}
	err = publish.Each(ctx, conn, publish.Filter{Metric: filter.Metric, Grain: filter.Grain, Tool: "any", By: []string{"total"}}, func(r publish.Row) error {
		if !r.Period.After(week) && r.Period.After(newest) {
			newest = r.Period.Time
		}
		return nil
	})
	if newest.IsZero() {
		return week, err
	}
	return newest, err
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

// readableFigures has what a reader wants to see.
func readableFigures(rows []publish.Row) table {
	t := table{columns: []string{"figure", "group", "value", "interval", "people", "tool", "period", "state"}}
	for _, r := range rows {
		people := ""
		if r.Group != nil {
			people = string(*r.Group)
		}
		t.rows = append(t.rows, []any{rowName(r), groupName(r), readableValue(r), interval(r), people, r.Tool, r.Period.String(), r.State})
	}
	return t
}

// lift takes out columns that say the same in all rows, and returns what they
// say: lines stay short enough for a terminal.
func (t *table) lift(names ...string) string {
	var said []string
	for _, name := range names {
		at := slices.Index(t.columns, name)
		if at < 0 || slices.ContainsFunc(t.rows, func(row []any) bool { return row[at] != t.rows[0][at] }) {
			continue
		}
		said = append(said, name+" "+cellText(t.rows[0][at]))
		t.columns = slices.Delete(t.columns, at, at+1)
		for i := range t.rows {
			t.rows[i] = slices.Delete(t.rows[i], at, at+1)
		}
	}
	return strings.Join(said, ", ")
}

// groupName has the values of the cut's dimensions, or the two that are compared.
func groupName(r publish.Row) string {
	var parts []string
	for _, name := range figure.Dimensions {
		if value, cut := r.Dimensions[name]; cut {
			parts = append(parts, value)
		}
		if a, compared := r.Dimensions[name+"_a"]; compared {
			return curtailed(a) + " - " + curtailed(r.Dimensions[name+"_b"])
		}
	}
	switch len(parts) {
	case 0:
		return "total"
	case 1:
		return parts[0]
	}
	return curtailed(parts[0]) + " / " + curtailed(parts[1])
}

// longest is how much of a name is shown beside another one.
const longest = 18

func curtailed(name string) string { return clipped(name, longest) }

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
	case r.Group != nil && strings.Contains(string(*r.Group), "-"):
		// A class of group sizes goes with a rounded value.
		return "about " + unitOf(r).value(*r.Value)
	}
	return unitOf(r).value(*r.Value)
}

func interval(r publish.Row) string {
	if r.Low == nil || r.High == nil {
		return ""
	}
	return unitOf(r).interval(*r.Low, *r.High)
}
