package publish

import (
	"time"

	"github.com/uptake-telemetry/uptake/schema"
)

// shrink deals with a batch that a broker does not take for its size: halves of
// it are sent, and one message alone becomes a dead letter.
func (p *Publisher) shrink(l *lane, b *batch) {
	if b.count > 1 {
		p.halve(l, b)
		return
	}
	m := p.oversized(b)
	p.settling.Lock()
	p.put(&m, b.first)
	l.replace()
	p.settling.Unlock()
	p.layout().lane(m.Kind, m.Key).notify()
	p.release(b)
}

// halve also makes the batches to come smaller, since the broker has a lower
// limit than the settings.
func (p *Publisher) halve(l *lane, b *batch) {
	lower := max(minBatchBytes, int64(len(b.records)/2))
	if limit := p.limit.Load(); lower < limit && p.limit.CompareAndSwap(limit, lower) {
		p.log.Warn("a broker takes only smaller batches; raise its message.max.bytes or lower produce.batch_bytes", "topic", l.topic, "bytes", lower)
	}
	head, tail := b.split()
	l.replace(head, tail)
	p.inFlight.Add(head.weight() + tail.weight())
	p.release(b)
}

// oversized returns the dead letter of the one message of a batch.
func (p *Publisher) oversized(b *batch) schema.Message {
	letter := &schema.DeadLetter{}
	if record, _, err := cutRecord(b.records); err == nil {
		describe(letter, record)
	}
	return p.deadLetter(letter, schema.CodeTooLong, "the message is larger than the Kafka brokers take", b.records)
}

// undecodable returns the dead letter of an entry of the spool that is no
// message.
func (p *Publisher) undecodable(entry []byte) schema.Message {
	return p.deadLetter(&schema.DeadLetter{}, schema.CodeUndecodable, "the entry of the spool is not an encoded message", entry)
}

func (p *Publisher) deadLetter(letter *schema.DeadLetter, code schema.Code, why string, origin []byte) schema.Message {
	digest := schema.NewIDDigest("publish")
	digest.String(string(code))
	digest.Bytes(origin)
	letter.ReceivedAtUnixNano = uint64(time.Now().UnixNano())
	letter.Stage = schema.Stage_STAGE_COLLECTOR
	letter.Code, letter.Field, letter.Message = string(code), "", why
	p.metrics.refused.WithLabelValues(string(code)).Inc()
	p.log.Error("an entry cannot be sent and becomes a dead letter", "code", string(code))
	m, err := schema.DecodeMessage(schema.AppendDeadLetter(nil, letter, digest.Sum()))
	if err != nil {
		panic("publish: a dead letter of ours cannot be decoded: " + err.Error())
	}
	return m
}

// describe takes over what identifies an event; it may be a dead letter itself.
func describe(letter *schema.DeadLetter, r record) {
	value, err := r.value()
	if err != nil {
		return
	}
	event := new(schema.UsageEvent)
	if event.UnmarshalVT(value) == nil && len(event.EventId) == schema.EventIDSize {
		letter.EventId, letter.Path = event.EventId, event.Path
		if len(event.Tool) <= maxTool {
			letter.Tool = event.Tool
		}
	}
}

// maxTool is longer than any tool of the catalogue.
const maxTool = 64
