package normalize

import (
	"time"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// Telemetry takes a record that an OTLP receiver decoded. What no rule maps is
// counted as ignored and leaves a mark that its person and device were heard.
func (b *Batch) Telemetry(rec *tools.Record) {
	if rec.Tool == nil {
		b.Ignore(nil, 1)
		return
	}
	if rec.Signal == tools.Metrics {
		b.point(rec)
		return
	}
	rule, second := rec.Tool.Rule(rec), rec.Tool.RuleBesides(rec)
	if rule == nil && second == nil {
		b.Ignore(rec.Tool, 1)
		b.mark(rec)
		return
	}
	for _, rule := range []*tools.Rule{rule, second} {
		if rule != nil {
			b.record(rec, rule)
		}
	}
}

func (b *Batch) record(rec *tools.Record, rule *tools.Rule) {
	e := b.begin(rule.Occurred(rec))
	b.describe(rec, e)
	rule.Fill(rec, e)
	if !ModelName(e.Model) {
		e.Model = ""
	}
	b.id = b.recordID(rec, rule)
	e.EventId = b.id[:]
	b.settle(e)
}

// settle adds the event, or a dead letter where its time is out of bounds.
func (b *Batch) settle(e *schema.UsageEvent) {
	if r := b.timely(e); r != nil {
		b.refuse(r, e, nil)
		return
	}
	b.accepted++
	b.add()
}

func (b *Batch) timely(e *schema.UsageEvent) *schema.Rejection {
	if e.OccurredAtUnixNano == 0 {
		return schema.Reject(schema.CodeBadTime, "time", "the record has no time")
	}
	return schema.ValidateTime(time.Unix(0, int64(e.OccurredAtUnixNano)), b.received)
}

// describe fills in whose the record is: tool, person, device, session.
func (b *Batch) describe(rec *tools.Record, e *schema.UsageEvent) {
	tool := rec.Tool
	e.Tool = tool.ID
	e.Surface = tool.Surface(rec)
	if version := tool.Version(rec); numbered(version) && VersionName(version) {
		e.ToolVersion = version
	}
	person, identity := tool.Person(rec)
	b.identify(e, person, identity)
	e.PersonKind, e.Signal = tool.PersonKind(rec), rec.Signal.Schema()
	e.Device = b.pseudonym(deviceKind, tool.Device(rec))
	e.Session = b.pseudonym(sessionKind, tool.Session(rec))
}

// recordID is made of what the tool itself says of the record, and so is the
// same for every export of it.
func (b *Batch) recordID(rec *tools.Record, rule *tools.Rule) [schema.EventIDSize]byte {
	d := b.digest("otlp")
	d.String(rec.Tool.ID)
	b.values = rule.NativeID(rec, b.values[:0])
	if rule.Timeless(rec) {
		// The day stays in, because repeats are told apart within a day only, and
		// the signal, because only the best one counts.
		d.String("use")
		d.Uint64(uint64(rec.Signal))
		d.Uint64(rule.Occurred(rec) / (secondsOfDay * uint64(time.Second)))
	} else {
		d.String(rule.Name)
		if rule.Besides {
			d.String("besides")
		}
		d.Uint64(rule.Occurred(rec))
		d.Bytes(rec.SpanID[:])
	}
	for i := range b.values {
		d.String(b.values[i].String())
	}
	return d.Sum()
}
