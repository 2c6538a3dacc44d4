package telemetry

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	dropped *prometheus.CounterVec
	exports *prometheus.CounterVec
}

// Why spans are dropped.
const (
	queueFull    = "queue_full"
	exportFailed = "export_failed"
)

// What an export carries, and how it ends.
const (
	traces  = "traces"
	points  = "metrics"
	taken   = "taken"
	refused = "failed"
)

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "uptake_collector_telemetry_spans_dropped_total",
			Help: "Spans of the collector itself that were dropped, by reason.",
		}, []string{"reason"}),
		exports: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "uptake_collector_telemetry_exports_total",
			Help: "Exports of the collector's own telemetry, by what they carry and how they ended.",
		}, []string{"signal", "outcome"}),
	}
	for _, reason := range []string{queueFull, exportFailed} {
		m.dropped.WithLabelValues(reason)
	}
	for _, signal := range []string{traces, points} {
		m.exports.WithLabelValues(signal, taken)
		m.exports.WithLabelValues(signal, refused)
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.dropped, m.exports} {
		if err := registerer.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
