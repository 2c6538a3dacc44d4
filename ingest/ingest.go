// Package ingest is the back half: it joins consume and store, and takes what
// collectors wrote to Kafka into ClickHouse.
//
// It promises that
//   - every message of the topics ends in a table or in the dead letters, and
//     its offset is committed after that: nothing is lost;
//   - a block that comes again after a crash has the same bounds, rows and
//     token as before, so ClickHouse stores it once; and where that fails the
//     event id does: nothing is counted twice;
//   - a message that cannot be decoded, is not valid, or belongs to a closed
//     day stops nothing: it goes to the dead-letter topic, without content;
//   - what was received of a person before that person was erased is not stored
//     again, though the topic be read from its beginning;
//   - Kafka or ClickHouse away means waiting, with bounded memory and nothing
//     committed, and Ready says for what.
//
// Messages of one partition are stored in order; partitions are independent.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/ingest/consume"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
	"github.com/uptake-telemetry/uptake/ingest/store"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// Deps of the back half. The default database of the connection holds,
// or is to hold, the tables; it belongs to the caller, as does its pool, which
// should allow Config.Store.Inserts connections and two more.
type Deps struct {
	Conn       driver.Conn
	Kafka      kafka.Config
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Ingest is the back half.
type Ingest struct {
	config   Config
	deps     Deps
	logger   *slog.Logger
	metrics  *metrics
	consumer *consume.Consumer
	store    *store.Store
	client   *kafkago.Client
	closed   closedDays
	erased   erasedPersons
	// unmarshal is the decoder; tests make it panic.
	unmarshal func(*schema.UsageEvent, []byte) error

	mu      sync.Mutex
	waiting error
}

// New builds the back half; nothing is connected before Run.
func New(config Config, deps Deps) (*Ingest, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("ingest.%w", err)
	}
	i := &Ingest{
		config:    config,
		deps:      deps,
		logger:    deps.Logger.With("component", "ingest"),
		unmarshal: (*schema.UsageEvent).UnmarshalVT,
		waiting:   errors.New("starting"),
	}
	return i, i.build()
}

func (i *Ingest) build() (err error) {
	if i.metrics, err = newMetrics(i.deps.Registerer); err != nil {
		return err
	}
	if i.client, err = i.deps.Kafka.Client(); err != nil {
		return err
	}
	i.store, err = store.New(i.config.Store, store.Deps{Conn: i.deps.Conn, Logger: i.deps.Logger, Registerer: i.deps.Registerer})
	if err != nil {
		return err
	}
	i.consumer, err = consume.New(i.config.Consume, consume.Deps{
		Kafka: i.deps.Kafka, Handler: i.handle, Logger: i.deps.Logger, Registerer: i.deps.Registerer,
	})
	return err
}

// Run brings the tables up, waits for the topics and takes messages in until
// ctx ends, or until the tables turn out to be of a newer version.
func (i *Ingest) Run(ctx context.Context) error {
	defer kafka.CloseClient(i.client)
	if err := i.start(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil
	}
	watch, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { i.watchClosedDays(watch) })
	watching.Go(func() { i.watchErased(watch) })
	defer watching.Wait()
	defer stop()
	return i.consumer.Run(ctx)
}

// start does in order what must be done before the first message is read.
func (i *Ingest) start(ctx context.Context) error {
	steps := []struct {
		awaited string
		do      func(context.Context) error
	}{
		{"the tables in ClickHouse", func(ctx context.Context) error { return migrate.Run(ctx, i.deps.Conn, i.deps.Logger) }},
		{"the closed days in ClickHouse", i.loadClosedDays},
		{"the erased persons in ClickHouse", i.loadErased},
		{"the topics in Kafka", i.deps.Kafka.EnsureTopics},
	}
	for _, step := range steps {
		err := i.until(ctx, step.awaited, step.do)
		if errors.Is(err, migrate.ErrNewer) {
			return err
		}
	}
	i.setWaiting(nil)
	return nil
}

// until tries, with growing pauses, until it is done, ctx ends or no further
// try can help.
func (i *Ingest) until(ctx context.Context, awaited string, do func(context.Context) error) error {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := do(ctx)
		if err == nil || ctx.Err() != nil || errors.Is(err, migrate.ErrNewer) {
			return err
		}
		i.setWaiting(fmt.Errorf("waiting for %s: %w", awaited, err))
		wait(ctx, pause)
	}
}

func (i *Ingest) setWaiting(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err != nil && (i.waiting == nil || i.waiting.Error() != err.Error()) {
		i.logger.Warn("not ready", "error", err)
	}
	i.waiting = err
}

// Ready says what the back half waits for; nil when it takes messages in.
func (i *Ingest) Ready() error {
	i.mu.Lock()
	waiting := i.waiting
	i.mu.Unlock()
	if waiting != nil {
		return waiting
	}
	return errors.Join(wrap("Kafka", i.consumer.Ready()), wrap("ClickHouse", i.store.Ready()))
}

func wrap(part string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", part, err)
}

// wait pauses, or less when ctx ends.
func wait(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
