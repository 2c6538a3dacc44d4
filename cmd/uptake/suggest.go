package main

import (
	"fmt"
	"io"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/roster"
)

// enoughEvidence is what is asked of a suggestion unless flags say otherwise.
var enoughEvidence = roster.Evidence{Events: 3, Days: 2}

// newSuggest is `uptake roster suggest`.
func newSuggest(s *settings) *cobra.Command {
	var format outputFormat
	enough := enoughEvidence
	c := &cobra.Command{
		Use:   "suggest",
		Short: "Propose aliases: devices and accounts of exactly one person",
		Long: `Proposes aliases for you to accept: a device that was seen with exactly one person
of the roster while other events of it name nobody, and an account that the roster
does not have and that was seen on no device of anybody else. All of them are
pseudonyms; devices that several people use are counted and never proposed.

    uptake roster suggest --format csv > suggested.csv     # take out the rows that you doubt
    uptake roster accept suggested.csv`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if enough.Events < 1 || enough.Days < 1 {
				return usagef("--min-events and --min-days: 1 or more")
			}
			return s.withRoster(cmd.Context(), "roster suggest", func(conn driver.Conn) error {
				suggested, err := roster.Suggest(cmd.Context(), conn, enough)
				if err != nil {
					return err
				}
				return printSuggestions(cmd.OutOrStdout(), cmd.ErrOrStderr(), format, suggested)
			})
		},
	}
	format.flag(c.Flags())
	c.Flags().Uint64Var(&enough.Events, "min-events", enough.Events, "least events of the device that name the person")
	c.Flags().Uint64Var(&enough.Days, "min-days", enough.Days, "least days on which they were seen")
	return c
}

// printSuggestions prints pseudonyms whole where another command reads them.
func printSuggestions(out, notes io.Writer, format outputFormat, s roster.Suggestions) error {
	show := func(pseudonym string) string { return pseudonym }
	if format == "table" {
		show = short
	}
	t := table{columns: roster.SuggestionColumns}
	for _, r := range s.List {
		t.rows = append(t.rows, []any{show(r.Alias), show(r.Person), r.Kind, r.WithPerson, r.Days, r.Gained,
			r.First.Format(time.DateOnly), r.Last.Format(time.DateOnly), r.Reason})
	}
	if format == "table" {
		t.columns = []string{"alias", "person", "kind", "seen", "days", "gained", "first", "last", "reason"}
	}
	if err := format.print(out, t); err != nil {
		return err
	}
	_, err := fmt.Fprintf(notes, "%d suggested; left out are %d devices that several people or accounts used, and %d of which too little was seen\n",
		len(s.List), s.Ambiguous, s.Thin)
	return err
}

// short is the beginning of a pseudonym, enough to tell it from others on a page.
func short(pseudonym string) string {
	const digits = 10
	if len(pseudonym) <= digits {
		return pseudonym
	}
	return pseudonym[:digits] + "…"
}
