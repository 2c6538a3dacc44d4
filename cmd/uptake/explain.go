package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// explainedTables hold what a figure is made from.
var explainedTables = []string{"person_day", "act_day", "population", "roster_version"}

// newExplain is `uptake explain`.
func newExplain(s *settings) *cobra.Command {
	var asked explainAsked
	var format outputFormat
	var sqlOnly bool
	c := &cobra.Command{
		Use:   "explain METRIC",
		Short: "Explain one published figure: its meaning, what it was made from, and the SQL that gives it again",
		Long: `Explains one published figure: the definition, the value with what was published
beside it, what was left out and why (roughly), and the SQL that gives it again;
run by "uptake sql" that gives the value that is printed. Without --period it is
the newest final figure, without --dimensions that of the whole. What is
suppressed is explained as suppressed, without SQL.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			filter, err := asked.filter(args[0])
			if err != nil {
				return err
			}
			if format == "csv" {
				return usagef("--format: an explanation is a text or JSON")
			}
			return s.withAdoption(func(config adoption.Config, deps adoption.Deps) error {
				x, err := explain(cmd.Context(), config, deps, filter, asked.dimensions)
				if err != nil {
					return err
				}
				return printExplanation(cmd.OutOrStdout(), format, sqlOnly, x)
			})
		},
	}
	asked.flags(c)
	c.Flags().BoolVar(&sqlOnly, "sql", false, "print the SQL alone")
	format.flag(c.Flags())
	return c
}

// explainAsked says which figure is meant.
type explainAsked struct {
	pairs                          []string
	tool, grain, period, statistic string
	dimensions                     map[string]string
}

func (a *explainAsked) flags(c *cobra.Command) {
	c.Flags().StringSliceVar(&a.pairs, "dimensions", nil, "dimensions of the row, such as role=copywriter or role_a=editor,role_b=writer")
	c.Flags().StringVar(&a.tool, "tool", "any", "any, the id of a tool, or category:NAME")
	c.Flags().StringVar(&a.grain, "grain", "", "day, week or 28d")
	c.Flags().StringVar(&a.period, "period", "", "first day of the period, such as 2026-11-09")
	c.Flags().StringVar(&a.statistic, "statistic", "", "kind of row, such as gini, power or new")
}

// filter reads the flags; what is wrong with one is a wrong use.
func (a *explainAsked) filter(metric string) (publish.Filter, error) {
	flags := map[string]*string{"metric": &metric, "tool": &a.tool, "grain": &a.grain, "period": &a.period}
	filter, err := parseFilters(flags)
	if err != nil {
		return filter, err
	}
	a.dimensions = map[string]string{}
	for _, pair := range a.pairs {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" {
			return filter, usagef("--dimensions: %q is no NAME=VALUE", pair)
		}
		a.dimensions[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return filter, a.kind(metric)
}

// kind adds the dimensions that --statistic stands for.
func (a *explainAsked) kind(metric string) error {
	if a.statistic == "" {
		return nil
	}
	var kinds []string
	for _, d := range figure.Definitions() {
		if d.Metric != metric {
			continue
		}
		for _, s := range d.Statistics {
			for name, value := range s.Dimensions {
				if kinds = append(kinds, value); value == a.statistic {
					a.dimensions[name] = value
					return nil
				}
			}
		}
	}
	return usagef("--statistic: %s has no %q; there are: %s", metric, a.statistic, strings.Join(kinds, ", "))
}

func explain(ctx context.Context, config adoption.Config, deps adoption.Deps, filter publish.Filter, dimensions map[string]string) (adoption.Explanation, error) {
	row, err := publishedRow(ctx, deps.Conn, filter, dimensions)
	if err != nil {
		return adoption.Explanation{}, err
	}
	if err := audited(ctx, deps.Conn, "explain", "", explainedTables...); err != nil {
		return adoption.Explanation{}, err
	}
	explainer, err := adoption.NewExplainer(ctx, config, deps)
	if err != nil {
		return adoption.Explanation{}, err
	}
	return explainer.Explain(ctx, row)
}

// publishedRow is the one row that is meant: of several periods the newest
// final one, else the newest.
func publishedRow(ctx context.Context, conn driver.Conn, filter publish.Filter, dimensions map[string]string) (publish.Row, error) {
	var newest, final *publish.Row
	var others []string
	err := publish.Each(ctx, conn, filter, func(r publish.Row) error {
		switch {
		case !maps.Equal(r.Dimensions, dimensions):
			if name := dimensionWords(r.Dimensions); name != "" && len(others) < 4 && len(r.Dimensions) == max(1, len(dimensions)) && !slices.Contains(others, name) {
				others = append(others, name)
			}
		case newest == nil || filter.Grain == "" && r.Grain == "week" && newest.Grain == "day" && final == nil:
			newest = &r
			fallthrough
		default:
			if final == nil && (r.State == publish.Final || r.State == publish.Corrected) && (filter.Grain != "" || r.Grain != "day") {
				final = &r
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return publish.Row{}, err
	case final != nil:
		return *final, nil
	case newest != nil:
		return *newest, nil
	case len(others) > 0:
		return publish.Row{}, fmt.Errorf("no such figure is published; there are %s with --dimensions such as %s", filter.Metric, strings.Join(others, "; "))
	}
	return publish.Row{}, fmt.Errorf("no figure of %s is published for that", filter.Metric)
}
