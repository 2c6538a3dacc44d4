package consume

import (
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	messages    prometheus.Counter
	bytes       prometheus.Counter
	errors      *prometheus.CounterVec
	skipped     prometheus.Counter
	generations prometheus.Counter
	partitions  prometheus.Gauge
	lag         *lag
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		messages: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "uptake_ingest_messages_fetched_total", Help: "Messages fetched from Kafka, repeats after a restart included."}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "uptake_ingest_fetched_bytes_total", Help: "Bytes of the values of fetched messages."}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "uptake_ingest_kafka_errors_total", Help: "Failed requests to Kafka, by what was asked; each is tried again."}, []string{"request"}),
		skipped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "uptake_ingest_messages_missed_total", Help: "Messages that Kafka's retention removed before they were read."}),
		generations: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "uptake_ingest_generations_total", Help: "Generations of the consumer group that this member was part of."}),
		partitions: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "uptake_ingest_partitions", Help: "Partitions that this member reads."}),
		lag: &lag{behind: map[topicPartition]int64{}},
	}
	behind := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "uptake_ingest_lag_events", Help: "Messages of the partitions of this member that are not committed yet."}, m.lag.sum)
	for _, c := range []prometheus.Collector{m.messages, m.bytes, m.errors, m.skipped, m.generations, m.partitions, behind} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of the consumer: %w", err)
		}
	}
	return m, nil
}

type topicPartition struct {
	topic string
	id    int
}

// lag adds up how far the commits of the partitions held are behind their ends.
type lag struct {
	mu     sync.Mutex
	behind map[topicPartition]int64
}

func (l *lag) set(p topicPartition, behind int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.behind[p] = max(behind, 0)
}

func (l *lag) forget(p topicPartition) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.behind, p)
}

func (l *lag) sum() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var sum int64
	for _, behind := range l.behind {
		sum += behind
	}
	return float64(sum)
}
