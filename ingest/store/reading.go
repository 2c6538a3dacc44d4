package store

import (
	"time"

	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/schema"
)

const readingBytes = 360

// readings holds rows of the table reading, column by column.
type readings struct {
	stream                                                []uuid.UUID
	startedAt, readAt, receivedAt                         []time.Time
	tool, toolVersion, model, measure                     []any
	surface, personKind, identity, initiator, temporality []int8
	evidence, decision                                    []int8
	person, device, session                               []string
	value                                                 []float64
	way                                                   way
}

func (c *readings) add(n *names, e *schema.UsageEvent, read time.Time, from Origin) {
	r := e.Reading
	c.stream = append(c.stream, id(r.Stream))
	c.startedAt = append(c.startedAt, unixNano(r.StartedAtUnixNano))
	c.readAt = append(c.readAt, read)
	c.receivedAt = append(c.receivedAt, unixNano(e.ReceivedAtUnixNano))
	c.tool = append(c.tool, n.word(e.Tool))
	c.toolVersion = append(c.toolVersion, n.word(e.ToolVersion))
	c.surface = append(c.surface, int8(e.Surface))
	c.person = append(c.person, n.pseudonym(e.Person))
	c.personKind = append(c.personKind, int8(e.PersonKind))
	c.identity = append(c.identity, int8(e.Identity))
	c.device = append(c.device, n.pseudonym(e.Device))
	c.session = append(c.session, n.pseudonym(e.Session))
	c.initiator = append(c.initiator, int8(e.Initiator))
	c.evidence = append(c.evidence, int8(e.Evidence))
	c.decision = append(c.decision, int8(e.Decision))
	c.model = append(c.model, n.word(e.Model))
	c.measure = append(c.measure, measureNames[r.Measure])
	c.value = append(c.value, r.Value)
	c.temporality = append(c.temporality, known(int32(r.Temporality), schema.Temporality_name))
	c.way.add(n, e, from)
}

// measureNames are boxed once, as names.word does for others.
var measureNames = func() map[schema.Measure]any {
	boxed := map[schema.Measure]any{}
	for m := range schema.Measure_name {
		boxed[schema.Measure(m)] = schema.Measure(m).Name()
	}
	return boxed
}()

func (c *readings) columns() columns {
	return append(columns{
		{"stream", c.stream}, {"started_at", c.startedAt}, {"read_at", c.readAt}, {"received_at", c.receivedAt},
		{"tool", c.tool}, {"tool_version", c.toolVersion}, {"surface", c.surface},
		{"person", c.person}, {"person_kind", c.personKind}, {"identity", c.identity},
		{"device", c.device}, {"session", c.session}, {"initiator", c.initiator}, {"decision", c.decision}, {"evidence", c.evidence}, {"model", c.model},
		{"measure", c.measure}, {"value", c.value}, {"temporality", c.temporality},
	}, c.way.columns()...)
}

func (c *readings) reset() {
	*c = readings{
		stream: c.stream[:0], startedAt: c.startedAt[:0], readAt: c.readAt[:0], receivedAt: c.receivedAt[:0],
		tool: c.tool[:0], toolVersion: c.toolVersion[:0], model: c.model[:0], measure: c.measure[:0],
		surface: c.surface[:0], personKind: c.personKind[:0], identity: c.identity[:0], initiator: c.initiator[:0], temporality: c.temporality[:0],
		evidence: c.evidence[:0], decision: c.decision[:0],
		person: c.person[:0], device: c.device[:0], session: c.session[:0], value: c.value[:0],
		way: c.way.reset(),
	}
}
