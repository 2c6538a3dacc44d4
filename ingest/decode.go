package ingest

import (
	"time"

	"github.com/uptake-telemetry/uptake/ingest/consume"
	"github.com/uptake-telemetry/uptake/schema"
)

// decode reads the message into e and says why it is refused, nil when not.
func (i *Ingest) decode(e *schema.UsageEvent, value []byte) *schema.Rejection {
	e.Reset()
	if r := decodeSafely("event", func() error { return i.unmarshal(e, value) }); r != nil {
		return r
	}
	if r := schema.Validate(e); r != nil {
		return r
	}
	if r := storable(e); r != nil {
		return r
	}
	return i.closed.reject(e)
}

// decodeSafely survives a decoder that panics: the message would otherwise stop
// its partition at every start again.
func decodeSafely(what string, unmarshal func() error) (r *schema.Rejection) {
	defer func() {
		if recover() != nil {
			r = schema.Reject(schema.CodeUndecodable, "", "the message makes the decoder fail; update ingest and replay")
		}
	}()
	if unmarshal() != nil {
		return schema.Reject(schema.CodeUndecodable, "", "the message is no %s of version 1", what)
	}
	return nil
}

// The times that the tables can hold without doubt. A message that claims
// another was not made by a collector whose clock is right.
var (
	earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

func storable(e *schema.UsageEvent) *schema.Rejection {
	for field, nano := range map[string]uint64{"time": e.OccurredAtUnixNano, "received_at": e.ReceivedAtUnixNano} {
		if t := time.Unix(0, int64(nano)); t.Before(earliest) || !t.Before(latest) {
			return schema.Reject(schema.CodeBadTime, field, "the time is not of this century; set the collector's clock")
		}
	}
	return nil
}

// letter says of a refused message what may be said. Fields of an event that is
// not valid could hold anything, so only those of a valid one are kept.
func letter(e *schema.UsageEvent, r *schema.Rejection, topic string, partition int, m consume.Message) *schema.DeadLetter {
	l := &schema.DeadLetter{
		ReceivedAtUnixNano: uint64(m.Time.UnixNano()),
		Stage:              schema.Stage_STAGE_INGEST,
		Code:               string(r.Code), Field: r.Field, Message: r.Message,
		Topic: topic, Partition: int32(partition), Offset: m.Offset,
	}
	if r.Code == schema.CodeUndecodable {
		return l
	}
	l.Path = e.Path
	if len(e.EventId) == schema.EventIDSize {
		l.EventId = e.EventId
	}
	if r.Code == schema.CodeClosedDay {
		l.ReceivedAtUnixNano, l.Tool, l.Event = e.ReceivedAtUnixNano, e.Tool, e
	}
	return l
}
