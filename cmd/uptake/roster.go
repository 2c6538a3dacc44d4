package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// newRoster is `uptake roster`.
func newRoster(s *settings) *cobra.Command {
	var people, seats, training string
	load := &cobra.Command{
		Use:   "import --people FILE [--seats FILE] [--training FILE]",
		Short: "Import people, seats and training from CSV files",
		Long: `Puts whole files in force: people, and seats and training where they are given.
Importing the same again changes nothing. When anything is wrong, every problem
is named with file, line and column, and nothing is taken.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if people == "" {
				return usagef("name the file of the people with --people")
			}
			c, err := s.loadRunning()
			if err != nil {
				return err
			}
			return importFiles(cmd.Context(), cmd.OutOrStdout(), c, people, seats, training)
		},
	}
	load.Flags().StringVar(&people, "people", "", "CSV file of people")
	load.Flags().StringVar(&seats, "seats", "", "CSV file of seats")
	load.Flags().StringVar(&training, "training", "", "CSV file of training")
	c := &cobra.Command{Use: "roster", Short: "Tell Uptake about people"}
	c.AddCommand(load, newSuggest(s), newAccept(s), newWithdraw(s), newAccepted(s))
	return c
}

func importFiles(ctx context.Context, out io.Writer, c Config, people, seats, training string) error {
	var files roster.Files
	for _, f := range []struct {
		name string
		to   **roster.File
	}{{people, &files.People}, {seats, &files.Seats}, {training, &files.Training}} {
		if f.name == "" {
			continue
		}
		opened, err := os.Open(f.name)
		if err != nil {
			return usageError{err}
		}
		defer opened.Close()
		*f.to = &roster.File{Name: f.name, Content: opened}
	}
	change, err := importRoster(ctx, c, files)
	var problems *roster.Problems
	if errors.As(err, &problems) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	word := "imported"
	if !change.Changed {
		word = "unchanged"
	}
	_, err = fmt.Fprintf(out, "%s: %d people in %d periods, %d aliases, %d seats, %d trainings\n",
		word, change.People, change.Periods, change.Aliases, change.Seats, change.Trainings)
	return err
}

// importRoster reads the files and puts them in force.
func importRoster(ctx context.Context, c Config, files roster.Files) (roster.Change, error) {
	pseudonyms, err := c.pseudonymizer()
	if err != nil {
		return roster.Change{}, err
	}
	catalogue, err := tools.LoadWith(c.Tools)
	if err != nil {
		return roster.Change{}, err
	}
	read, err := roster.Parse(files, roster.Deps{
		Pseudonyms: pseudonyms,
		KnownTool:  func(id string) bool { return catalogue.Tool(id) != nil },
	})
	if err != nil {
		return roster.Change{}, err
	}
	conn, err := c.ClickHouse.connect(c.ClickHouse.Database, 2)
	if err != nil {
		return roster.Change{}, usageError{err}
	}
	defer conn.Close()
	if err := migrate.Check(ctx, conn); err != nil {
		return roster.Change{}, err
	}
	return roster.Store(ctx, conn, read)
}
