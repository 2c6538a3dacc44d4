package engine

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	up      prometheus.Gauge
	crashes prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "uptake_engine_up",
			Help: "1 while the embedded ClickHouse answers, 0 while it is being started again.",
		}),
		crashes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "uptake_engine_crashes_total",
			Help: "Times the embedded ClickHouse ended without being asked to.",
		}),
	}
	if registerer == nil {
		return m, nil
	}
	for _, collector := range []prometheus.Collector{m.up, m.crashes} {
		if err := registerer.Register(collector); err != nil {
			return nil, fmt.Errorf("register the metrics of the embedded ClickHouse: %w", err)
		}
	}
	return m, nil
}
