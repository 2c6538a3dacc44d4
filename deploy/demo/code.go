package demo

import "time"

// codingAgent is what a coding tool reports of itself. Prices are micro-USD a token.
type codingAgent struct {
	version, model                       string
	input, cacheRead, cacheWrite, output float64
	reasons                              bool
}

var codingAgents = map[string]codingAgent{
	"claude-code": {"2.1.330", "claude-sonnet-5", 3, 0.3, 3.75, 15, false},
	"codex":       {"0.140.0", "gpt-5.3-codex", 1.75, 0.175, 0, 14, true},
	"gemini-cli":  {"0.31.0", "gemini-3-pro", 2, 0.2, 0, 12, true},
}

// code is a sitting with a coding agent. Most of what the agent does it does
// without asking; what a person accepts is an act, as is a prompt or a commit.
func (d *day) code(a codingAgent, acts int) {
	d.coding(a, event{Action: "session"}, time.Second)
	for n := range acts {
		switch chance := d.random.IntN(100); {
		case n == 0 || chance < 60:
			d.prompt(a)
		case chance < 82:
			d.coding(a, d.edit("accepted"), time.Minute)
		case chance < 92:
			d.coding(a, event{Action: "tool_use", Decision: "accepted", DurationMS: uint64(50 + d.random.IntN(9000))}, time.Minute)
		default:
			d.coding(a, event{Action: "commit"}, time.Minute)
		}
	}
}

// coding adds an event of the tool's own.
func (d *day) coding(a codingAgent, e event, passes time.Duration) {
	e.Tool, e.ToolVersion, e.Surface, e.Session = d.tool, a.version, "cli", d.session
	d.add(e, passes)
}

// prompt is a message with all that it sets off.
func (d *day) prompt(a codingAgent) {
	d.coding(a, event{Action: "prompt"}, time.Second)
	for range 2 + d.random.IntN(4) {
		d.coding(a, d.request(a), 8*time.Second)
		switch chance := d.random.IntN(100); {
		case chance < 55:
			d.coding(a, event{Action: "tool_use", Decision: "automatic", DurationMS: uint64(20 + d.random.IntN(4000))}, 4*time.Second)
		case chance < 70:
			d.coding(a, d.edit("automatic"), 4*time.Second)
		case chance < 76:
			d.coding(a, d.edit("rejected"), 20*time.Second)
		case chance < 86:
			side := d.request(a)
			side.Initiator = "agent"
			d.coding(a, side, 8*time.Second)
		}
	}
}

func (d *day) edit(decision string) event {
	return event{Action: "edit", Decision: decision, LinesAdded: uint32(1 + d.random.IntN(60)), LinesRemoved: uint32(d.random.IntN(25))}
}

// request is one model call; a few fail in the end.
func (d *day) request(a codingAgent) event {
	done := d.random.IntN(200) != 0
	e := event{Action: "request", Model: a.model, Success: &done, DurationMS: uint64(1500 + d.random.IntN(20_000))}
	if !done {
		return e
	}
	t := tokens{
		InputUncached: uint64(50 + d.random.IntN(4000)), CacheRead: uint64(8000 + d.random.IntN(60_000)),
		Output: uint64(60 + d.random.IntN(1800)),
	}
	if a.cacheWrite > 0 {
		t.CacheWrite = uint64(d.random.IntN(6000))
	}
	if a.reasons {
		t.Reasoning = uint64(d.random.IntN(1200))
	}
	e.Tokens, e.CostMicroUSD = &t, a.cost(t)
	return e
}

// cost counts thinking as output, which is how it is billed.
func (a codingAgent) cost(t tokens) uint64 {
	return uint64(a.input*float64(t.InputUncached) + a.cacheRead*float64(t.CacheRead) +
		a.cacheWrite*float64(t.CacheWrite) + a.output*float64(t.Output+t.Reasoning))
}
