package publish

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"
	"go.uber.org/goleak"

	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// queue is a source in memory.
type queue struct {
	mu      sync.Mutex
	entries [][]byte
	read    int
	settled uint64
	more    chan struct{}
}

func newQueue() *queue { return &queue{more: make(chan struct{}, 1)} }

func (q *queue) append(entries ...[]byte) {
	q.mu.Lock()
	q.entries = append(q.entries, entries...)
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *queue) Next(ctx context.Context, max int, visit func(uint64, []byte)) error {
	for {
		if q.visit(max, visit) {
			return nil
		}
		select {
		case <-q.more:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (q *queue) visit(max int, visit func(uint64, []byte)) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := 0
	for q.read < len(q.entries) && size < max {
		entry := bytes.Clone(q.entries[q.read])
		visit(uint64(q.read), entry)
		clear(entry) // nobody may keep it
		size += len(entry)
		q.read++
	}
	return size > 0
}

func (q *queue) Settle(before uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if before < q.settled {
		return fmt.Errorf("settled %d after %d", before, q.settled)
	}
	q.settled = before
	return nil
}

// restart is what a spool does after a kill.
func (q *queue) restart() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.read = int(q.settled)
}

func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.entries) - int(q.settled)
}

// event returns an encoded event of a person; its time tells the order.
func event(person, number, size int) []byte {
	id := make([]byte, schema.EventIDSize)
	binary.BigEndian.PutUint64(id, uint64(person))
	binary.BigEndian.PutUint64(id[8:], uint64(number))
	return schema.AppendEvent(nil, &schema.UsageEvent{
		EventId: id, Person: id[:8], OccurredAtUnixNano: uint64(number),
		Tool: "claude-code", Model: string(bytes.Repeat([]byte{'m'}, size)),
	})
}

func events(persons, each, size int) (all [][]byte) {
	for number := range each {
		for person := range persons {
			all = append(all, event(person, number, size))
		}
	}
	return all
}

// place is a broker, a queue and a publisher between them.
type place struct {
	broker   *broker.Broker
	config   broker.Config
	kafka    kafka.Config
	client   *kafkago.Client
	queue    *queue
	registry *prometheus.Registry
	settings Config
}

func newPlace(t testing.TB, change func(*broker.Config)) *place {
	t.Helper()
	settings := kafka.DefaultConfig()
	config := broker.Config{NoAuth: true, Topics: []string{settings.Topic, settings.DeadLetterTopic}, Partitions: 3}
	if change != nil {
		change(&config)
	}
	p := &place{config: config, kafka: settings, queue: newQueue(), settings: DefaultConfig()}
	p.start(t)
	fmt.Sscanf(p.broker.Addr(), "127.0.0.1:%d", &p.config.Port)
	p.kafka.Brokers = []string{p.broker.Addr()}
	client, err := p.kafka.Client()
	if err != nil {
		t.Fatal(err)
	}
	p.client = client
	t.Cleanup(func() { kafka.CloseClient(client) })
	p.settings.DrainTimeout = 0
	return p
}

