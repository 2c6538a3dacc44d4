package main

import (
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

// newRosterHistory is `uptake roster history`.
func newRosterHistory(s *settings) *cobra.Command {
	var format outputFormat
	c := &cobra.Command{
		Use:   "history",
		Short: "List what was imported when, and how many people it added, changed and removed",
		Long: `Lists every import that changed something, the newest first: when it came in force,
from where (csv, scim, or aliases that were accepted or withdrawn), which parts it
changed, how many people came, changed and left by it, and what is in force with it.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withTables(1, func(_ Config, conn driver.Conn) error {
				if err := migrate.Check(cmd.Context(), conn); err != nil {
					return err
				}
				imports, err := roster.Imports(cmd.Context(), conn)
				if err != nil {
					return err
				}
				t := table{columns: []string{"imported_at", "source", "parts", "added", "changed", "removed", "people", "aliases", "seats", "trainings"}}
				for _, i := range imports {
					t.rows = append(t.rows, []any{moment(i.At), i.Source, strings.Join(i.Parts, "+"), i.Added, i.Changed, i.Removed, i.People, i.Aliases, i.Seats, i.Trainings})
				}
				return format.print(cmd.OutOrStdout(), t)
			})
		},
	}
	format.flag(c.Flags())
	return c
}
