package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/uptake-telemetry/uptake/schema"
)

// serve sends the batches of a lane, one after the other.
func (p *Publisher) serve(l *lane) {
	for b := l.take(p.sending); b != nil; b = l.take(p.sending) {
		p.deliver(l, b)
	}
	if l.isRetired() {
		p.moveOn(l)
	}
}

// deliver sends a batch until it is stored or replaced, the lane is retired or
// the senders are stopped.
func (p *Publisher) deliver(l *lane, b *batch) {
	before := b.weight()
	b.close(p.compression)
	p.inFlight.Add(b.weight() - before)
	d := p.newDelivery(l, b)
	defer d.end()
	for again := (backoff{}); p.sending.Err() == nil && !l.isRetired(); {
		kind, err := p.try(l, b)
		d.tried(kind)
		switch {
		case kind == stored:
			p.health.works(l.name)
			p.acknowledged(l, b)
			return
		case p.sending.Err() != nil:
			return
		case kind == tooLarge:
			p.metrics.retries[kind].Inc()
			p.shrink(l, b)
			return
		}
		p.failed(l, kind, err)
		if kind != lostSession || again.tries > 0 {
			again.wait(p.sending)
		}
		again.tries++
	}
}

// failed notes what stands in the way, and looks around where that may help.
func (p *Publisher) failed(l *lane, kind failure, err error) {
	p.metrics.retries[kind].Inc()
	p.health.failed(l.name, kind, err)
	switch kind {
	case noLeader, noTopic, timedOut, network:
		p.refresh()
	}
	if kind == noTopic {
		if err := p.look(p.sending); err != nil {
			p.health.failed(l.name, classify(err), err)
		}
	}
}

// try makes one request.
func (p *Publisher) try(l *lane, b *batch) (failure, error) {
	s, err := p.session(p.sending)
	if err != nil {
		return classify(err), err
	}
	l.enter(s)
	if b.generation != 0 && b.generation != s.generation {
		p.metrics.resent.Add(float64(b.count))
	}
	b.generation = s.generation
	b.stamp(s, l.sequence, time.Now())
	err = p.produce(l, b)
	kind := classify(err)
	if kind == lostSession {
		p.sessions.lose(s)
	}
	if kind != stored {
		// The client may still read the bytes of a request that it gave up.
		b.wire = slices.Clone(b.wire)
	}
	return kind, err
}

func (p *Publisher) produce(l *lane, b *batch) error {
	ctx, cancel := context.WithTimeout(p.sending, p.config.RequestTimeout)
	defer cancel()
	begun := time.Now()
	res, err := p.client.RawProduce(ctx, &kafkago.RawProduceRequest{
		Topic: l.topic, Partition: l.partition, RequiredAcks: kafkago.RequireAll,
		RawRecords: protocol.RawRecordSet{Reader: bytes.NewReader(b.wire)},
	})
	if err == nil {
		p.metrics.duration.Observe(time.Since(begun).Seconds())
		return res.Error
	}
	if errors.Is(err, protocol.ErrNoTopic) {
		// The client says so too when it has reached no broker at all.
		if _, unreachable := p.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{l.topic}}); unreachable != nil {
			err = unreachable
		}
	}
	return fmt.Errorf("produce: %w", err)
}

// acknowledged takes a stored batch off its lane.
func (p *Publisher) acknowledged(l *lane, b *batch) {
	l.acknowledged(b.count)
	l.replace()
	if l.kind == schema.DeadLetterMessage {
		p.metrics.deadLetters.Add(float64(b.count))
	} else {
		p.metrics.events.Add(float64(b.count))
	}
	p.metrics.batches.Inc()
	p.metrics.bytes.Add(float64(len(b.wire)))
	p.release(b)
	p.settleSoon()
}
