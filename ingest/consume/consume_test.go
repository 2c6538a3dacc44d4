package consume

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
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
	c, err := New(config, Dependencies{Kafka: settings, Handler: handler, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Registerer: registry})
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

func TestEverythingComesOnceOverRestarts(t *testing.T) {
	_, settings := startBroker(t, broker.Config{})
	l := newLedger()
	for round := range 3 {
		send(t, settings, round%2, kafkago.Zstd, numbered(round*100, round*100+100)...)
		m := join(t, settings, fast(), l.commitAll)
		eventually(t, "all are read", func() bool { return l.distinct() == round*100+100 })
		eventually(t, "no lag is left", func() bool { return testutil.ToFloat64(gauge(t, m.registry, "uptake_ingest_lag_events")) == 0 })
		m.stop()
	}
	if n := l.doubled(); n != 0 {
		t.Errorf("%d came twice", n)
	}
}

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

func TestACompressedBatchGoesOnInItsMiddle(t *testing.T) {
	_, settings := startBroker(t, broker.Config{})
	send(t, settings, 0, kafkago.Zstd, numbered(0, 10)...)
	first := join(t, settings, fast(), func(ctx context.Context, p *Partition) error {
		messages, err := p.Fetch(ctx, 100*time.Millisecond)
		for err == nil && len(messages) == 0 {
			messages, err = p.Fetch(ctx, 100*time.Millisecond)
		}
		if err == nil {
			err = p.Commit(ctx, messages[3].Offset)
		}
		if err == nil {
			<-p.stop.Done()
			err = ErrStopped
		}
		return err
	})
	eventually(t, "four are committed", func() bool { return testutil.ToFloat64(gauge(t, first.registry, "uptake_ingest_lag_events")) == 6 })
	first.stop()
	l := newLedger()
	join(t, settings, fast(), l.commitAll)
	eventually(t, "the rest is read", func() bool { return l.distinct() == 6 })
	if l.seen["message 3"] != 0 || l.seen["message 4"] != 1 {
		t.Errorf("went on with %v", l.seen)
	}
}

func TestAnAnnouncedBlockComesBackWithItsEnd(t *testing.T) {
	_, settings := startBroker(t, broker.Config{Partitions: 1})
	send(t, settings, 0, 0, numbered(0, 10)...)
	plans := make(chan int64, 100)
	handler := func(ctx context.Context, p *Partition) error {
		if p.Topic != settings.Topic {
			<-p.stop.Done()
			return ErrStopped
		}
		plans <- p.Planned()
		for {
			messages, err := p.Fetch(ctx, 100*time.Millisecond)
			if err != nil {
				return err
			}
			if len(messages) == 0 {
				continue
			}
			if p.Planned() == 6 {
				if err := p.Commit(ctx, 6); err != nil {
					return err
				}
				plans <- p.Planned()
				<-p.stop.Done()
				return ErrStopped
			}
			if err := p.Plan(ctx, 6); err != nil {
				return err
			}
			return errors.New("crashed before the commit")
		}
	}
	join(t, settings, fast(), handler)
	for i, want := range []int64{-1, 6, -1} {
		if got := <-plans; got != want {
			t.Errorf("plan %d is %d, want %d", i, got, want)
		}
	}
}

func TestTwoMembersShareAndTakeOver(t *testing.T) {
	_, settings := startBroker(t, broker.Config{Partitions: 4})
	l := newLedger()
	first := join(t, settings, fast(), l.commitAll)
	eventually(t, "the first holds all", func() bool { return testutil.ToFloat64(first.consumer.metrics.partitions) == 8 })
	second := join(t, settings, fast(), l.commitAll)
	eventually(t, "they share", func() bool {
		return testutil.ToFloat64(first.consumer.metrics.partitions) == 4 && testutil.ToFloat64(second.consumer.metrics.partitions) == 4
	})
	for p := range 4 {
		send(t, settings, p, kafkago.Lz4, numbered(p*50, p*50+50)...)
	}
	eventually(t, "all are read", func() bool { return l.distinct() == 200 })
	first.stop()
	eventually(t, "the second holds all", func() bool { return testutil.ToFloat64(second.consumer.metrics.partitions) == 8 })
	for p := range 4 {
		send(t, settings, p, 0, numbered(200+p*50, 250+p*50)...)
	}
	eventually(t, "all are read", func() bool { return l.distinct() == 400 })
	if n := l.doubled(); n != 0 {
		t.Errorf("%d came twice although nobody died", n)
	}
}

