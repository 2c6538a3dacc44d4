package adoptiontest

import (
	"math"
	"slices"
	"time"
)

// fact is one thing that an event or a reading tells, of one kind.
type fact struct {
	at               time.Time
	tool, who, owner string
	signal, kind     string
	session          string
	adds             PersonDay
	counter          bool
	// inputTotal and outputTotal hold other counts, which are told beside them.
	inputTotal, outputTotal uint64
	// use says that a person's tokens or requests grew, inferred that prompts
	// stand for less than was counted.
	use, inferred bool
}

// TokenMeasures are the measures of readings that count tokens, in the order
// of Event.Tokens.
var TokenMeasures = []string{"tokens_input_uncached", "tokens_cache_read", "tokens_cache_write", "tokens_output", "tokens_reasoning"}

var kindOfAction = map[string]string{
	"prompt": "prompts", "session": "sessions", "request": "requests", "suggestion": "suggestions", "edit": "edits",
	"tool_use": "tool_uses", "commit": "commits", "pull_request": "pull_requests", "heartbeat": "",
}

func (c Company) facts() []fact {
	var all []fact
	for _, e := range c.settled() {
		all = append(all, c.ofEvent(e)...)
	}
	for _, stream := range c.streams() {
		before := int64(0)
		for _, r := range stream {
			last := int64(math.RoundToEven(r.Value))
			n := last
			// A counter that fell began anew.
			if r.Temporality == "cumulative" && last >= before {
				n = last - before
			}
			before = last
			all = append(all, c.ofReading(r, uint64(n)))
		}
	}
	return all
}

// who is the person or, where nobody is known, what was sent in its place.
func (c Company) who(person, device string) string {
	if owner := c.Owner(person, device); owner != "" {
		return owner
	}
	return device
}

// ofEvent has what the action says first, and then what comes along.
func (c Company) ofEvent(e Event) []fact {
	f := fact{at: e.OccurredAt, tool: e.Tool, who: c.who(e.Person, e.Device), owner: c.Owner(e.Person, e.Device), signal: e.Signal}
	action, tokens, cost, lines := f, f, f, f
	action.kind = kindOfAction[e.Action]
	action.adds = meaning(action.kind, e.Initiator, e.PersonKind, e.Decision, 1)
	if e.Success != nil && !*e.Success {
		action.adds.Requests = 0
	}
	if e.Action == "prompt" || e.Action == "request" {
		action.session = e.Session
	}
	tokens.kind, tokens.adds.Tokens = "tokens", e.Tokens
	cost.kind, cost.adds.CostMicroUSD = "cost", e.CostMicroUSD
	lines.kind, lines.adds.Added, lines.adds.Removed = "lines", e.Added, e.Removed
	return []fact{action, tokens, cost, lines}
}

func (c Company) ofReading(r Reading, n uint64) fact {
	f := fact{at: r.ReadAt, tool: r.Tool, who: c.who(r.Person, r.Device), owner: c.Owner(r.Person, r.Device), signal: "metrics", counter: true}
	personal := n > 0 && ownInitiator(r.Initiator) && r.PersonKind != "service"
	switch r.Measure {
	case "lines_added":
		f.kind, f.adds.Added = "lines", uint32(n)
	case "lines_removed":
		f.kind, f.adds.Removed = "lines", uint32(n)
	case "cost_micro_usd":
		f.kind, f.adds.CostMicroUSD = "cost", n
	case "prompts", "requests", "suggestions", "edits", "tool_uses", "commits", "pull_requests":
		f.kind, f.adds = r.Measure, meaning(r.Measure, r.Initiator, r.PersonKind, r.Decision, uint32(n))
	case "tokens_input_total":
		f.kind, f.inputTotal = "tokens", n
	case "tokens_output_total":
		f.kind, f.outputTotal = "tokens", n
	default:
		f.kind, f.adds.Tokens[slices.Index(TokenMeasures, r.Measure)] = "tokens", n
	}
	if f.kind == "tokens" || f.kind == "requests" {
		f.use = personal
		if n > 0 {
			f.session = r.Session
		}
	}
	return f
}

func ownInitiator(initiator string) bool { return initiator == "user" || initiator == "" }

// meaning is rule 1 of docs/definitions.md for n events of a kind.
func meaning(kind, initiator, personKind, decision string, n uint32) PersonDay {
	var d PersonDay
	own, human := ownInitiator(initiator), personKind != "service"
	act := false
	switch kind {
	case "prompts", "commits", "pull_requests":
		act = own && human
	case "suggestions", "edits", "tool_uses":
		act = own && human && decision == "accepted"
		if own && (decision == "rejected" || decision == "") {
			d.Passive = n
		}
	}
	switch {
	case act:
		d.Acts = n
	case !own || decision == "automatic":
		d.Agent = n
	}
	switch kind {
	case "prompts":
		d.Prompts = d.Acts
	case "requests":
		d.Requests = n
	case "tool_uses", "edits":
		d.ToolUses = n
	case "commits":
		d.Commits = n
	}
	return d
}
