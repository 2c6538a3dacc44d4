package publish

import (
	"context"
	"fmt"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// leastRefresh keeps many lanes that lost a broker from asking at once.
const leastRefresh = 200 * time.Millisecond

// layout is the lanes by topic and partition.
type layout map[schema.MessageKind][]*lane

// lane returns where a key of a kind goes.
func (l layout) lane(kind schema.MessageKind, key []byte) *lane {
	lanes := l[kind]
	return lanes[partitionOf(key, len(lanes))]
}

// offer wakes the senders that have something to do.
func (l layout) offer() {
	for _, lanes := range l {
		for _, lane := range lanes {
			if lane.isWaiting() {
				lane.notify()
			}
		}
	}
}

// refresher asks for the cluster's layout again, not too often.
type refresher struct {
	mu   sync.Mutex
	last time.Time
}

// refresh makes the next request look up who leads.
func (p *Publisher) refresh() {
	p.refresher.mu.Lock()
	defer p.refresher.mu.Unlock()
	if time.Since(p.refresher.last) < leastRefresh {
		return
	}
	p.refresher.last = time.Now()
	kafka.CloseClient(p.client)
}

// look finds the topics, makes them where that is allowed, and opens lanes.
func (p *Publisher) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.config.RequestTimeout)
	defer cancel()
	ensured := p.kafka.EnsureTopicsBy(ctx, p.client)
	found, err := p.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{p.kafka.Topic, p.kafka.DeadLetterTopic}})
	if err != nil && ensured != nil {
		return ensured // of two errors the one that says more
	}
	if err != nil {
		return fmt.Errorf("look up topics: %w", err)
	}
	for i, kind := range []schema.MessageKind{schema.EventMessage, schema.DeadLetterMessage} {
		if n := len(found.Topics[i].Partitions); n > 0 {
			p.lay(kind, found.Topics[i].Name, n)
		}
	}
	return ensured
}

// lay makes the lanes of a topic as many as its partitions.
func (p *Publisher) lay(kind schema.MessageKind, topic string, partitions int) {
	p.laying.Lock()
	defer p.laying.Unlock()
	before := p.layout()
	old := before[kind]
	if len(old) == partitions {
		return
	}
	lanes := append([]*lane(nil), old[:min(partitions, len(old))]...)
	for len(lanes) < partitions {
		lanes = append(lanes, newLane(kind, topic, len(lanes)))
	}
	after := layout{kind: lanes}
	for other, others := range before {
		if other != kind {
			after[other] = others
		}
	}
	p.settling.Lock()
	p.all = append(p.all, lanes[min(partitions, len(old)):]...)
	p.settling.Unlock()
	p.lanes.Store(&after)
	for _, fresh := range lanes[min(partitions, len(old)):] {
		p.senders.Go(func() { p.serve(fresh) })
	}
	for _, gone := range old[min(partitions, len(old)):] {
		gone.retire()
		gone.notify()
	}
	p.log.Info("partitions found", "topic", topic, "partitions", partitions)
}

// moveOn gives what waits for a partition that is gone to one that is left. The
// order of its messages is lost with the partition.
func (p *Publisher) moveOn(gone *lane) {
	p.laying.Lock()
	defer p.laying.Unlock()
	p.settling.Lock()
	defer p.settling.Unlock()
	lanes := p.layout()[gone.kind]
	target := lanes[gone.partition%len(lanes)]
	target.addBatches(gone.leave())
	target.notify()
}

func (p *Publisher) layout() layout {
	if lanes := p.lanes.Load(); lanes != nil {
		return *lanes
	}
	return nil
}
