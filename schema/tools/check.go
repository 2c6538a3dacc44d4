package tools

import (
	"fmt"
	"slices"

	"github.com/uptake-telemetry/uptake/schema"
)

var categories = []string{"coding", "chat", "office", "platform", "media", "other"}

// noCategory is that of the extension itself, which is no tool of any figure.
const noCategory = "none"

func validCategory(category string) bool {
	return category == noCategory || slices.Contains(categories, category)
}

func validID(id string) bool {
	if id == "" || len(id) > schema.MaxToolLen || id == Unknown {
		return false
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}

// Facts are what a signal can be the authority for.
var Facts = []string{
	"prompts", "sessions", "requests", "tokens", "cost", "tool_uses", "edits", "suggestions",
	"decisions", "lines", "commits", "pull_requests",
}

func (f *File) checkAuthority() error {
	for fact, signals := range f.Authority {
		if !slices.Contains(Facts, fact) {
			return fmt.Errorf("authority.%s: must be one of %v", fact, Facts)
		}
		for _, signal := range signals {
			if _, known := schema.SignalByName[signal]; !known {
				return fmt.Errorf("authority.%s: %q must be logs, spans or metrics", fact, signal)
			}
		}
	}
	return nil
}

// The fact that an action or a measure tells.
var (
	factOfAction = map[schema.Action]string{
		schema.Action_ACTION_PROMPT: "prompts", schema.Action_ACTION_SESSION: "sessions",
		schema.Action_ACTION_REQUEST: "requests", schema.Action_ACTION_TOOL_USE: "tool_uses",
		schema.Action_ACTION_EDIT: "edits", schema.Action_ACTION_SUGGESTION: "suggestions",
		schema.Action_ACTION_COMMIT: "commits", schema.Action_ACTION_PULL_REQUEST: "pull_requests",
	}
	factOfMeasure = map[schema.Measure]string{
		schema.Measure_MEASURE_LINES_ADDED: "lines", schema.Measure_MEASURE_LINES_REMOVED: "lines",
		schema.Measure_MEASURE_COMMITS: "commits", schema.Measure_MEASURE_PULL_REQUESTS: "pull_requests",
		schema.Measure_MEASURE_TOKENS_INPUT_UNCACHED: "tokens", schema.Measure_MEASURE_TOKENS_CACHE_READ: "tokens",
		schema.Measure_MEASURE_TOKENS_CACHE_WRITE: "tokens", schema.Measure_MEASURE_TOKENS_OUTPUT: "tokens",
		schema.Measure_MEASURE_TOKENS_REASONING: "tokens", schema.Measure_MEASURE_COST_MICRO_USD: "cost",
		schema.Measure_MEASURE_PROMPTS: "prompts", schema.Measure_MEASURE_REQUESTS: "requests",
		schema.Measure_MEASURE_TOOL_USES: "tool_uses", schema.Measure_MEASURE_EDITS: "edits", schema.Measure_MEASURE_SUGGESTIONS: "suggestions",
		schema.Measure_MEASURE_TOKENS_INPUT_TOTAL: "tokens", schema.Measure_MEASURE_TOKENS_OUTPUT_TOTAL: "tokens",
	}
)

// evidence says how well a signal knows a fact, or that it must not tell it.
func (f *File) evidence(signal, fact string) (schema.Evidence, error) {
	switch slices.Index(f.Authority[fact], signal) {
	case -1:
		return 0, fmt.Errorf("authority.%s: name %s there, because a rule tells it from %s", fact, signal, signal)
	case 0:
		return schema.Evidence_EVIDENCE_OBSERVED, nil
	default:
		return schema.Evidence_EVIDENCE_INFERRED, nil
	}
}

// authority is what the file says of it, in the schema's words.
func (f *File) authority() map[string][]schema.Signal {
	orders := map[string][]schema.Signal{}
	for fact, signals := range f.Authority {
		for _, signal := range signals {
			orders[fact] = append(orders[fact], schema.SignalByName[signal])
		}
	}
	return orders
}