func (p *place) start(t testing.TB) {
	t.Helper()
	b, err := broker.Start(p.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	p.broker = b
}

// publish runs a publisher until stop is called or the test ends.
func (p *place) publish(t testing.TB) (publisher *Publisher, stop func()) {
	t.Helper()
	p.registry = prometheus.NewRegistry()
	publisher, err := New(p.settings, Deps{Source: p.queue, Kafka: p.kafka, Registerer: p.registry, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	publisher.lookEvery = 50 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- publisher.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the publisher ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return publisher, stop
}

// until waits for a condition.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long until %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (p *place) settled(t testing.TB) {
	t.Helper()
	until(t, "all is settled", func() bool { return p.queue.waiting() == 0 })
}

// message is one of a topic.
type message struct {
	partition int
	time      time.Time
	key       string
	value     []byte
	headers   map[string]string
}

// topic reads all of a topic, in order of partition and offset.
func (p *place) topic(t testing.TB, topic string) (all []message) {
	t.Helper()
	kafka.CloseClient(p.client)
	found, err := p.client.Metadata(t.Context(), &kafkago.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		t.Fatal(err)
	}
	for _, partition := range found.Topics[0].Partitions {
		all = append(all, p.partition(t, topic, partition.ID)...)
	}
	return all
}

func (p *place) partition(t testing.TB, topic string, partition int) (all []message) {
	t.Helper()
	ends, err := p.client.ListOffsets(t.Context(), &kafkago.ListOffsetsRequest{
		Topics: map[string][]kafkago.OffsetRequest{topic: {kafkago.LastOffsetOf(partition)}},
	})
	if err != nil || ends.Topics[topic][0].Error != nil {
		t.Fatal(err, ends)
	}
	for offset := int64(0); offset < ends.Topics[topic][0].LastOffset; {
		res, err := p.client.Fetch(t.Context(), &kafkago.FetchRequest{
			Topic: topic, Partition: partition, Offset: offset, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: time.Second,
		})
		if err != nil || res.Error != nil {
			t.Fatal(err, res)
		}
		for {
			r, err := res.Records.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			offset = r.Offset + 1
			all = append(all, messageOf(t, partition, r))
		}
	}
	return all
}

func messageOf(t testing.TB, partition int, r *kafkago.Record) message {
	t.Helper()
	key, err := kafkago.ReadAll(r.Key)
	if err != nil {
		t.Fatal(err)
	}
	value, err := kafkago.ReadAll(r.Value)
	if err != nil {
		t.Fatal(err)
	}
	m := message{partition: partition, time: r.Time, key: string(key), value: value, headers: map[string]string{}}
	for _, h := range r.Headers {
		m.headers[h.Key] = string(h.Value)
	}
	return m
}

// eventsOn reads the events of a topic.
func (p *place) eventsOn(t testing.TB) (all []*schema.UsageEvent) {
	t.Helper()
	for _, m := range p.topic(t, p.kafka.Topic) {
		e := new(schema.UsageEvent)
		if err := e.UnmarshalVT(m.value); err != nil {
			t.Fatal(err)
		}
		if want := partitionOf([]byte(m.key), 3); p.config.Partitions == 3 && m.partition != want {
			t.Errorf("a key of partition %d is in %d", want, m.partition)
		}
		all = append(all, e)
	}
	return all
}

// once checks that each event is there exactly once, and in order per person.
func (p *place) once(t testing.TB, persons, each int) {
	t.Helper()
	next := map[string]uint64{}
	for _, e := range p.eventsOn(t) {
		if want := next[string(e.Person)]; e.OccurredAtUnixNano != want {
			t.Fatalf("person %x: event %d came, want %d", e.Person, e.OccurredAtUnixNano, want)
		}
		next[string(e.Person)]++
	}
	for person, n := range next {
		if n != uint64(each) {
			t.Errorf("person %x has %d events, want %d", person, n, each)
		}
	}
	if len(next) != persons {
		t.Errorf("%d persons have events, want %d", len(next), persons)
	}
}

// atLeastOnce checks that no event is missing.
func (p *place) atLeastOnce(t testing.TB, want int) {
	t.Helper()
	ids := map[string]bool{}
	for _, e := range p.eventsOn(t) {
		ids[string(e.EventId)] = true
	}
	if len(ids) != want {
		t.Errorf("%d events arrived, want %d", len(ids), want)
	}
}

// value returns the sum of a metric, or of its series with a label value.
func (p *place) value(t testing.TB, name, label string) (sum float64) {
	t.Helper()
	families, err := p.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != prefix+name {
			continue
		}
		for _, m := range family.GetMetric() {
			if label == "" || m.GetLabel()[0].GetValue() == label {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
		return sum
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}
