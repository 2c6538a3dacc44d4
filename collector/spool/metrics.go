package spool

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	appendedEntries prometheus.Counter
	appendedBytes   prometheus.Counter
	refused         prometheus.Counter
	writeErrors     prometheus.Counter
	corrupt         prometheus.Counter
	syncs           prometheus.Histogram
	all             []prometheus.Collector
	registerer      prometheus.Registerer
}

const prefix = "uptake_collector_spool_"

func newMetrics(s *Spool, registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{registerer: registerer}
	m.gauge("bytes", "Bytes that wait in the spool for Kafka.", func() float64 { return float64(s.Waiting().Bytes) })
	m.gauge("entries", "Events and dead letters that wait in the spool for Kafka.", func() float64 { return float64(s.Waiting().Entries) })
	m.gauge("max_bytes", "Bytes at which the spool refuses.", func() float64 { return float64(s.config.MaxBytes) })
	m.gauge("oldest_seconds", "Age of the oldest entry that waits, 0 when none does.", func() float64 { return s.oldestAge().Seconds() })
	m.appendedEntries = m.counter("appended_entries_total", "Entries that were written and synced.")
	m.appendedBytes = m.counter("appended_bytes_total", "Bytes that were written and synced.")
	m.refused = m.counter("refused_total", "Calls refused because the spool was full.")
	m.writeErrors = m.counter("write_errors_total", "Writes and syncs that failed.")
	m.corrupt = m.counter("corrupt_frames_total", "Damaged stretches that were skipped.")
	m.syncs = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: prefix + "sync_duration_seconds", Help: "Time of one write and sync.",
		Buckets: prometheus.ExponentialBuckets(0.0001, 2.5, 12),
	})
	m.all = append(m.all, m.syncs)
	return m, m.register()
}

func (m *metrics) gauge(name, help string, value func() float64) {
	m.all = append(m.all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: prefix + name, Help: help}, value))
}

func (m *metrics) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + name, Help: help})
	m.all = append(m.all, c)
	return c
}

func (m *metrics) register() error {
	if m.registerer == nil {
		return nil
	}
	for i, c := range m.all {
		if err := m.registerer.Register(c); err != nil {
			m.all = m.all[:i]
			m.unregister()
			return err
		}
	}
	return nil
}

func (m *metrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.all {
		m.registerer.Unregister(c)
	}
}