func TestSurvivesTheBrokersRestart(t *testing.T) {
	dir := t.TempDir()
	b, settings := startBroker(t, broker.Config{Dir: dir})
	port := 0
	fmt.Sscanf(b.Addr()[strings.LastIndex(b.Addr(), ":")+1:], "%d", &port)
	l := newLedger()
	m := join(t, settings, fast(), l.commitAll)
	send(t, settings, 0, kafkago.Zstd, numbered(0, 100)...)
	eventually(t, "all are read", func() bool { return l.distinct() == 100 })
	b.Close()
	eventually(t, "it says what it waits for", func() bool { return m.consumer.Ready() != nil })
	startBroker(t, broker.Config{Dir: dir, Port: port})
	send(t, settings, 1, kafkago.Zstd, numbered(100, 200)...)
	eventually(t, "all are read", func() bool { return l.distinct() == 200 })
	eventually(t, "it is ready again", func() bool { return m.consumer.Ready() == nil })
}

func TestAnErrorOfTheHandlerBeginsAgainAtTheCommit(t *testing.T) {
	_, settings := startBroker(t, broker.Config{Partitions: 1})
	l := newLedger()
	failed := false
	join(t, settings, fast(), func(ctx context.Context, p *Partition) error {
		if p.Topic == settings.Topic && !failed {
			if messages, err := p.Fetch(ctx, 100*time.Millisecond); err != nil || len(messages) > 0 {
				failed = true
				return errors.New("no luck")
			}
		}
		return l.commitAll(ctx, p)
	})
	send(t, settings, 0, 0, numbered(0, 10)...)
	eventually(t, "all are read", func() bool { return l.distinct() == 10 })
}

func TestAnOffsetBeyondTheLogBeginsWithTheOldest(t *testing.T) {
	_, settings := startBroker(t, broker.Config{Partitions: 1})
	send(t, settings, 0, 0, numbered(0, 10)...)
	l := newLedger()
	m := join(t, settings, fast(), func(ctx context.Context, p *Partition) error {
		if p.Topic == settings.Topic && l.distinct() == 0 {
			p.next = 1000
		}
		return l.commitAll(ctx, p)
	})
	eventually(t, "it goes on with the oldest", func() bool { return l.distinct() == 10 })
	if n := testutil.ToFloat64(m.consumer.metrics.skipped); n != 0 {
		t.Errorf("%v missed, although the log only is shorter", n)
	}
}

func TestWhatRetentionRemovedIsCounted(t *testing.T) {
	b, settings := startBroker(t, broker.Config{Partitions: 1})
	send(t, settings, 0, 0, numbered(0, 10)...)
	l := newLedger()
	first := join(t, settings, fast(), l.commitAll)
	eventually(t, "ten are committed", func() bool {
		return l.distinct() == 10 && testutil.ToFloat64(gauge(t, first.registry, "uptake_ingest_lag_events")) == 0
	})
	first.stop()
	send(t, settings, 0, 0, numbered(10, 30)...)
	deleteBefore(t, b, settings.Topic, 25)
	m := join(t, settings, fast(), l.commitAll)
	eventually(t, "it goes on with the oldest", func() bool { return l.distinct() == 15 })
	if n := testutil.ToFloat64(m.consumer.metrics.skipped); n != 15 {
		t.Errorf("%v missed, want 15", n)
	}
}

