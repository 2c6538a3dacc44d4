package rollup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/uptake-telemetry/uptake/schema"
)

// Authority says for each tool and fact which signals tell it, the one to
// believe first. A tool or fact that is not there is believed from any.
type Authority map[string]map[string][]schema.Signal

// fact is what an event or reading tells. Its number is its place in the lists
// that the SQL works with.
type fact uint8

const (
	prompts fact = iota + 1
	sessions
	requests
	tokens
	cost
	toolUses
	edits
	suggestions
	lines
	commits
	pullRequests
	// nothing is the fact of heartbeats; any signal may tell it.
	nothing
)

var factNames = [...]string{
	prompts: "prompts", sessions: "sessions", requests: "requests", tokens: "tokens", cost: "cost", toolUses: "tool_uses",
	edits: "edits", suggestions: "suggestions", lines: "lines", commits: "commits", pullRequests: "pull_requests", nothing: "",
}

func (f fact) String() string { return factNames[f] }

// The fact that an action or a measure tells.
var (
	factOfAction = []told{
		{"prompt", prompts}, {"session", sessions}, {"request", requests}, {"tool_use", toolUses}, {"edit", edits},
		{"suggestion", suggestions}, {"commit", commits}, {"pull_request", pullRequests},
	}
	factOfMeasure = []told{
		{"prompts", prompts}, {"requests", requests}, {"tool_uses", toolUses}, {"edits", edits}, {"suggestions", suggestions},
		{"commits", commits}, {"pull_requests", pullRequests}, {"lines_added", lines}, {"lines_removed", lines}, {"cost_micro_usd", cost},
		{"tokens_input_uncached", tokens}, {"tokens_cache_read", tokens}, {"tokens_cache_write", tokens}, {"tokens_output", tokens},
		{"tokens_reasoning", tokens}, {"tokens_input_total", tokens}, {"tokens_output_total", tokens},
	}
)

type told struct {
	word string
	fact fact
}

// factOf is the expression for the number of the fact that the column's word tells.
func factOf(column string, words []told) string {
	var names, numbers []string
	for _, w := range words {
		names = append(names, quote(w.word))
		numbers = append(numbers, fmt.Sprint(uint8(w.fact)))
	}
	return fmt.Sprintf("toUInt8(transform(toString(%s), [%s], [%s], %d))", column, strings.Join(names, ", "), strings.Join(numbers, ", "), nothing)
}

// metrics is the signal of all readings.
const metrics = schema.Signal_SIGNAL_METRICS

// bit is the signal's place in a set of signals. What came by another way than
// OpenTelemetry has none.
func bit(s schema.Signal) uint8 { return uint8(1<<s) >> 1 }

// bitOf is bit in SQL.
const bitOf = "toUInt8(bitShiftRight(bitShiftLeft(toUInt8(1), signal), 1))"

// before is the set of signals of which none may have been heard where this
// one is to be believed: those that come before it or, where it is not in the
// order, itself.
func before(order []schema.Signal, s schema.Signal) (set uint8) {
	if len(order) == 0 {
		return 0
	}
	for _, better := range order {
		if better == s {
			return set
		}
		set |= bit(better)
	}
	return bit(s)
}

// table is the authority as SQL: rows of (tool, signal, before, counters), where
// before has for each fact the set of that name, and counters says of metrics
// that they stand in for something that tells prompts better, so that prompts
// are inferred from them.
func (a Authority) table() string {
	rows := []string{"('', 0, [0], false)"}
	for tool, orders := range a {
		for _, s := range []schema.Signal{schema.Signal_SIGNAL_LOGS, schema.Signal_SIGNAL_SPANS, metrics} {
			var sets []string
			for f := prompts; f < nothing; f++ {
				sets = append(sets, fmt.Sprint(before(orders[f.String()], s)))
			}
			counters := s == metrics && slices.Index(orders[prompts.String()], s) > 0
			rows = append(rows, fmt.Sprintf("(%s, %d, [%s], %t)", quote(tool), s, strings.Join(sets, ","), counters))
		}
	}
	return "SELECT r.1 AS tool, toUInt8(r.2) AS signal, r.3 AS before, r.4 AS counters FROM (SELECT arrayJoin([" + strings.Join(rows, ", ") + "]) AS r)"
}
