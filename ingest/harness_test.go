package ingest

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"
	"go.uber.org/goleak"

	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// TestMain is also the child process of the crash test.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(runChild())
	}
	goleak.VerifyTestMain(enginetest.Stopping(m))
}

// place is a broker and a database for one test.
type place struct {
	broker  *broker.Broker
	kafka   kafka.Config
	options *clickhouse.Options
	conn    driver.Conn
	client  *kafkago.Client
}

func newPlace(t testing.TB, partitions int) *place {
	t.Helper()
	settings := kafka.DefaultConfig()
	b, err := broker.Start(broker.Config{NoAuth: true, Topics: []string{settings.Topic, settings.DeadLetterTopic}, Partitions: partitions, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	settings.Brokers = []string{b.Addr()}
	client, err := settings.Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kafka.CloseClient(client) })
	options := enginetest.Options(t)
	return &place{broker: b, kafka: settings, options: options, conn: enginetest.Open(t, options), client: client}
}

func (p *place) send(t testing.TB, topic string, partition int, values ...[]byte) {
	t.Helper()
	records := make([]kafkago.Record, len(values))
	for i, v := range values {
		records[i] = kafkago.Record{Value: kafkago.NewBytes(v), Time: time.Now()}
	}
	res, err := p.client.Produce(context.Background(), &kafkago.ProduceRequest{Topic: topic, Partition: partition,
		RequiredAcks: kafkago.RequireAll, Compression: kafkago.Zstd, Records: kafkago.NewRecordReader(records...)})
	if err != nil {
		t.Fatal(err)
	}
	if res.Error != nil {
		t.Fatal(res.Error)
	}
}

// event is the n-th of a family of events that differ in everything that varies
// in life.
func event(n int) *schema.UsageEvent {
	id := schema.EventID("test", fmt.Sprint(n))
	now := uint64(time.Now().UnixNano())
	e := &schema.UsageEvent{
		EventId: id[:], OccurredAtUnixNano: now - uint64(n%300)*uint64(time.Minute), ReceivedAtUnixNano: now,
		Path: schema.Path_PATH_OTLP, Evidence: schema.Evidence_EVIDENCE_OBSERVED, Tool: "claude-code", ToolVersion: "2.1.330",
		Surface: schema.Surface_SURFACE_CLI, Person: pseudonym('p', n%500), PersonKind: schema.PersonKind_PERSON_KIND_HUMAN,
		Identity: schema.Identity_IDENTITY_ACCOUNT, Device: pseudonym('d', n%500), Session: pseudonym('s', n/20),
		Action: schema.Action(1 + n%6), Initiator: schema.Initiator_INITIATOR_USER, Model: "claude-sonnet-5",
		TokensInputUncached: uint64(n % 1000), TokensCacheRead: uint64(n % 50_000), TokensOutput: uint64(n % 3000),
		CostMicroUsd: uint64(n % 9999), DurationMs: uint64(n % 20_000),
	}
	if n%2 == 0 {
		ok := n%3 != 0
		e.Success = &ok
	}
	return e
}

func pseudonym(kind byte, n int) []byte {
	b := make([]byte, schema.PseudonymSize)
	b[0] = kind
	binary.BigEndian.PutUint64(b[8:], uint64(n)*0x9e3779b97f4a7c15)
	return b
}

func encoded(t testing.TB, events ...*schema.UsageEvent) [][]byte {
	t.Helper()
	values := make([][]byte, len(events))
	for i, e := range events {
		value, err := e.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		values[i] = value
	}
	return values
}

func numbered(from, to int) []*schema.UsageEvent {
	var events []*schema.UsageEvent
	for n := from; n < to; n++ {
		events = append(events, event(n))
	}
	return events
}

// quick settings keep rebalances and pauses of tests short.
func quick() Config {
	c := DefaultConfig()
	c.FlushInterval = 50 * time.Millisecond
	c.Store.MaxBackoff = 100 * time.Millisecond
	c.Consume.SessionTimeout, c.Consume.HeartbeatInterval = 6*time.Second, 100*time.Millisecond
	c.Consume.RejoinBackoff, c.Consume.PartitionWatch = 50*time.Millisecond, 100*time.Millisecond
	return c
}

type running struct {
	*Ingest
	registry *prometheus.Registry
	stop     func()
}

func (p *place) start(t testing.TB, config Config, conn driver.Conn, change ...func(*Ingest)) *running {
	t.Helper()
	registry := prometheus.NewRegistry()
	i, err := New(config, Deps{Conn: conn, Kafka: p.kafka, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Registerer: registry})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(i)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- i.Run(ctx) }()
	r := &running{Ingest: i, registry: registry, stop: sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})}
	t.Cleanup(r.stop)
	return r
}

// value adds up the samples of a metric.
func (r *running) value(t testing.TB, name string) float64 {
	t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return sum
}

// eventually waits for a condition, as long as a slow machine may need.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(120 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// count is 0 while the tables are not there yet.
func (p *place) count(t testing.TB, query string) uint64 {
	t.Helper()
	var n uint64
	err := p.conn.QueryRow(context.Background(), query).Scan(&n)
	var exception *clickhouse.Exception
	if err != nil && !asException(err, &exception) {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// committed is how far the group has come, over all partitions of a topic.
func (p *place) committed(t testing.TB, topic string, partitions int) (sum int64) {
	t.Helper()
	var ids []int
	for id := range partitions {
		ids = append(ids, id)
	}
	res, err := p.client.OffsetFetch(context.Background(), &kafkago.OffsetFetchRequest{GroupID: p.kafka.Group, Topics: map[string][]int{topic: ids}})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range res.Topics[topic] {
		if o.Metadata == "" {
			sum += max(o.CommittedOffset, 0)
		}
	}
	return sum
}
