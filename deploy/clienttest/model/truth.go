package model

import "maps"

// Tokens of calls, all disjoint: Input without what came from the cache, Output
// without reasoning.
type Tokens struct {
	Input      int `json:"input"`
	CacheRead  int `json:"cacheRead"`
	CacheWrite int `json:"cacheWrite"`
	Output     int `json:"output"`
	Reasoning  int `json:"reasoning"`
}

func (t Tokens) plus(o Tokens) Tokens {
	return Tokens{t.Input + o.Input, t.CacheRead + o.CacheRead, t.CacheWrite + o.CacheWrite, t.Output + o.Output, t.Reasoning + o.Reasoning}
}

// Truth is what a model served.
type Truth struct {
	// Calls by kind, answered or not.
	Calls    map[string]int `json:"calls"`
	Answered int            `json:"answered"`
	Failed   int            `json:"failed"`
	// Tokens of the answered calls as the protocol could tell them.
	Tokens Tokens `json:"tokens"`
	// TokensByKind are the same, apart by the kind of call.
	TokensByKind map[string]Tokens `json:"tokensByKind"`
	// ToolUses asked of the client, by the name the client gave the tool.
	ToolUses map[string]int `json:"toolUses"`
	// Models that were asked for.
	Models map[string]int `json:"models"`
	// Elsewhere are requests that were no calls.
	Elsewhere map[string]int `json:"elsewhere"`
}

func newTruth() Truth {
	return Truth{Calls: map[string]int{}, TokensByKind: map[string]Tokens{}, ToolUses: map[string]int{}, Models: map[string]int{}, Elsewhere: map[string]int{}}
}

func (t *Truth) count(r reply, told Tokens) {
	t.Calls[r.kind]++
	t.Models[r.model]++
	if r.status != 200 {
		t.Failed++
		return
	}
	t.Answered++
	t.Tokens = t.Tokens.plus(told)
	t.TokensByKind[r.kind] = t.TokensByKind[r.kind].plus(told)
	if r.call != nil {
		t.ToolUses[r.call.name]++
	}
}

func (t Truth) clone() Truth {
	t.Calls, t.TokensByKind, t.ToolUses = maps.Clone(t.Calls), maps.Clone(t.TokensByKind), maps.Clone(t.ToolUses)
	t.Models, t.Elsewhere = maps.Clone(t.Models), maps.Clone(t.Elsewhere)
	return t
}
