package adoptiontest

import (
	"slices"
	"time"
)

// unit is what facts are believed for: a person or what was sent in its place,
// a day and a tool.
type unit struct{ who, owner, day, tool string }

// units has the facts of each unit that are to be believed, by the day on a clock.
func (c Company) units(clock func(fact) time.Time) map[unit][]fact {
	units, heard := make(map[unit][]fact), make(map[unit]map[string]bool)
	for _, f := range c.facts() {
		at := clock(f)
		u := unit{f.who, f.owner, at.Format(time.DateOnly), f.tool}
		units[u] = append(units[u], f)
		hear(heard, u, f.signal)
		if at.Hour() == 23 {
			u.day = at.AddDate(0, 0, 1).Format(time.DateOnly)
			hear(heard, u, f.signal)
		}
	}
	for u, facts := range units {
		signals := heard[unit{who: u.who, day: u.day, tool: u.tool}]
		units[u] = c.believed(facts, func(kind string) string { return best(c.Authority[u.tool][kind], signals) })
	}
	return units
}

func hear(heard map[unit]map[string]bool, u unit, signal string) {
	u.owner = ""
	if heard[u] == nil {
		heard[u] = make(map[string]bool)
	}
	heard[u][signal] = true
}

// best is the first of the order that was heard, empty for none.
func best(order []string, heard map[string]bool) string {
	for _, signal := range order {
		if heard[signal] {
			return signal
		}
	}
	return ""
}

// believed takes from facts what a better signal tells, and marks the prompts
// that nothing better than counters tells of.
func (c Company) believed(facts []fact, best func(kind string) string) []fact {
	var kept []fact
	for _, f := range facts {
		order := c.Authority[f.tool][f.kind]
		metered := slices.Index(c.Authority[f.tool]["prompts"], "metrics") > 0
		if f.signal != "" && len(order) > 0 && best(f.kind) != f.signal {
			f = fact{at: f.at, owner: f.owner, use: f.use}
		}
		f.use = f.use && metered && best("prompts") == "metrics"
		f.inferred = metered && f.signal == "metrics" && f.kind == "prompts"
		kept = append(kept, f)
	}
	return kept
}

// personDay adds up believed facts.
func personDay(facts []fact) PersonDay {
	var d PersonDay
	var inferred uint32
	var inputTotal, outputTotal, cached, reasoned uint64
	used := false
	sessions := make(map[string]bool)
	for _, f := range facts {
		if f.inferred {
			inferred += f.adds.Prompts
			f.adds.Acts, f.adds.Prompts = 0, 0
		}
		if f.counter {
			cached += f.adds.Tokens[1] + f.adds.Tokens[2]
			reasoned += f.adds.Tokens[4]
		}
		if f.session != "" {
			sessions[f.session] = true
		}
		d = d.plus(f.adds)
		inputTotal, outputTotal, used = inputTotal+f.inputTotal, outputTotal+f.outputTotal, used || f.use
	}
	if used {
		d.Prompts += max(inferred, 1)
		d.Acts += max(inferred, 1)
	}
	d.Tokens[0] += max(inputTotal, cached) - cached
	d.Tokens[3] += max(outputTotal, reasoned) - reasoned
	d.Sessions = uint32(len(sessions))
	return d
}

func (d PersonDay) plus(e PersonDay) PersonDay {
	d.Acts += e.Acts
	d.Passive += e.Passive
	d.Agent += e.Agent
	d.Prompts += e.Prompts
	d.Requests += e.Requests
	d.ToolUses += e.ToolUses
	for i := range d.Tokens {
		d.Tokens[i] += e.Tokens[i]
	}
	d.CostMicroUSD += e.CostMicroUSD
	d.Added += e.Added
	d.Removed += e.Removed
	d.Commits += e.Commits
	return d
}
