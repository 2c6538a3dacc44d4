package normalize

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

type metrics struct {
	accepted prometheus.Counter
	rejected *prometheus.CounterVec
	ignored  *prometheus.CounterVec
	unknown  *strangers
}

func newMetrics(registerer prometheus.Registerer, catalogue *tools.Catalogue) (*metrics, error) {
	m := &metrics{
		accepted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "uptake_collector_events_accepted_total",
			Help: "Events and counter readings that were taken and are on disk, over the life of the data folder. A repeated event counts again.",
		}),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "uptake_collector_events_rejected_total",
			Help: "Events that were refused one by one, by reason, over the life of the data folder; each is a dead letter.",
		}, []string{"code"}),
		ignored: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "uptake_collector_records_ignored_total",
			Help: "Telemetry records that no rule of the catalogue maps, by tool.",
		}, []string{"tool"}),
		unknown: newStrangers(),
	}
	m.showZeros(catalogue)
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.accepted, m.rejected, m.ignored, m.unknown.records} {
		if err := registerer.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// showZeros makes every series exist from the start, so that a first refusal
// is seen as a rise.
func (m *metrics) showZeros(catalogue *tools.Catalogue) {
	for _, code := range []schema.Code{
		schema.CodeMissingField, schema.CodeUnknownField, schema.CodeBadType, schema.CodeBadValue,
		schema.CodeUnknownTool, schema.CodeBadTime, schema.CodeTooLong,
	} {
		m.rejected.WithLabelValues(string(code))
	}
	for _, tool := range catalogue.Tools() {
		m.ignoredOf(tool)
	}
	m.ignoredOf(nil)
}

func (m *metrics) ignoredOf(tool *tools.Tool) prometheus.Counter {
	if tool == nil {
		return m.ignored.WithLabelValues(tools.Unknown)
	}
	return m.ignored.WithLabelValues(tool.ID)
}