// deleteBefore removes messages as retention does.
func deleteBefore(t *testing.T, b *broker.Broker, topic string, offset int64) {
	t.Helper()
	req := kmsg.NewPtrDeleteRecordsRequest()
	partition := kmsg.NewDeleteRecordsRequestTopicPartition()
	partition.Offset = offset
	req.Topics = []kmsg.DeleteRecordsRequestTopic{{Topic: topic, Partitions: []kmsg.DeleteRecordsRequestTopicPartition{partition}}}
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	res, err := req.RequestWith(t.Context(), client)
	if err != nil || res.Topics[0].Partitions[0].ErrorCode != 0 {
		t.Fatal(err, res)
	}
}

func TestNewPartitionsAreRead(t *testing.T) {
	_, settings := startBroker(t, broker.Config{Partitions: 1})
	l := newLedger()
	m := join(t, settings, fast(), l.commitAll)
	eventually(t, "it holds what there is", func() bool { return testutil.ToFloat64(m.consumer.metrics.partitions) == 2 })
	client, err := settings.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer kafka.CloseClient(client)
	res, err := client.CreatePartitions(t.Context(), &kafkago.CreatePartitionsRequest{Topics: []kafkago.TopicPartitionsConfig{{Name: settings.Topic, Count: 3}}})
	if err != nil || res.Errors[settings.Topic] != nil {
		t.Fatal(err, res)
	}
	eventually(t, "it holds the new ones", func() bool { return testutil.ToFloat64(m.consumer.metrics.partitions) == 4 })
	send(t, settings, 2, 0, numbered(0, 10)...)
	eventually(t, "all are read", func() bool { return l.distinct() == 10 })
}

func TestALeaderThatMovedIsFound(t *testing.T) {
	b, settings := startBroker(t, broker.Config{Partitions: 1})
	l := newLedger()
	var refused atomic.Int32
	b.Cluster().ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		fetch := req.(*kmsg.FetchRequest)
		b.Cluster().KeepControl()
		if refused.Add(1) == 5 {
			b.Cluster().DropControl()
		}
		return notLeader(fetch), nil, true
	})
	join(t, settings, fast(), l.commitAll)
	send(t, settings, 0, 0, numbered(0, 10)...)
	eventually(t, "all are read", func() bool { return l.distinct() == 10 })
}

func notLeader(fetch *kmsg.FetchRequest) kmsg.Response {
	res := fetch.ResponseKind().(*kmsg.FetchResponse)
	for _, t := range fetch.Topics {
		topic := kmsg.NewFetchResponseTopic()
		topic.Topic = t.Topic
		for _, p := range t.Partitions {
			partition := kmsg.NewFetchResponseTopicPartition()
			partition.Partition, partition.ErrorCode = p.Partition, int16(kafkago.NotLeaderForPartition)
			topic.Partitions = append(topic.Partitions, partition)
		}
		res.Topics = append(res.Topics, topic)
	}
	return res
}

func TestConfigNamesTheSetting(t *testing.T) {
	for setting, change := range map[string]func(*Config){
		"session_timeout":    func(c *Config) { c.SessionTimeout = 0 },
		"heartbeat_interval": func(c *Config) { c.HeartbeatInterval = 5 * time.Second },
		"rebalance_timeout":  func(c *Config) { c.RebalanceTimeout = 0 },
		"rejoin_backoff":     func(c *Config) { c.RejoinBackoff = 0 },
		"partition_watch":    func(c *Config) { c.PartitionWatch = 0 },
		"max_fetch_bytes":    func(c *Config) { c.MaxFetchBytes = 1 },
		"total_fetch_bytes":  func(c *Config) { c.TotalFetchBytes = 1 },
		"stop_timeout":       func(c *Config) { c.StopTimeout = -1 },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), setting+": ") {
			t.Errorf("%s: got %v", setting, err)
		}
	}
}
