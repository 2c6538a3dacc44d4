package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/kafka"
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

// letterKind is what letters are counted by.
type letterKind struct{ code, field, tool, path, stage, message string }

func kindOf(l *schema.DeadLetter) letterKind {
	return letterKind{l.Code, l.Field, l.Tool, l.Path.Name(), l.Stage.Name(), l.Message}
}

// sorted is a kind of letters that had one fate.
type sorted struct {
	letterKind
	// as is the tool that the event has, also where its letter names none.
	as, outcome, why string
}

// The fates of letters.
const (
	letterSent     = "sent"
	letterSendable = "sendable"
	letterStored   = "already_stored"
	letterRepeated = "repeated"
	letterRefused  = "not_sendable"
)

// letterCounts is how many letters had which fate.
type letterCounts map[sorted]int64

// sortLetters finds out what can become of the letters that are asked for, and
// sends what can be sent where that is wanted.
func sortLetters(ctx context.Context, c Config, key *schema.Pseudonymizer, asked letterFilter, send bool) (letterCounts, error) {
	client, err := c.Kafka.Client()
	if err != nil {
		return nil, usageError{err}
	}
	defer kafka.CloseClient(client)
	conn, err := c.ClickHouse.connect(c.ClickHouse.Database, 1)
	if err != nil {
		return nil, usageError{err}
	}
	defer conn.Close()
	reader := newTopicReader(client)
	mender, err := newMender(ctx, c, key, reader, conn)
	if err != nil {
		return nil, err
	}
	s := &letterSorter{
		asked: asked, mender: mender, stored: storedEvents{conn}, counts: letterCounts{},
		seen: map[[schema.EventIDSize]byte]bool{},
	}
	if send {
		s.send = func(ctx context.Context, events []*schema.UsageEvent) error {
			return reader.produce(ctx, c.Kafka.Topic, events)
		}
	}
	if err := reader.all(ctx, c.Kafka.DeadLetterTopic, func(value []byte) error { return s.take(ctx, value) }); err != nil {
		return nil, err
	}
	return s.counts, s.flush(ctx)
}

// sortedAtOnce bounds how many events wait to be looked up and sent.
const sortedAtOnce = 1000

// letterSorter takes letters one by one.
type letterSorter struct {
	asked   letterFilter
	mender  *mender
	stored  storedEvents
	send    func(context.Context, []*schema.UsageEvent) error
	counts  letterCounts
	seen    map[[schema.EventIDSize]byte]bool
	waiting []waitingLetter
}

type waitingLetter struct {
	kind  letterKind
	event *schema.UsageEvent
}

// take sorts one letter. What is no letter of this version is none.
func (s *letterSorter) take(ctx context.Context, value []byte) error {
	letter := new(schema.DeadLetter)
	if letter.UnmarshalVT(value) != nil || !s.asked.matches(letter) {
		return nil
	}
	kind := kindOf(letter)
	event, err := s.mender.mend(ctx, letter)
	var unanswered passing
	switch {
	case errors.As(err, &unanswered):
		return unanswered.error
	case err != nil && s.asked.matchesTool(kind.tool):
		s.counts[sorted{kind, kind.tool, letterRefused, err.Error()}]++
		return nil
	case err != nil || !s.asked.matchesTool(event.Tool):
		return nil
	}
	id := [schema.EventIDSize]byte(event.EventId)
	if s.seen[id] {
		s.counts[sorted{kind, event.Tool, letterRepeated, "another letter is about the same event"}]++
		return nil
	}
	s.seen[id] = true
	s.waiting = append(s.waiting, waitingLetter{kind, event})
	if len(s.waiting) < sortedAtOnce {
		return nil
	}
	return s.flush(ctx)
}

// flush sends what waits and is not stored.
func (s *letterSorter) flush(ctx context.Context) error {
	if len(s.waiting) == 0 {
		return nil
	}
	events := make([]*schema.UsageEvent, len(s.waiting))
	for i, w := range s.waiting {
		events[i] = w.event
	}
	stored, err := s.stored.among(ctx, events)
	if err != nil {
		return err
	}
	var fresh []*schema.UsageEvent
	for _, w := range s.waiting {
		switch {
		case stored[w.event]:
			s.counts[sorted{w.kind, w.event.Tool, letterStored, ""}]++
		case s.send == nil:
			s.counts[sorted{w.kind, w.event.Tool, letterSendable, ""}]++
		default:
			s.counts[sorted{w.kind, w.event.Tool, letterSent, ""}]++
			fresh = append(fresh, w.event)
		}
	}
	s.waiting = s.waiting[:0]
	if len(fresh) == 0 {
		return nil
	}
	return s.send(ctx, fresh)
}

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

// ago reads a time before now: a number of days or a Go duration.
func ago(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if m := days.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		return now.AddDate(0, 0, -n), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return time.Time{}, fmt.Errorf("%s: %q is no time such as 7d or 12h", flag, text)
	}
	return now.Add(-d), nil
}
