package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// newRoster is `uptake roster`.
func newRoster(s *settings) *cobra.Command {
	var people, seats, training string
	var includeErased bool
	load := &cobra.Command{
		Use:   "import --people FILE [--seats FILE] [--training FILE]",
		Short: "Import people, seats and training from CSV files",
		Long: `Puts whole files in force: people, and seats and training where they are given.
Importing the same again changes nothing. When anything is wrong, every problem
is named with file, line and column, and nothing is taken. People who were erased are
left out, unless --include-erased takes them in again, from then on.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if people == "" {
				return usagef("name the file of the people with --people")
			}
			c, err := s.loadRunning()
			if err != nil {
				return err
			}
			return importFiles(cmd, c, includeErased, people, seats, training)
		},
	}
	load.Flags().StringVar(&people, "people", "", "CSV file of people")
	load.Flags().StringVar(&seats, "seats", "", "CSV file of seats")
	load.Flags().StringVar(&training, "training", "", "CSV file of training")
	load.Flags().BoolVar(&includeErased, "include-erased", false, "take people in again who were erased")
	c := &cobra.Command{Use: "roster", Short: "Tell Uptake about people"}
	c.AddCommand(load, newSuggest(s), newAccept(s), newWithdraw(s), newAccepted(s))
	return c
}

func importFiles(cmd *cobra.Command, c Config, includeErased bool, people, seats, training string) error {
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
	change, err := importRoster(cmd.Context(), c, files, includeErased)
	var problems *roster.Problems
	if errors.As(err, &problems) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	if change.LeftOut > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "people of the files who were erased and are left out: %d; take them out of the files, or say --include-erased\n", change.LeftOut)
	}
	word := "imported"
	if !change.Changed {
		word = "unchanged"
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d people in %d periods, %d aliases, %d seats, %d trainings\n",
		word, change.People, change.Periods, change.Aliases, change.Seats, change.Trainings)
	return err
}

// importRoster reads the files and puts them in force.
func importRoster(ctx context.Context, c Config, files roster.Files, includeErased bool) (roster.Change, error) {
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
	if err := audited(ctx, conn, "roster import", "", rosterTables...); err != nil {
		return roster.Change{}, err
	}
	if includeErased {
		if err := roster.TakeBack(ctx, conn, read); err != nil {
			return roster.Change{}, err
		}
	}
	return roster.Store(ctx, conn, read)
}
