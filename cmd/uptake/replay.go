package main

import (
	"cmp"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

// newReplay is `uptake replay`.
func newReplay(s *settings) *cobra.Command {
	var format outputFormat
	var asked letterFilter
	var dryRun bool
	c := &cobra.Command{
		Use:   "replay",
		Short: "Send refused events again that can be taken by now",
		Long: `Reads the dead letters in Kafka and sends those events again, under their own
ids, that are whole and can be taken by now: whose tool a catalogue file has by
now, whose time was ahead and has come, and what an older ingest could not read.
What is stored already is not sent, so a replay may be repeated, and closed days
stay closed. Prints what became of the letters, and why.`,
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
				return err
			}
			counts, err := sortLetters(cmd.Context(), c, key, asked, !dryRun)
			if err != nil {
				return err
			}
			if !dryRun {
				counts.log(c.Log.newLogger())
			}
			return format.print(cmd.OutOrStdout(), counts.table())
		},
	}
	asked.flags(c.Flags())
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be sent, and send nothing")
	format.flag(c.Flags())
	return c
}

// letterCounts is how many letters had which fate.
type letterCounts map[sorted]int64

// log leaves one line that says what was done, for whoever asks later.
func (counts letterCounts) log(logger *slog.Logger) {
	totals := map[string]int64{}
	for kind, n := range counts {
		totals[kind.outcome] += n
	}
	logger.Info("dead letters replayed", letterSent, totals[letterSent], letterStored, totals[letterStored],
		letterRepeated, totals[letterRepeated], letterRefused, totals[letterRefused])
}

func (counts letterCounts) table() table {
	type line struct{ outcome, code, tool, why string }
	sums := map[line]int64{}
	for kind, n := range counts {
		sums[line{kind.outcome, kind.code, kind.as, kind.why}] += n
	}
	t := table{columns: []string{"outcome", "code", "tool", "why", "count"}}
	for l, n := range sums {
		t.rows = append(t.rows, []any{l.outcome, l.code, l.tool, l.why, n})
	}
	slices.SortFunc(t.rows, func(a, b []any) int {
		for i := range 4 {
			if d := cmp.Compare(a[i].(string), b[i].(string)); d != 0 {
				return d
			}
		}
		return 0
	})
	return t
}
