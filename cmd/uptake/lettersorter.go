package main

import (
	"context"
	"errors"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

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
