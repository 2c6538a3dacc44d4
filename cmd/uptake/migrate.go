package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

// newMigrate is `uptake migrate`.
func newMigrate(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the tables of ClickHouse to this version",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.loadRunning()
			if err != nil {
				return err
			}
			if err := c.ClickHouse.ensureDatabase(cmd.Context()); err != nil {
				return err
			}
			conn, err := c.ClickHouse.connect(c.ClickHouse.Database, 2)
			if err != nil {
				return usageError{err}
			}
			defer conn.Close()
			if err := migrate.Run(cmd.Context(), conn, c.Log.newLogger()); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "the tables are up to date")
			return err
		},
	}
}
