package publish

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel/trace"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// Source is what is published: a spool.
type Source interface {
	// Next waits for entries and visits them in order, up to max bytes.
	Next(ctx context.Context, max int, visit func(sequence uint64, entry []byte)) error
	// Settle says that all entries before a sequence number are safe.
	Settle(before uint64) error
}

// Deps are what a publisher needs.
type Deps struct {
	Source Source
	// Kafka says where the topics are.
	Kafka kafka.Config
	// Logger may be nil.
	Logger *slog.Logger
	// Registerer may be nil.
	Registerer prometheus.Registerer
	// Tracer makes a span of each batch that it samples; nil for none.
	Tracer trace.Tracer
}

// Publisher sends entries until it is stopped.
type Publisher struct {
	config      Config
	kafka       kafka.Config
	source      Source
	log         *slog.Logger
	client      *kafkago.Client
	metrics     *metrics
	tracer      trace.Tracer
	health      *health
	compression compressor
	batches     sync.Pool

	sessions  sessions
	refresher refresher
	lanes     atomic.Pointer[layout]
	laying    sync.Mutex
	senders   sync.WaitGroup
	// sending ends the senders.
	sending context.Context

	// position is the sequence number after the last entry that has a lane.
	position atomic.Uint64
	// settling is held while entries move between lanes, and while the lowest
	// that waits is looked for in all there ever were.
	settling sync.Mutex
	all      []*lane
	settle   chan struct{}
	inFlight atomic.Int64
	room     chan struct{}
	// limit bounds a batch; a broker may have lowered it.
	limit atomic.Int64
	taken int // bytes of the entries that are being read
	// lookEvery is how soon partitions that were added are used.
	lookEvery time.Duration
}

// New checks the settings and builds a publisher that does nothing yet.
func New(config Config, deps Deps) (*Publisher, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("produce settings: %w", err)
	}
	if err := deps.Kafka.Validate(); err != nil {
		return nil, fmt.Errorf("kafka settings: %w", err)
	}
	if deps.Source == nil {
		return nil, errors.New("publish: a source is needed")
	}
	p := &Publisher{
		config: config, kafka: deps.Kafka, source: deps.Source, log: deps.Logger, tracer: deps.Tracer,
		settle: make(chan struct{}, 1), room: make(chan struct{}, 1),
		lookEvery: 10 * time.Second,
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.batches.New = func() any { return new(batch) }
	p.limit.Store(int64(config.BatchBytes))
	p.health = newHealth(p.log, deps.Kafka.Brokers)
	p.health.troubles["start"] = errors.New("not connected yet")
	return p, p.build(deps.Registerer)
}

func (p *Publisher) build(registerer prometheus.Registerer) (err error) {
	if p.client, err = p.kafka.Client(); err != nil {
		return err
	}
	if p.compression, err = newCompressor(p.config.Compression); err != nil {
		return err
	}
	if p.metrics, err = newMetrics(p, registerer); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	return nil
}

// Ready returns nil while Kafka takes what it gets, else what is waited for.
func (p *Publisher) Ready() error { return p.health.ready() }

// Run publishes until ctx ends. It then takes nothing more from the source, and
// waits for what is under way as long as the settings say; what is not
// acknowledged by then stays in the source. It is called once.
func (p *Publisher) Run(ctx context.Context) error {
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer kafka.CloseClient(p.client)
	p.sending = sending
	if !p.connect(ctx) {
		stop()
		p.senders.Wait()
		return nil
	}
	var helpers sync.WaitGroup
	helpers.Go(func() { p.keepLooking(ctx) })
	settlers, stopSettling := context.WithCancel(sending)
	helpers.Go(func() { p.keepSettling(settlers) })

	p.read(ctx)
	p.drain()
	stop()
	p.senders.Wait()
	stopSettling()
	helpers.Wait()
	return p.settleLowest()
}

// connect waits until the topics are known; false means that ctx has ended.
func (p *Publisher) connect(ctx context.Context) bool {
	for again := (backoff{}); ; {
		err := p.look(ctx)
		lanes := p.layout()
		if err == nil && len(lanes[schema.EventMessage]) > 0 && len(lanes[schema.DeadLetterMessage]) > 0 {
			p.health.works("start")
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		p.health.failed("start", classify(err), err)
		p.refresh()
		if !again.wait(ctx) {
			return false
		}
	}
}

// keepLooking finds partitions that were added and topics that went.
func (p *Publisher) keepLooking(ctx context.Context) {
	for sleep(ctx, p.lookEvery) {
		if err := p.look(ctx); err != nil && ctx.Err() == nil {
			p.health.failed("topics", classify(err), err)
			p.refresh()
			continue
		}
		p.health.works("topics")
	}
}

// drain waits until all is acknowledged, or the time is over.
func (p *Publisher) drain() {
	over := time.NewTimer(p.config.DrainTimeout)
	defer over.Stop()
	for p.inFlight.Load() > 0 {
		select {
		case <-p.room:
		case <-over.C:
			p.log.Warn("stopped before Kafka took all; the rest stays in the spool", "bytes", p.inFlight.Load())
			return
		}
	}
}
