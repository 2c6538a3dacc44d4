package main

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/uptake-telemetry/uptake/schema"
)

// newDeadLetters is `uptake dead-letters`.
func newDeadLetters(s *settings) *cobra.Command {
	var format outputFormat
	var asked letterFilter
	c := &cobra.Command{
		Use:   "dead-letters",
		Short: "Show why events were refused, and how many could be sent again",
		Long: `Counts the dead letters by reason. Of those whose event is whole, sendable says
how many uptake replay would send now, stored how many are stored by now, because
they were replayed or their sender sent them again.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.loadRunning()
			if err != nil {
				return err
			}
			if err := asked.read(time.Now()); err != nil {
				return usageError{err}
			}
			key, err := c.pseudonymizer()
			if err != nil {
				fmt.Fprintf(cmd.ErrOrStderr(), "letters about unknown tools count as not sendable: %v\n", err)
			}
			letters, err := deadLetters(cmd.Context(), c, key, asked)
			if err != nil {
				return err
			}
			return letters.print(cmd.OutOrStdout(), cmd.ErrOrStderr(), format)
		},
	}
	asked.flags(c.Flags())
	format.flag(c.Flags())
	return c
}

// letterFilter says which letters are meant.
type letterFilter struct {
	code, tool, since string
	from              time.Time
}

func (f *letterFilter) flags(flags *pflag.FlagSet) {
	flags.StringVar(&f.code, "code", "", "only letters with this code")
	flags.StringVar(&f.tool, "tool", "", "only letters about this tool")
	flags.StringVar(&f.since, "since", "", "only letters of the last time, such as 7d or 12h")
}

func (f *letterFilter) read(now time.Time) error {
	if f.since == "" {
		return nil
	}
	d, err := parsePeriod(f.since)
	if err != nil {
		return fmt.Errorf("--since: %w", err)
	}
	f.from = now.Add(-d)
	return nil
}

func (f *letterFilter) matches(l *schema.DeadLetter) bool {
	return (f.code == "" || l.Code == f.code) && (f.from.IsZero() || int64(l.ReceivedAtUnixNano) >= f.from.UnixNano())
}

func (f *letterFilter) matchesTool(tool string) bool { return f.tool == "" || tool == f.tool }

// deadLetters counts the rows of the table, and what a replay would do.
func deadLetters(ctx context.Context, c Config, key *schema.Pseudonymizer, asked letterFilter) (report, error) {
	conn, err := c.ClickHouse.connect(c.ClickHouse.Database, 1)
	if err != nil {
		return report{}, usageError{err}
	}
	defer conn.Close()
	found, err := readLetterKinds(ctx, conn, asked)
	if err != nil {
		return report{}, err
	}
	counts, err := sortLetters(ctx, c, key, letterFilter{code: asked.code, from: asked.from}, false)
	if err != nil {
		return report{}, err
	}
	by := map[letterKind]map[string]int64{}
	for kind, n := range counts {
		if by[kind.letterKind] == nil {
			by[kind.letterKind] = map[string]int64{}
		}
		by[kind.letterKind][kind.outcome] += n
	}
	r := report{width: codeWidth}
	r.rows.columns = []string{"code", "field", "tool", "path", "stage", "message", "count", "first", "last", "sendable", "stored"}
	var letters uint64
	for _, f := range found {
		letters += f.count
		sendable, stored := by[f.letterKind][letterSendable], by[f.letterKind][letterStored]
		r.rows.rows = append(r.rows.rows, []any{f.code, f.field, f.tool, f.path, f.stage, f.message, f.count, f.first, f.last, sendable, stored})
		r.page = append(r.page, f.paragraph(sendable, stored))
	}
	r.totals = fmt.Sprintf("%d letters", letters)
	return r, nil
}

// letterRows are the letters of a kind in the table.
type letterRows struct {
	letterKind
	count       uint64
	first, last string
}

// codeWidth is that of the column of codes.
const codeWidth = 16

// paragraph is the kind for people.
func (l letterRows) paragraph(sendable, stored int64) paragraph {
	of := fmt.Sprintf("%d over %s, refused by the %s", l.count, l.path, l.stage)
	if l.tool != "" {
		of = fmt.Sprintf("%d of %s over %s, refused by the %s", l.count, l.tool, l.path, l.stage)
	}
	why := l.message
	if l.field != "" {
		why = l.field + ": " + why
	}
	return paragraph{l.code, []string{why, of + fmt.Sprintf("; %d sendable, %d stored", sendable, stored), "from " + l.first + " to " + l.last}}
}

func readLetterKinds(ctx context.Context, conn driver.Conn, asked letterFilter) ([]letterRows, error) {
	rows, err := conn.Query(ctx, `
SELECT code, field, tool, toString(path) AS way, toString(stage) AS half, message, count() AS n, toString(min(received_at)), toString(max(received_at))
FROM dead_letter FINAL
WHERE (? = '' OR code = ?) AND (? = '' OR tool = ?) AND received_at >= fromUnixTimestamp64Micro(?)
GROUP BY code, field, tool, way, half, message
ORDER BY n DESC, code, field, tool, way, half, message`,
		asked.code, asked.code, asked.tool, asked.tool, max(asked.from.UnixMicro(), 0))
	if err != nil {
		return nil, fmt.Errorf("count the dead letters: %w", err)
	}
	defer rows.Close()
	var found []letterRows
	for rows.Next() {
		var r letterRows
		if err := rows.Scan(&r.code, &r.field, &r.tool, &r.path, &r.stage, &r.message, &r.count, &r.first, &r.last); err != nil {
			return nil, fmt.Errorf("count the dead letters: %w", err)
		}
		found = append(found, r)
	}
	return found, rows.Err()
}
