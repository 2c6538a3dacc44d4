package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption"
)

// newRebuild is `uptake rebuild`.
func newRebuild(s *settings) *cobra.Command {
	var from string
	var verify bool
	var format outputFormat
	c := &cobra.Command{
		Use:   "rebuild --from DATE",
		Short: "Make days and figures anew from events, or verify that they would be the same",
		Long: `Marks all days from DATE on, and the figures that look at them, as stale: the
running observer makes them anew from the stored events. Days whose first events
have expired keep what they have.

With --verify nothing that is published changes: days, people and figures are
calculated beside the stored ones and compared to the last digit. What differs is
printed, as counts of rows, and the exit status is 1.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			day, err := time.Parse(time.DateOnly, from)
			if err != nil {
				return usagef("--from: %q is no day such as 2026-11-09", from)
			}
			if day.After(time.Now()) {
				return usagef("--from: %s is yet to come", from)
			}
			return s.withAdoption(func(config adoption.Config, deps adoption.Deps) error {
				if verify {
					return verifyFrom(cmd.Context(), cmd.OutOrStdout(), format, config, deps, day)
				}
				return rebuildFrom(cmd.Context(), cmd.OutOrStdout(), config, deps, day)
			})
		},
	}
	c.Flags().StringVar(&from, "from", "", "first day, such as 2026-11-09")
	c.Flags().BoolVar(&verify, "verify", false, "compare with what is stored and change nothing")
	format.flag(c.Flags())
	return c
}

// rebuildConnections is how many connections a recalculation uses at once.
const rebuildConnections = 2

// withAdoption gives what calculating needs, as the observer has it.
func (s *settings) withAdoption(work func(adoption.Config, adoption.Deps) error) error {
	return s.withTables(rebuildConnections, func(c Config, conn driver.Conn) error {
		catalogue, err := loadTools(c.Tools)
		if err != nil {
			return err
		}
		return work(c.Adoption, adoption.Deps{Conn: conn, Tools: toolCategories(catalogue), Authority: catalogue.Orders()})
	})
}

func rebuildFrom(ctx context.Context, w io.Writer, config adoption.Config, deps adoption.Deps, from time.Time) error {
	marked, err := adoption.Rebuild(ctx, config, deps, from)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d days and %d periods are marked; wait for them with: uptake status --wait drained\n", marked.Days, marked.Periods)
	return err
}

func verifyFrom(ctx context.Context, w io.Writer, format outputFormat, config adoption.Config, deps adoption.Deps, from time.Time) error {
	found, err := adoption.Verify(ctx, config, deps, from)
	if err != nil {
		return err
	}
	if len(found.Differences) == 0 && format == "table" {
		_, err := fmt.Fprintf(w, "%d days and %d periods, all equal%s\n", found.Days, found.Periods, heldWords(found.Held))
		return err
	}
	t := table{columns: []string{"table", "grain", "period", "rows"}}
	for _, d := range found.Differences {
		t.rows = append(t.rows, []any{d.Table, d.Grain, d.Start.Format(time.DateOnly), d.Rows})
	}
	if err := format.print(w, t); err != nil || len(found.Differences) == 0 {
		return err
	}
	return fmt.Errorf("%d of %d days and periods differ", len(found.Differing()), found.Days+found.Periods)
}

// heldWords says of how many periods nothing was compared.
func heldWords(held int) string {
	if held == 0 {
		return ""
	}
	return fmt.Sprintf("; %d more wait for the weekly run, as few people moved in them", held)
}
