package publish

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	events      prometheus.Counter
	deadLetters prometheus.Counter
	batches     prometheus.Counter
	bytes       prometheus.Counter
	retries     map[failure]prometheus.Counter
	sessions    prometheus.Counter
	resent      prometheus.Counter
	refused     *prometheus.CounterVec
	duration    prometheus.Histogram
	all         []prometheus.Collector
}

const prefix = "uptake_collector_"

func newMetrics(p *Publisher, registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{retries: map[failure]prometheus.Counter{}}
	m.events = m.counter("events_published_total", "Events that Kafka has acknowledged.")
	m.deadLetters = m.counter("dead_letters_published_total", "Dead letters that Kafka has acknowledged.")
	m.batches = m.counter("publish_batches_total", "Batches that Kafka has acknowledged.")
	m.bytes = m.counter("publish_bytes_total", "Bytes of batches that Kafka has acknowledged, as sent.")
	m.sessions = m.counter("publish_sessions_total", "Producer sessions begun; more than one a start means that one was lost.")
	m.resent = m.counter("publish_resent_total", "Messages sent again in another session, which may be stored twice.")
	retries := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: prefix + "publish_retries_total", Help: "Requests that have to be made again, by reason.",
	}, []string{"reason"})
	for _, kind := range failures {
		m.retries[kind] = retries.WithLabelValues(string(kind))
	}
	m.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: prefix + "publish_dead_lettered_total", Help: "Entries of the spool that could not be sent and became dead letters, by code.",
	}, []string{"code"})
	m.duration = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: prefix + "publish_duration_seconds", Help: "Time of one produce request.",
		Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 12),
	})
	inFlight := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: prefix + "publish_in_flight_bytes", Help: "Bytes read from the spool and not acknowledged by Kafka.",
	}, func() float64 { return float64(p.inFlight.Load()) })
	m.all = append(m.all, retries, m.refused, m.duration, inFlight)
	return m, m.register(registerer)
}

func (m *metrics) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + name, Help: help})
	m.all = append(m.all, c)
	return c
}

func (m *metrics) register(registerer prometheus.Registerer) error {
	if registerer == nil {
		return nil
	}
	for _, c := range m.all {
		if err := registerer.Register(c); err != nil {
			return err
		}
	}
	return nil
}
