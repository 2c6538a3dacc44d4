package store

import (
	"time"

	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/schema"
)

// eventBytes is about what a row takes in the slices below.
const eventBytes = 430

// events holds rows of the table event, column by column. Enumerations go by
// their numbers, which are those of the schema.
type events struct {
	eventID                                                 []uuid.UUID
	occurredAt, receivedAt                                  []time.Time
	path, evidence, signal, surface, personKind, identity   []int8
	action, initiator, decision                             []int8
	tool, toolVersion, model                                []any
	person, device, session                                 []string
	inputUncached, cacheRead, cacheWrite, output, reasoning []uint64
	costMicroUSD, durationMS                                []uint64
	linesAdded, linesRemoved                                []uint32
	success                                                 []*bool
	way                                                     way
}

var (
	yes, no = true, false
)

func (c *events) add(n *names, e *schema.UsageEvent, occurred time.Time, from Origin) {
	c.eventID = append(c.eventID, id(e.EventId))
	c.occurredAt = append(c.occurredAt, occurred)
	c.receivedAt = append(c.receivedAt, unixNano(e.ReceivedAtUnixNano))
	c.path = append(c.path, int8(e.Path))
	c.evidence = append(c.evidence, int8(e.Evidence))
	c.signal = append(c.signal, int8(e.Signal))
	c.tool = append(c.tool, n.word(e.Tool))
	c.toolVersion = append(c.toolVersion, n.word(e.ToolVersion))
	c.surface = append(c.surface, int8(e.Surface))
	c.person = append(c.person, n.pseudonym(e.Person))
	c.personKind = append(c.personKind, int8(e.PersonKind))
	c.identity = append(c.identity, int8(e.Identity))
	c.device = append(c.device, n.pseudonym(e.Device))
	c.session = append(c.session, n.pseudonym(e.Session))
	c.action = append(c.action, int8(e.Action))
	c.initiator = append(c.initiator, int8(e.Initiator))
	c.decision = append(c.decision, int8(e.Decision))
	c.model = append(c.model, n.word(e.Model))
	c.addNumbers(e)
	c.way.add(n, e, from)
}

func (c *events) addNumbers(e *schema.UsageEvent) {
	c.inputUncached = append(c.inputUncached, e.TokensInputUncached)
	c.cacheRead = append(c.cacheRead, e.TokensCacheRead)
	c.cacheWrite = append(c.cacheWrite, e.TokensCacheWrite)
	c.output = append(c.output, e.TokensOutput)
	c.reasoning = append(c.reasoning, e.TokensReasoning)
	c.costMicroUSD = append(c.costMicroUSD, e.CostMicroUsd)
	c.linesAdded = append(c.linesAdded, e.LinesAdded)
	c.linesRemoved = append(c.linesRemoved, e.LinesRemoved)
	c.durationMS = append(c.durationMS, e.DurationMs)
	c.success = append(c.success, boolean(e.Success))
}

// boolean keeps no pointer into an event that will be used again.
func boolean(b *bool) *bool {
	switch {
	case b == nil:
		return nil
	case *b:
		return &yes
	default:
		return &no
	}
}

func (c *events) columns() columns {
	return append(columns{
		{"event_id", c.eventID}, {"occurred_at", c.occurredAt}, {"received_at", c.receivedAt},
		{"path", c.path}, {"evidence", c.evidence}, {"signal", c.signal},
		{"tool", c.tool}, {"tool_version", c.toolVersion}, {"surface", c.surface},
		{"person", c.person}, {"person_kind", c.personKind}, {"identity", c.identity},
		{"device", c.device}, {"session", c.session},
		{"action", c.action}, {"initiator", c.initiator}, {"decision", c.decision}, {"model", c.model},
		{"tokens_input_uncached", c.inputUncached}, {"tokens_cache_read", c.cacheRead}, {"tokens_cache_write", c.cacheWrite},
		{"tokens_output", c.output}, {"tokens_reasoning", c.reasoning}, {"cost_micro_usd", c.costMicroUSD},
		{"lines_added", c.linesAdded}, {"lines_removed", c.linesRemoved}, {"duration_ms", c.durationMS}, {"success", c.success},
	}, c.way.columns()...)
}

func (c *events) reset() {
	*c = events{
		eventID: c.eventID[:0], occurredAt: c.occurredAt[:0], receivedAt: c.receivedAt[:0],
		path: c.path[:0], evidence: c.evidence[:0], signal: c.signal[:0], surface: c.surface[:0], personKind: c.personKind[:0], identity: c.identity[:0],
		action: c.action[:0], initiator: c.initiator[:0], decision: c.decision[:0],
		tool: c.tool[:0], toolVersion: c.toolVersion[:0], model: c.model[:0],
		person: c.person[:0], device: c.device[:0], session: c.session[:0],
		inputUncached: c.inputUncached[:0], cacheRead: c.cacheRead[:0], cacheWrite: c.cacheWrite[:0],
		output: c.output[:0], reasoning: c.reasoning[:0], costMicroUSD: c.costMicroUSD[:0], durationMS: c.durationMS[:0],
		linesAdded: c.linesAdded[:0], linesRemoved: c.linesRemoved[:0], success: c.success[:0],
		way: c.way.reset(),
	}
}
