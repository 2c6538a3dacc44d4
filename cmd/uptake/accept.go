package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

// newAccept is `uptake roster accept`.
func newAccept(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "accept FILE",
		Short: "Put suggested aliases in force, beside those of the people file",
		Long: `Puts the aliases of a CSV file with the columns alias and person in force, as
roster suggest writes it; - reads standard input. They stay in force over imports
of the people file until they are withdrawn. When anything is wrong nothing is taken.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			decisions, err := readAccepted(cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			return s.decide(cmd, decisions)
		},
	}
}

func readAccepted(in io.Reader, name string) ([]roster.Decision, error) {
	file := roster.File{Name: "standard input", Content: in}
	if name != "-" {
		opened, err := os.Open(name)
		if err != nil {
			return nil, usageError{err}
		}
		defer opened.Close()
		file = roster.File{Name: name, Content: opened}
	}
	decisions, err := roster.ParseAccepted(file)
	if err != nil {
		return nil, usageError{err}
	}
	return decisions, nil
}

// newWithdraw is `uptake roster withdraw`.
func newWithdraw(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "withdraw ALIAS…",
		Short: "Take accepted aliases back",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var decisions []roster.Decision
			for _, alias := range args {
				if !roster.Pseudonym(alias) {
					return usagef("%q is no pseudonym; write 32 hexadecimal digits, as uptake roster accepted --format csv prints them", alias)
				}
				decisions = append(decisions, roster.Decision{Alias: alias})
			}
			return s.decide(cmd, decisions)
		},
	}
}

// decide puts decisions in force and says what came of it.
func (s *settings) decide(cmd *cobra.Command, decisions []roster.Decision) error {
	var change roster.Change
	err := s.withRoster(cmd.Context(), "roster decide", func(conn driver.Conn) (err error) {
		change, err = roster.Decide(cmd.Context(), conn, decisions)
		return err
	})
	var problems *roster.Problems
	if errors.As(err, &problems) || errors.Is(err, roster.ErrNoPeople) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	word := "in force"
	if !change.Changed {
		word = "unchanged"
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d aliases of %d people; the days that they touch are rebuilt\n", word, change.Aliases, change.People)
	return err
}

// newAccepted is `uptake roster accepted`.
func newAccepted(s *settings) *cobra.Command {
	var format outputFormat
	c := &cobra.Command{
		Use:   "accepted",
		Short: "List the aliases that were accepted, and when",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withRoster(cmd.Context(), "roster accepted", func(conn driver.Conn) error {
				decisions, err := roster.Accepted(cmd.Context(), conn)
				if err != nil {
					return err
				}
				t := table{columns: []string{"alias", "person", "accepted_at"}}
				for _, d := range decisions {
					t.rows = append(t.rows, []any{d.Alias, d.Person, moment(d.At)})
				}
				return format.print(cmd.OutOrStdout(), t)
			})
		},
	}
	format.flag(c.Flags())
	return c
}

// rosterTables are those about persons that the commands of the roster read.
var rosterTables = []string{"roster_version", "alias_version", "seat_version", "training_version", "alias_decision", "scim_resource", "event", "reading"}

// withRoster works on the tables of the roster, once it is noted what for.
func (s *settings) withRoster(ctx context.Context, action string, work func(driver.Conn) error) error {
	return s.withTables(2, func(_ Config, conn driver.Conn) error {
		if err := migrate.Check(ctx, conn); err != nil {
			return err
		}
		if err := audited(ctx, conn, action, "", rosterTables...); err != nil {
			return err
		}
		return work(conn)
	})
}
