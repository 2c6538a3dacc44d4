package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/ledger"
	tabledef "github.com/uptake-telemetry/uptake/schema/table"
)

// newLedger is `uptake ledger`.
func newLedger(s *settings) *cobra.Command {
	var l ledgerCommand
	c := &cobra.Command{
		Use:   "ledger PERSON",
		Short: "Show every record that is held about a person, and who looked at it",
		Long: `Shows what is held about a person, given as an identifier such as an e-mail address
or as a pseudonym: by table, in words and counts, with the day on which it goes,
and who read or changed it and when. The look itself is noted first.

--link makes a link instead, with which the person sees their own record in a
browser; it opens once. --retention shows how long each table keeps its rows.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if l.retention {
				return l.format.print(cmd.OutOrStdout(), retentionTable())
			}
			if len(args) != 1 {
				return usagef("name one person, by an identifier or a pseudonym")
			}
			if l.link {
				return l.makeLink(cmd, s, args[0])
			}
			return s.withPerson(cmd.Context(), "ledger", args[0], func(_ Config, conn driver.Conn, p ledger.Person) error {
				return l.show(cmd.Context(), cmd.OutOrStdout(), conn, p)
			})
		},
	}
	l.format.flag(c.Flags())
	c.Flags().BoolVar(&l.link, "link", false, "make a link for the person that opens once")
	c.Flags().DurationVar(&l.expires, "expires", 24*time.Hour, "how long the link may be opened")
	c.Flags().StringVar(&l.address, "address", "", "address of the web port as people reach it, such as https://uptake.example.com")
	c.Flags().BoolVar(&l.retention, "retention", false, "show how long each table keeps its rows")
	return c
}

// ledgerCommand holds the flags.
type ledgerCommand struct {
	format          outputFormat
	link, retention bool
	expires         time.Duration
	address         string
}

// longestLink bounds how long a secret may lie in a mailbox.
const longestLink = 30 * 24 * time.Hour

func (l ledgerCommand) makeLink(cmd *cobra.Command, s *settings, identifier string) error {
	if l.expires <= 0 || l.expires > longestLink {
		return usagef("--expires: more than 0 and at most %s", longestLink)
	}
	return s.withPerson(cmd.Context(), "link", identifier, func(c Config, conn driver.Conn, p ledger.Person) error {
		secret, err := ledger.NewLinks(conn, time.Now).Make(cmd.Context(), p.ID, l.expires)
		if err != nil {
			return err
		}
		address := strings.TrimSuffix(l.address, "/")
		if address == "" {
			address = "http://" + c.Listen.Web
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), address+ledgerPath+secret)
		return err
	})
}

func (l ledgerCommand) show(ctx context.Context, w io.Writer, conn driver.Conn, p ledger.Person) error {
	record, err := ledger.Read(ctx, conn, p)
	if err != nil {
		return err
	}
	return recordReport(record).print(w, w, l.format)
}

// recordReport is a record as rows and as a page.
func recordReport(record *ledger.Record) report {
	r := report{width: 22, rows: table{columns: []string{"table", "since", "until", "what", "rows", "kept"}}}
	r.page = append(r.page, paragraph{"Person", []string{record.Person.ID}})
	if !record.ErasedAt.IsZero() {
		r.page = append(r.page, paragraph{"Erased", []string{"on " + instant(record.ErasedAt) + "; what was received before is not stored again"}})
	}
	for _, section := range record.Sections {
		for _, line := range section.Lines {
			r.rows.rows = append(r.rows.rows, []any{section.Name, line.Since, line.Until, line.What, line.Rows, section.Kept})
		}
		r.page = append(r.page, paragraph{section.Title, sectionLines(record, section)})
	}
	return r
}

// sectionLines say in words what a table holds; days are summed up, since rows
// for programs have them one by one.
func sectionLines(record *ledger.Record, section ledger.Section) []string {
	if section.Rows == 0 {
		return []string{"nothing"}
	}
	head := fmt.Sprintf("%s; kept %s", plural(section.Rows, "row"), section.Kept)
	if !section.Leaves.IsZero() {
		head += ", the last goes on " + section.Leaves.Format(time.DateOnly)
	}
	lines := []string{head}
	switch section.Name {
	case "person_day":
		lines = append(lines, "by week; rows for programs have the days:")
		for _, w := range record.Weeks {
			lines = append(lines, fmt.Sprintf("%s %s: %s on %s, %s, %s, %s", w.Monday.Format(time.DateOnly), w.Tool,
				plural(w.Acts, "act"), plural(w.Days, "day"), plural(w.Prompts, "prompt"), plural(w.Requests, "request"), plural(w.Tokens, "token")))
		}
	case "act_day":
		// The same acts as the person-days.
	case "audit":
		for _, looked := range record.Looked {
			lines = append(lines, lookedWords(looked))
		}
	default:
		lines = append(lines, summed(section.Lines)...)
	}
	return lines
}

// summed joins lines that say the same of several days.
func summed(all []ledger.Line) []string {
	var order []string
	joined := map[string]ledger.Line{}
	for _, line := range all {
		known, found := joined[line.What]
		if !found {
			order = append(order, line.What)
			joined[line.What] = line
			continue
		}
		known.Rows += line.Rows
		known.Until = max(known.Until, line.Until)
		joined[line.What] = known
	}
	var lines []string
	for _, what := range order {
		line := joined[what]
		lines = append(lines, strings.TrimSpace(between(line.Since, line.Until)+" "+what+repeated(line.Rows)))
	}
	return lines
}

func between(since, until string) string {
	switch {
	case since == "":
		return ""
	case until == "":
		return "since " + since + ":"
	case since == until:
		return since + ":"
	default:
		return since + " to " + until + ":"
	}
}

func repeated(n uint64) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" (%d)", n)
}

func plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// lookedWords say who did what with the record.
func lookedWords(l ledger.Looked) string {
	return instant(l.At) + ": " + l.Words()
}

// retentionTable says how long each table about persons keeps its rows.
func retentionTable() table {
	t := table{columns: []string{"table", "kept", "holds"}}
	for _, p := range tabledef.Personal() {
		t.rows = append(t.rows, []any{p.Name, p.Kept, p.Holds})
	}
	return t
}

func personalTables() []string {
	var names []string
	for _, p := range tabledef.Personal() {
		names = append(names, p.Name)
	}
	return names
}
