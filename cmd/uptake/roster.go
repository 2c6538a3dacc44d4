package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// newRoster is `uptake roster`.
func newRoster(s *settings) *cobra.Command {
	var order importOrder
	load := &cobra.Command{
		Use:   "import --people FILE [--seats FILE] [--training FILE]",
		Short: "Import people, seats and training from CSV files",
		Long: `Puts whole files in force: each of people, seats and training that is given.
Importing the same again changes nothing. When anything is wrong, every problem
is named with file, line and column, and nothing is taken; nor is anything of a file
that would remove more than a fifth of the people, unless --accept-removals says that
this was meant. People who were erased are left out, unless --include-erased takes
them in again, from then on.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if order.people == "" && order.seats == "" && order.training == "" {
				return usagef("name the file of the people with --people")
			}
			c, err := s.loadRunning()
			if err != nil {
				return err
			}
			return importFiles(cmd, c, order)
		},
	}
	load.Flags().StringVar(&order.people, "people", "", "CSV file of people")
	load.Flags().StringVar(&order.seats, "seats", "", "CSV file of seats")
	load.Flags().StringVar(&order.training, "training", "", "CSV file of training")
	load.Flags().BoolVar(&order.includeErased, "include-erased", false, "take people in again who were erased")
	load.Flags().BoolVar(&order.acceptRemovals, "accept-removals", false, "take a file that removes more than a fifth of the people")
	c := &cobra.Command{Use: "roster", Short: "Tell Uptake about people"}
	c.AddCommand(load, newRosterHistory(s), newRosterCheck(s), newRosterMap(s), newSuggest(s), newAccept(s), newWithdraw(s), newAccepted(s))
	return c
}

// importOrder is what the flags of an import say.
type importOrder struct {
	people, seats, training       string
	includeErased, acceptRemovals bool
}

func importFiles(cmd *cobra.Command, c Config, order importOrder) error {
	var files roster.Files
	for _, f := range []struct {
		name string
		to   **roster.File
	}{{order.people, &files.People}, {order.seats, &files.Seats}, {order.training, &files.Training}} {
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
	change, err := importRoster(cmd.Context(), c, files, order)
	var problems *roster.Problems
	if errors.As(err, &problems) || errors.Is(err, roster.ErrNoPeople) {
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
func importRoster(ctx context.Context, c Config, files roster.Files, order importOrder) (roster.Change, error) {
	read, err := c.parseRoster(files)
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
	if !order.acceptRemovals {
		if err := refuseRemovals(ctx, conn, read); err != nil {
			return roster.Change{}, err
		}
	}
	if order.includeErased {
		if err := roster.TakeBack(ctx, conn, read); err != nil {
			return roster.Change{}, err
		}
	}
	return roster.Store(ctx, conn, read)
}

// parseRoster reads and checks the files.
func (c Config) parseRoster(files roster.Files) (*roster.Roster, error) {
	pseudonyms, err := c.pseudonymizer()
	if err != nil {
		return nil, err
	}
	catalogue, err := tools.LoadWith(c.Tools)
	if err != nil {
		return nil, err
	}
	mapper, err := c.mapper()
	if err != nil {
		return nil, err
	}
	return roster.Parse(files, roster.Deps{
		Pseudonyms: pseudonyms, KnownTool: func(id string) bool { return catalogue.Tool(id) != nil }, Mapper: mapper,
	})
}

// mapper reads the mapping of the settings.
func (c Config) mapper() (*roster.Mapper, error) {
	mapping, err := roster.ReadMapping(c.Roster.Mapping)
	if err != nil {
		return nil, usageError{err}
	}
	mapper, err := roster.NewMapper(mapping)
	if err != nil {
		return nil, usageError{fmt.Errorf("roster.mapping: %w", err)}
	}
	return mapper, nil
}

// removalsAsk is the share of the people, one in so many, above which an import
// that removes them is taken only when that was meant.
const removalsAsk = 5

func refuseRemovals(ctx context.Context, conn driver.Conn, read *roster.Roster) error {
	present, leaving, err := roster.Leaving(ctx, conn, read, time.Now())
	if err != nil || leaving*removalsAsk <= present {
		return err
	}
	return fmt.Errorf("nothing is taken: it would remove %d of the %d people who are on the roster today; see that the file is whole, or say --accept-removals", leaving, present)
}
