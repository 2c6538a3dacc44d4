package main

import (
	"fmt"
	"regexp"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

// newRosterCheck is `uptake roster check`.
func newRosterCheck(s *settings) *cobra.Command {
	var format outputFormat
	c := &cobra.Command{
		Use:   "check",
		Short: "Name what looks wrong in the roster in force",
		Long: `Looks at the roster in force and at whom events name, and prints what somebody
should look at: overlaps and gaps in a person's rows, aliases claimed twice, tools
in seats that the catalogue does not have, seats and trainings of people who are not
on the roster, teams in several departments, time zones far from those of their
region, people seen in events who are not on the roster, or not on that day, and how
many of the roster were never seen. Persons are pseudonyms, which uptake person id
gives for an identifier.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withTables(2, func(c Config, conn driver.Conn) error {
				if err := migrate.Check(cmd.Context(), conn); err != nil {
					return err
				}
				catalogue, err := loadTools(c.Tools)
				if err != nil {
					return err
				}
				if err := audited(cmd.Context(), conn, "roster check", "", "roster_version", "alias_version", "seat_version", "training_version", "person_day", "act_day"); err != nil {
					return err
				}
				found, err := roster.Check(cmd.Context(), conn, func(id string) bool { return catalogue.Tool(id) != nil })
				if err != nil {
					return err
				}
				if err := format.print(cmd.OutOrStdout(), findingTable(format, found)); err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%d findings\n", len(found))
				return err
			})
		},
	}
	format.flag(c.Flags())
	return c
}

var pseudonyms = regexp.MustCompile(`\b[0-9a-f]{32}\b`)

// maxDetail keeps a line of the table within a hundred columns.
const maxDetail = 34

func findingTable(format outputFormat, found []roster.Finding) table {
	show := func(text string, _ int) string { return text }
	if format == "table" {
		show = func(text string, most int) string {
			return clipped(pseudonyms.ReplaceAllStringFunc(text, short), most)
		}
	}
	t := table{columns: []string{"finding", "about", "count", "unit", "first", "last", "detail"}}
	for _, f := range found {
		t.rows = append(t.rows, []any{f.Kind, show(f.About, 16), f.Count, f.Unit, dayOrNull(f.First), dayOrNull(f.Last), show(f.Detail, maxDetail)})
	}
	return t
}

// clipped is the beginning of a text that is too long for its column.
func clipped(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}
