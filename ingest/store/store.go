package store

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/schema"
)

// Deps of a store. The connection's default database holds the tables.
type Deps struct {
	Conn       driver.Conn
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Store writes blocks. It is safe for concurrent use.
type Store struct {
	config  Config
	conn    driver.Conn
	logger  *slog.Logger
	metrics *metrics
	slots   chan struct{}

	mu      sync.Mutex
	failing error
}

// New builds a store; it connects when the first block is written.
func New(config Config, deps Deps) (*Store, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	metrics, err := newMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	return &Store{
		config:  config,
		conn:    deps.Conn,
		logger:  deps.Logger.With("component", "store"),
		metrics: metrics,
		slots:   make(chan struct{}, config.Inserts),
	}, nil
}

// Ready says why the last insert failed, nil when it did not.
func (s *Store) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failing
}

// Write stores the block under the token and returns when it is stored or ctx
// has ended. The token must be the same for the same rows and differ otherwise.
func (s *Store) Write(ctx context.Context, b *Block, token string) error {
	for _, in := range b.inserts(token) {
		if err := s.insert(ctx, in); err != nil {
			return err
		}
	}
	s.count(b)
	return nil
}

func (s *Store) count(b *Block) {
	for _, c := range b.events {
		s.metrics.events.Add(float64(len(c.eventID)))
	}
	for _, c := range b.readings {
		s.metrics.events.Add(float64(len(c.stream)))
	}
	for code, n := range b.codes {
		s.metrics.letters.WithLabelValues(codeLabel(code)).Add(float64(n))
	}
}

// codeLabel keeps the label's values to the codes of the schema, since letters
// come from the topic.
func codeLabel(code string) string {
	switch schema.Code(code) {
	case schema.CodeMissingField, schema.CodeUnknownField, schema.CodeBadType, schema.CodeBadValue, schema.CodeUnknownTool,
		schema.CodeBadTime, schema.CodeClosedDay, schema.CodeTooLong, schema.CodeUndecodable:
		return code
	}
	return "other"
}

// insert is one statement to one partition of one table.
type insert struct {
	table   string
	token   string
	rows    int
	columns columns
}

// stamp writes the time of the try into every row. It is no part of what the
// token says, so a block that is repeated later is the same block.
func (in insert) stamp(now time.Time) {
	for _, column := range in.columns {
		if column.name != insertedAt {
			continue
		}
		times := column.values.([]int64)
		for i := range times {
			times[i] = now.UnixMilli()
		}
	}
}

// inserts returns what to send, in the order in which it must be stored.
func (b *Block) inserts(token string) []insert {
	var all []insert
	all = appendInserts(all, "event", token, b.events, func(c *events) (columns, int) { return c.columns(), len(c.eventID) })
	all = appendInserts(all, "reading", token, b.readings, func(c *readings) (columns, int) { return c.columns(), len(c.stream) })
	all = appendInserts(all, "heard", token, b.heard, func(c *heard) (columns, int) { return c.columns(), len(c.day) })
	all = appendInserts(all, "dead_letter", token, b.letters, func(c *letters) (columns, int) { return c.columns(), len(c.code) })
	if len(b.hours) > 0 {
		all = append(all, insert{"touched_hour", token + ":touched_hour", len(b.hours), b.hourColumns()})
	}
	return all
}

func appendInserts[C any](all []insert, table, token string, months map[month]*C, of func(*C) (columns, int)) []insert {
	for _, m := range slices.Sorted(maps.Keys(months)) {
		if columns, rows := of(months[m]); rows > 0 {
			all = append(all, insert{table, fmt.Sprintf("%s:%s:%d", token, table, m), rows, columns})
		}
	}
	return all
}

func (b *Block) hourColumns() columns {
	var hours []time.Time
	var rows []uint64
	for _, h := range slices.Sorted(maps.Keys(b.hours)) {
		hours = append(hours, time.Unix(h, 0).UTC())
		rows = append(rows, b.hours[h])
	}
	return columns{{"hour", hours}, {"rows", rows}}
}

// insert tries until it is stored. Every error is one that may pass: what a
// row could be refused for was checked before, and a table that does not fit is
// mended by the operator while the messages wait in Kafka.
func (s *Store) insert(ctx context.Context, in insert) error {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for try := 0; ; try++ {
		began := time.Now()
		err := s.try(ctx, in)
		if err == nil {
			s.metrics.duration.WithLabelValues(in.table).Observe(time.Since(began).Seconds())
			s.metrics.rows.WithLabelValues(in.table).Add(float64(in.rows))
			s.report(nil)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.metrics.retries.WithLabelValues(in.table).Inc()
		s.report(fmt.Errorf("insert into %s: %w", in.table, err))
		if err := pause(ctx, backoff(try, s.config.MaxBackoff)); err != nil {
			return err
		}
	}
}

// try builds the batch anew, since a batch that was sent is spent whatever
// became of it, and drops the connection of one that failed.
func (s *Store) try(ctx context.Context, in insert) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.InsertTimeout)
	defer cancel()
	in.stamp(time.Now())
	batch, err := s.conn.PrepareBatch(clickhouse.Context(ctx, clickhouse.WithSettings(settings(in.token))), in.columns.statement(in.table))
	if err != nil {
		return err
	}
	if err = in.columns.fill(batch); err == nil {
		err = batch.Send()
	}
	if err != nil {
		// Abort gives an error when it was sent, which it may well have been.
		_ = batch.Abort()
	}
	return err
}

// settings are sent with every insert: newer servers collect inserts by
// default and answer before they are written, and a profile may ask for either.
func settings(token string) clickhouse.Settings {
	return clickhouse.Settings{
		"async_insert":               0,
		"insert_deduplicate":         1,
		"insert_deduplication_token": token,
	}
}

// backoff grows to the limit, with jitter so that members do not press at once.
func backoff(try int, limit time.Duration) time.Duration {
	grown := min(50*time.Millisecond<<min(try, 16), limit)
	return grown/2 + rand.N(grown/2)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// report keeps the reason for Ready and logs it when it changes.
func (s *Store) report(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil && s.failing != nil:
		s.logger.Info("inserts go on")
	case err != nil && (s.failing == nil || s.failing.Error() != err.Error()):
		s.logger.Warn("waiting for ClickHouse", "error", err)
	}
	s.failing = err
}
