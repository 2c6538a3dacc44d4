package adoption

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// metrics of the pipeline; those of adoption itself are in publish.
type metrics struct {
	daysToRebuild  prometheus.Gauge
	lastPublished  prometheus.Gauge
	failures       prometheus.Counter
	publishSeconds prometheus.Histogram
	lastEvents     *lastEvents
}

func newMetrics(registerer prometheus.Registerer, clock func() time.Time) (*metrics, error) {
	m := &metrics{
		daysToRebuild:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "uptake_adoption_days_to_rebuild", Help: "Days whose events changed and that are not rebuilt yet."}),
		lastPublished:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "uptake_adoption_last_published_timestamp_seconds", Help: "When figures were last published, in seconds since 1970."}),
		failures:       prometheus.NewCounter(prometheus.CounterOpts{Name: "uptake_adoption_round_failures_total", Help: "Rounds of observing that failed and were tried again."}),
		publishSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "uptake_adoption_publish_duration_seconds", Help: "Time to calculate and publish a week.", Buckets: prometheus.ExponentialBuckets(0.05, 2, 12)}),
		lastEvents:     newLastEvents(clock),
	}
	return m, errors.Join(registerer.Register(m.daysToRebuild), registerer.Register(m.lastPublished), registerer.Register(m.failures),
		registerer.Register(m.publishSeconds), registerer.Register(m.lastEvents))
}

// show brings gauges up to date with what is published.
func (o *Observer) show(ctx context.Context, latest map[figure.Period]publish.Publication) error {
	fresh, err := readLatest(ctx, o.conn)
	if err != nil {
		return err
	}
	var week, published time.Time
	var changed bool
	for period, p := range fresh {
		if p.PublishedAt.After(published) {
			published = p.PublishedAt
		}
		if period.Grain == figure.Weekly && p.Settled() && period.Start.After(week) {
			week, changed = period.Start, p.Fingerprint != latest[period].Fingerprint
		}
	}
	if !published.IsZero() {
		o.metrics.lastPublished.Set(float64(published.UnixMilli()) / 1000)
	}
	if !week.IsZero() && (changed || !o.gauges.Shows(week)) {
		return o.gauges.Refresh(ctx, o.conn, week)
	}
	return nil
}

// lastEvents tells per tool how long ago its last event happened.
type lastEvents struct {
	clock func() time.Time
	desc  *prometheus.Desc
	lock  sync.Mutex
	last  map[string]time.Time
	read  time.Time
}

// readEvery is how often tables are asked for last events.
const readEvery = 15 * time.Second

func newLastEvents(clock func() time.Time) *lastEvents {
	return &lastEvents{clock: clock, last: map[string]time.Time{}, desc: prometheus.NewDesc("uptake_adoption_tool_last_event_seconds",
		"Seconds since the last event of the tool that is stored happened.", []string{"tool"}, nil)}
}

// refresh asks for all events at first and then for those of the last days.
func (l *lastEvents) refresh(ctx context.Context, conn driver.Conn) error {
	now := l.clock()
	l.lock.Lock()
	since, first := now.Sub(l.read), l.read.IsZero()
	l.lock.Unlock()
	if !first && since < readEvery {
		return nil
	}
	from := time.Unix(0, 0)
	if !first {
		from = now.AddDate(0, 0, -2)
	}
	day := from.UTC().Format(time.DateOnly)
	// Some tools are heard by counters alone.
	rows, err := conn.Query(ctx, fmt.Sprintf(`
SELECT toString(tool), max(at) FROM
(
    SELECT tool, max(occurred_at) AS at FROM event WHERE toDate(occurred_at) >= '%[1]s' GROUP BY tool
    UNION ALL
    SELECT tool, toDateTime64(max(read_at), 6, 'UTC') AS at FROM reading WHERE toDate(read_at) >= '%[1]s' GROUP BY tool
)
GROUP BY tool`, day))
	if err != nil {
		return fmt.Errorf("read the last events of the tools: %w", err)
	}
	defer rows.Close()
	l.lock.Lock()
	defer l.lock.Unlock()
	for rows.Next() {
		var tool string
		var at time.Time
		if err := rows.Scan(&tool, &at); err != nil {
			return fmt.Errorf("read the last events of the tools: %w", err)
		}
		if at.After(l.last[tool]) {
			l.last[tool] = at
		}
	}
	l.read = now
	return rows.Err()
}

// Describe implements prometheus.Collector.
func (l *lastEvents) Describe(descs chan<- *prometheus.Desc) { descs <- l.desc }

// Collect implements prometheus.Collector.
func (l *lastEvents) Collect(metrics chan<- prometheus.Metric) {
	l.lock.Lock()
	defer l.lock.Unlock()
	for tool, at := range l.last {
		metrics <- prometheus.MustNewConstMetric(l.desc, prometheus.GaugeValue, max(l.clock().Sub(at).Seconds(), 0), tool)
	}
}
