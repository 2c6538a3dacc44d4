package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/ledger"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

// newAudit is `uptake audit`.
func newAudit(s *settings) *cobra.Command {
	var format outputFormat
	var identifier, since string
	c := &cobra.Command{
		Use:   "audit",
		Short: "Show who read or changed records about persons, and when",
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, err := sinceWhen(since, time.Now())
			if err != nil {
				return err
			}
			return s.withTables(1, func(c Config, conn driver.Conn) error {
				looked, err := readAudit(cmd.Context(), c, conn, identifier, from)
				if err != nil {
					return err
				}
				return auditReport(looked).print(cmd.OutOrStdout(), cmd.OutOrStdout(), format)
			})
		},
	}
	format.flag(c.Flags())
	c.Flags().StringVar(&identifier, "person", "", "only what is about this person, an identifier or a pseudonym")
	c.Flags().StringVar(&since, "since", "", "only from then on: a day such as 2026-11-20, or a time ago such as 7d or 12h")
	return c
}

// readAudit reads the entries about a person, or all, once it is noted that it does.
func readAudit(ctx context.Context, c Config, conn driver.Conn, identifier string, from time.Time) ([]ledger.Looked, error) {
	if err := migrate.Check(ctx, conn); err != nil {
		return nil, err
	}
	if identifier == "" {
		if err := audited(ctx, conn, "audit", "", "audit"); err != nil {
			return nil, err
		}
		return ledger.ReadAudit(ctx, conn, nil, from)
	}
	pseudonym, err := c.pseudonymOf(identifier)
	if err != nil {
		return nil, err
	}
	if err := audited(ctx, conn, "audit", pseudonym, "audit"); err != nil {
		return nil, err
	}
	about, err := ledger.Find(ctx, conn, pseudonym)
	if err != nil {
		return nil, err
	}
	return ledger.ReadAudit(ctx, conn, &about, from)
}

// sinceWhen is the beginning of a day, or a time ago; everything where it is empty.
func sinceWhen(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	if days, found := strings.CutSuffix(text, "d"); found {
		if n, err := strconv.Atoi(days); err == nil && n > 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	ago, err := time.ParseDuration(text)
	if err != nil || ago <= 0 {
		return time.Time{}, usagef("--since: %q is neither a day such as 2026-11-20 nor a time ago such as 7d or 12h", text)
	}
	return now.Add(-ago), nil
}

func auditReport(looked []ledger.Looked) report {
	r := report{width: 22, rows: table{columns: []string{"at", "actor", "via", "action", "person", "tables", "rows"}}}
	for _, l := range looked {
		r.rows.rows = append(r.rows.rows, []any{moment(l.At), l.Actor, l.Via, l.Action, l.Person, l.Tables, l.Rows})
		words := l.Actor + " ran " + l.Action
		if l.Person != "" {
			words += " on " + short(l.Person)
		}
		words += ": " + tablesInWords(l.Tables)
		if l.Rows > 0 {
			words += " (" + plural(l.Rows, "record") + ")"
		}
		r.page = append(r.page, paragraph{instant(l.At), []string{words}})
	}
	if len(looked) == 0 {
		r.page = []paragraph{{"", []string{"nobody looked"}}}
	}
	return r
}

// tablesInWords names tables, all of them in one word.
func tablesInWords(names []string) string {
	if len(names) == len(personalTables()) {
		return "all tables about persons"
	}
	return strings.Join(names, ", ")
}
