package ingest

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	refused *prometheus.CounterVec
	erased  prometheus.Counter
	rows    prometheus.Histogram
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "uptake_ingest_refused_total", Help: "Messages refused and sent to the dead-letter topic, by code."}, []string{"code"}),
		erased: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "uptake_ingest_erased_total", Help: "Messages dropped because their person was erased after they were received."}),
		rows: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "uptake_ingest_block_rows", Help: "Messages in a block.", Buckets: prometheus.ExponentialBuckets(1, 4, 9)}),
	}
	for _, c := range []prometheus.Collector{m.refused, m.erased, m.rows} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of ingest: %w", err)
		}
	}
	return m, nil
}
