package collector

import (
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"github.com/uptake-telemetry/uptake/schema"
)

// usage is tokens in disjoint buckets.
type usage struct {
	Input, CacheRead, CacheWrite, Output, Reasoning float64
}

// account is what the events and readings of one signal add up to.
type account struct {
	prompts, requests, failed, byAgent, uses, edits, linesAdded float64
	tokens                                                      usage
	// decided counts uses and edits by decision.
	decided map[string]float64
}

// accounts are those of the three signals, with the ids of all events.
type accounts struct {
	signals map[schema.Signal]account
	ids     []string
}

// accountOf counts what is stored, each id once.
func accountOf(t *testing.T, s *staged) accounts {
	t.Helper()
	events, letters := s.events(t)
	if len(letters) > 0 {
		t.Errorf("%d dead letters, the first %v", len(letters), letters[0])
	}
	all := accounts{signals: map[schema.Signal]account{}}
	seen, counters := map[string]bool{}, map[string]*schema.UsageEvent{}
	for _, e := range events {
		id := hex.EncodeToString(e.EventId)
		if seen[id] {
			continue
		}
		seen[id] = true
		all.ids = append(all.ids, id)
		if e.Reading != nil {
			counters[counterOf(e)] = later(counters[counterOf(e)], e)
			continue
		}
		a := all.signals[e.Signal]
		a.add(e)
		all.signals[e.Signal] = a
	}
	a := all.signals[schema.Signal_SIGNAL_METRICS]
	a.read(counters)
	all.signals[schema.Signal_SIGNAL_METRICS] = a
	slices.Sort(all.ids)
	return all
}

// counterOf names what a reading is the newest value of: its counter since that
// began, or the reading itself where it is the growth since the last one.
func counterOf(e *schema.UsageEvent) string {
	if e.Reading.Temporality == schema.Temporality_TEMPORALITY_DELTA {
		return string(e.EventId)
	}
	return fmt.Sprint(e.Reading.Stream, e.Reading.StartedAtUnixNano)
}

func later(a, b *schema.UsageEvent) *schema.UsageEvent {
	if a != nil && a.OccurredAtUnixNano > b.OccurredAtUnixNano {
		return a
	}
	return b
}

func (a *account) decide(decision schema.Decision, n float64) {
	if a.decided == nil {
		a.decided = map[string]float64{}
	}
	a.decided[decision.Name()] += n
}

func (a *account) add(e *schema.UsageEvent) {
	a.linesAdded += float64(e.LinesAdded)
	if e.Action == schema.Action_ACTION_TOOL_USE || e.Action == schema.Action_ACTION_EDIT {
		a.decide(e.Decision, 1)
	}
	switch e.Action {
	case schema.Action_ACTION_PROMPT:
		if e.Initiator == schema.Initiator_INITIATOR_USER {
			a.prompts++
		}
	case schema.Action_ACTION_TOOL_USE:
		a.uses++
	case schema.Action_ACTION_EDIT:
		a.edits++
	case schema.Action_ACTION_REQUEST:
		if e.Success != nil && !*e.Success {
			a.failed++
			return
		}
		a.requests++
		if e.Initiator == schema.Initiator_INITIATOR_AGENT {
			a.byAgent++
		}
		a.tokens.Input += float64(e.TokensInputUncached)
		a.tokens.CacheRead += float64(e.TokensCacheRead)
		a.tokens.CacheWrite += float64(e.TokensCacheWrite)
		a.tokens.Output += float64(e.TokensOutput)
		a.tokens.Reasoning += float64(e.TokensReasoning)
	}
}

// read adds counters, of which some count what others do as well.
func (a *account) read(counters map[string]*schema.UsageEvent) {
	sums := map[schema.Measure]float64{}
	for _, e := range counters {
		if e.Initiator != schema.Initiator_INITIATOR_USER && e.Reading.Measure == schema.Measure_MEASURE_PROMPTS {
			continue
		}
		sums[e.Reading.Measure] += e.Reading.Value
		if m := e.Reading.Measure; m == schema.Measure_MEASURE_TOOL_USES || m == schema.Measure_MEASURE_EDITS {
			a.decide(e.Decision, e.Reading.Value)
		}
	}
	a.prompts, a.requests = sums[schema.Measure_MEASURE_PROMPTS], sums[schema.Measure_MEASURE_REQUESTS]
	a.uses, a.edits = sums[schema.Measure_MEASURE_TOOL_USES], sums[schema.Measure_MEASURE_EDITS]
	a.linesAdded = sums[schema.Measure_MEASURE_LINES_ADDED]
	a.tokens.CacheRead, a.tokens.CacheWrite = sums[schema.Measure_MEASURE_TOKENS_CACHE_READ], sums[schema.Measure_MEASURE_TOKENS_CACHE_WRITE]
	a.tokens.Reasoning = sums[schema.Measure_MEASURE_TOKENS_REASONING]
	a.tokens.Input = sums[schema.Measure_MEASURE_TOKENS_INPUT_UNCACHED]
	if total := sums[schema.Measure_MEASURE_TOKENS_INPUT_TOTAL]; total > 0 {
		a.tokens.Input += total - a.tokens.CacheRead - a.tokens.CacheWrite
	}
	a.tokens.Output = sums[schema.Measure_MEASURE_TOKENS_OUTPUT]
	if total := sums[schema.Measure_MEASURE_TOKENS_OUTPUT_TOTAL]; total > 0 {
		a.tokens.Output += total - a.tokens.Reasoning
	}
}
