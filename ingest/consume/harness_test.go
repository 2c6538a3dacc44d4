package consume

import (
	"context"
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
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eventually waits for a condition, as long as a slow machine may need.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func startBroker(t *testing.T, config broker.Config) (*broker.Broker, kafka.Config) {
	t.Helper()
	settings := kafka.DefaultConfig()
	config.NoAuth, config.Topics = true, []string{settings.Topic, settings.DeadLetterTopic}
	if config.Partitions == 0 {
		config.Partitions = 2
	}
	b, err := broker.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	settings.Brokers = []string{b.Addr()}
	return b, settings
}

func send(t *testing.T, settings kafka.Config, partition int, compression kafkago.Compression, values ...string) {
	t.Helper()
	client, err := settings.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer kafka.CloseClient(client)
	records := make([]kafkago.Record, len(values))
	for i, v := range values {
		records[i] = kafkago.Record{Value: kafkago.NewBytes([]byte(v))}
	}
	res, err := client.Produce(t.Context(), &kafkago.ProduceRequest{Topic: settings.Topic, Partition: partition,
		RequiredAcks: kafkago.RequireAll, Compression: compression, Records: kafkago.NewRecordReader(records...)})
	if err != nil || res.Error != nil {
		t.Fatal(err, res)
	}
}

// fast settings keep rebalances of tests short.
func fast() Config {
	c := DefaultConfig()
	c.SessionTimeout, c.HeartbeatInterval, c.RejoinBackoff, c.PartitionWatch = 6*time.Second, 100*time.Millisecond, 50*time.Millisecond, 100*time.Millisecond
	return c
}

// ledger counts what handlers have committed.
type ledger struct {
	mu   sync.Mutex
	seen map[string]int
}

func (l *ledger) add(messages []Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		l.seen[string(m.Value)]++
	}
}

func (l *ledger) distinct() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.seen)
}

func (l *ledger) doubled() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, times := range l.seen {
		n += times - 1
	}
	return n
}

// commitAll is a handler that commits each batch at once.
func (l *ledger) commitAll(ctx context.Context, p *Partition) error {
	for {
		messages, err := p.Fetch(ctx, 100*time.Millisecond)
		if err != nil {
			return err
		}
		if len(messages) == 0 {
			continue
		}
		if err := p.Commit(ctx, messages[len(messages)-1].Offset); err != nil {
			return err
		}
		l.add(messages)
	}
}

type member struct {
	consumer *Consumer
	registry *prometheus.Registry
	stop     func()
}

func join(t *testing.T, settings kafka.Config, config Config, handler Handler) *member {
	t.Helper()
	registry := prometheus.NewRegistry()
	c, err := New(config, Deps{Kafka: settings, Handler: handler, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Registerer: registry})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	m := &member{consumer: c, registry: registry, stop: sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})}
	t.Cleanup(m.stop)
	return m
}

func numbered(from, to int) []string {
	var values []string
	for i := from; i < to; i++ {
		values = append(values, fmt.Sprintf("message %d", i))
	}
	return values
}

func newLedger() *ledger { return &ledger{seen: map[string]int{}} }

// gauge wraps a gathered value, since the collector itself is private.
func gauge(t *testing.T, registry *prometheus.Registry, name string) prometheus.Gauge {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "value"})
	g.Set(-1)
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		sum := 0.0
		for _, m := range f.GetMetric() {
			sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
		g.Set(sum)
	}
	return g
}
