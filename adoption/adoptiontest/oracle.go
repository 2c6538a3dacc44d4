package adoptiontest

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// fact is what an event or a reading adds to its person-day.
type fact struct {
	at      time.Time
	tool    string
	owner   string
	session string
	adds    PersonDay
}

// PersonDays is person_day as it should be.
func (c Company) PersonDays() map[PersonDayKey]PersonDay {
	days := make(map[PersonDayKey]PersonDay)
	sessions := make(map[PersonDayKey]map[string]bool)
	for _, f := range c.facts() {
		if f.owner == "" {
			continue
		}
		key := PersonDayKey{f.owner, c.localDay(f.owner, f.at), f.tool}
		days[key] = days[key].plus(f.adds)
		if f.session != "" {
			if sessions[key] == nil {
				sessions[key] = make(map[string]bool)
			}
			sessions[key][f.session] = true
		}
	}
	for key, ids := range sessions {
		day := days[key]
		day.Sessions = uint32(len(ids))
		days[key] = day
	}
	return days
}

// ActDays is act_day as it should be.
func (c Company) ActDays() map[ActDayKey]uint32 {
	days := make(map[ActDayKey]uint32)
	for _, f := range c.facts() {
		if f.adds.Acts > 0 {
			local, placed := c.rosterDay(f.owner, f.at)
			if !placed {
				local = "1970-01-01"
			}
			days[ActDayKey{f.at.UTC().Format(time.DateOnly), f.tool, f.owner, local}] += f.adds.Acts
		}
	}
	return days
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

// Owner is the person to whom an event of that person and device belongs.
func (c Company) Owner(person, device string) string {
	named := person
	if named == "" {
		if owner, known := c.Aliases[device]; known {
			return owner
		}
		return ""
	}
	if owner, known := c.Aliases[named]; known {
		return owner
	}
	return named
}

func (c Company) localDay(person string, at time.Time) string {
	if day, placed := c.rosterDay(person, at); placed {
		return day
	}
	return at.UTC().Format(time.DateOnly)
}

// rosterDay is rule 5 of docs/definitions.md.
func (c Company) rosterDay(person string, at time.Time) (day string, placed bool) {
	latest := time.Time{}
	for _, p := range c.Periods {
		if p.Person != person || (!latest.IsZero() && p.From.Before(latest)) {
			continue
		}
		zone, err := time.LoadLocation(p.TimeZone)
		if err != nil {
			panic(err)
		}
		local := at.In(zone).Format(time.DateOnly)
		if local >= p.From.Format(time.DateOnly) && local <= p.To.Format(time.DateOnly) {
			latest, day, placed = p.From, local, true
		}
	}
	return day, placed
}

func (c Company) facts() []fact {
	var all []fact
	for _, e := range c.firstCopies() {
		all = append(all, fact{at: e.OccurredAt, tool: e.Tool, owner: c.Owner(e.Person, e.Device), session: e.countedSession(), adds: e.counts()})
	}
	for _, stream := range c.streams() {
		before := int64(0)
		for _, r := range stream {
			n := int64(math.RoundToEven(r.Value))
			last := n
			// A counter that fell began anew.
			if r.Temporality == "cumulative" && n >= before {
				n -= before
			}
			before = last
			all = append(all, r.fact(c, uint64(max(n, 0))))
		}
	}
	return all
}

// firstCopies has of each id the content that was received first.
func (c Company) firstCopies() []Event {
	events := slices.Clone(c.Events)
	slices.SortStableFunc(events, func(a, b Event) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	seen := make(map[[16]byte]bool)
	return slices.DeleteFunc(events, func(e Event) bool {
		before := seen[e.ID]
		seen[e.ID] = true
		return before
	})
}

// streams has the points of each stream and start in order of time, of two of
// the same time the one received first.
func (c Company) streams() [][]Reading {
	type key struct {
		stream [16]byte
		start  int64
	}
	byKey := make(map[key][]Reading)
	for _, r := range c.Readings {
		k := key{r.Stream, r.StartedAt.UnixNano()}
		byKey[k] = append(byKey[k], r)
	}
	var all [][]Reading
	for _, stream := range byKey {
		slices.SortStableFunc(stream, func(a, b Reading) int {
			return cmp.Or(a.ReadAt.Compare(b.ReadAt), a.ReceivedAt.Compare(b.ReceivedAt))
		})
		all = append(all, slices.CompactFunc(stream, func(a, b Reading) bool { return a.ReadAt.Equal(b.ReadAt) }))
	}
	return all
}

func (e Event) countedSession() string {
	if e.Action == "prompt" || e.Action == "request" {
		return e.Session
	}
	return ""
}

func (e Event) counts() PersonDay {
	d := PersonDay{Tokens: e.Tokens, CostMicroUSD: e.CostMicroUSD, Added: e.Added, Removed: e.Removed}
	own := e.Initiator == "user" || e.Initiator == ""
	human := e.PersonKind != "service"
	switch e.Action {
	case "prompt", "commit", "pull_request":
		if own && human {
			d.Acts = 1
		}
	case "suggestion", "edit", "tool_use":
		if own && human && e.Decision == "accepted" {
			d.Acts = 1
		}
		if own && (e.Decision == "rejected" || e.Decision == "") {
			d.Passive = 1
		}
	}
	if d.Acts == 0 && (!own || e.Decision == "automatic") {
		d.Agent = 1
	}
	switch e.Action {
	case "prompt":
		d.Prompts = d.Acts
	case "request":
		if e.Success == nil || *e.Success {
			d.Requests = 1
		}
	case "tool_use", "edit":
		d.ToolUses = 1
	case "commit":
		d.Commits = 1
	}
	return d
}

func (r Reading) fact(c Company, n uint64) fact {
	f := fact{at: r.ReadAt, tool: r.Tool, owner: c.Owner(r.Person, r.Device)}
	own := r.Initiator == "user" || r.Initiator == ""
	acts := uint32(0)
	if own && r.PersonKind != "service" {
		acts = uint32(n)
	}
	volume := func() {
		if !own {
			f.adds.Agent = uint32(n)
		}
	}
	session := func() {
		if n > 0 {
			f.session = r.Session
		}
	}
	switch r.Measure {
	case "lines_added":
		f.adds.Added = uint32(n)
	case "lines_removed":
		f.adds.Removed = uint32(n)
	case "commits":
		f.adds.Commits, f.adds.Acts = uint32(n), acts
		volume()
	case "pull_requests":
		f.adds.Acts = acts
		volume()
	case "prompts":
		f.adds.Prompts, f.adds.Acts = acts, acts
		volume()
	case "requests":
		f.adds.Requests = uint32(n)
		volume()
		session()
	case "tool_uses":
		f.adds.ToolUses = uint32(n)
		if own {
			f.adds.Passive = uint32(n)
		}
		volume()
	case "cost_micro_usd":
		f.adds.CostMicroUSD = n
	default:
		f.adds.Tokens[slices.Index(TokenMeasures, r.Measure)] = n
		session()
	}
	return f
}

// TokenMeasures are the measures of readings that count tokens, in the order
// of Event.Tokens.
var TokenMeasures = []string{"tokens_input_uncached", "tokens_cache_read", "tokens_cache_write", "tokens_output", "tokens_reasoning"}
