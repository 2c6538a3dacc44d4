package receiver

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/uptake-telemetry/uptake/schema"
)

// Passage notes the stages of a request for its trace. A nil one notes nothing
// and reads no clock, so that a collector without traces pays nothing for them.
//
// Spans are made of it when the request is over: only then is it known whether
// the request carried telemetry of a collector, which is never traced. It takes
// words from fixed sets and numbers, nothing that a sender wrote; a trace that
// a sender names is not continued, since it could force sampling.
type Passage struct {
	tracer     trace.Tracer
	begun      time.Time
	stages     [maxStages]stage
	passed     int
	attributes []attribute.KeyValue
	// forgotten says that no trace is made after all.
	forgotten bool
}

type stage struct {
	name         string
	begun, ended time.Time
}

// The stages, in order.
const (
	stageReceive = "receive"
	stageWait    = "wait for a place"
	stageInflate = "inflate"
	stageDecode  = "decode"
	stageAppend  = "append to the spool"
	maxStages    = 5
)

// maxAttributes is what all stages together note.
const maxAttributes = 12

// passage returns nil where the request is not traced: where none is, and where
// the sender says that it is a collector with telemetry of its own.
func (f *Front) passage(h http.Header, begun time.Time) *Passage {
	if f.tracer == nil || h.Get(schema.TelemetryHeader) != "" {
		return nil
	}
	return &Passage{tracer: f.tracer, begun: begun, attributes: make([]attribute.KeyValue, 0, maxAttributes)}
}

// Now is the time at which a stage begins.
func (p *Passage) Now() (now time.Time) {
	if p != nil {
		now = time.Now()
	}
	return now
}

// pass notes a stage that has ended.
func (p *Passage) pass(name string, begun time.Time) {
	if p == nil || p.passed == maxStages {
		return
	}
	p.stages[p.passed] = stage{name, begun, time.Now()}
	p.passed++
}

func (p *Passage) note(known ...attribute.KeyValue) {
	if p != nil {
		p.attributes = append(p.attributes, known...)
	}
}

func (p *Passage) received(begun time.Time, wire *buffer, compressed encoding) {
	if p != nil {
		p.pass(stageReceive, begun)
		p.note(semconv.HTTPRequestBodySize(len(wire.bytes)), attribute.String("uptake.compression", encodingNames[compressed]))
	}
}

func (p *Passage) inflated(begun time.Time, body *buffer) {
	if p == nil {
		return
	}
	p.pass(stageInflate, begun)
	if body != nil {
		p.note(attribute.Int("uptake.body.inflated_bytes", len(body.bytes)))
	}
}

// forget makes no trace of the request.
func (p *Passage) forget() {
	if p != nil {
		p.forgotten = true
	}
}

// Decoded notes what the body held; the encoding is one of the endpoint's own words.
func (p *Passage) Decoded(encoding string, accepted, rejected int) {
	if p != nil {
		p.note(attribute.String("uptake.encoding", encoding), attribute.Int("uptake.events.accepted", accepted), attribute.Int("uptake.events.rejected", rejected))
	}
}

// Appended notes what the spool was given.
func (p *Passage) Appended(begun time.Time, messages, bytes int) {
	if p != nil {
		p.pass(stageAppend, begun)
		p.note(attribute.Int("uptake.spool.messages", messages), attribute.Int("uptake.spool.bytes", bytes))
	}
}

// end makes the spans. Whether they are sampled is the tracer's to say.
func (p *Passage) end(t *route, status int) {
	if p == nil || p.forgotten {
		return
	}
	name, known := t.protocol.trace(t.path, status)
	ctx, span := p.tracer.Start(context.Background(), name, trace.WithTimestamp(p.begun), trace.WithSpanKind(trace.SpanKindServer))
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(append(p.attributes, known...)...)
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
		span.SetAttributes(semconv.ErrorTypeKey.String(statuses[status]))
	}
	for _, s := range p.stages[:p.passed] {
		_, part := p.tracer.Start(ctx, s.name, trace.WithTimestamp(s.begun))
		part.End(trace.WithTimestamp(s.ended))
	}
	span.End()
}
