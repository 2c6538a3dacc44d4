package telemetry

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	bridge "go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
)

// bridge gives the metrics that /metrics shows, so that there is one set of them.
func (t *Telemetry) bridge() metric.Producer {
	return bridge.NewMetricProducer(bridge.WithGatherer(t.gatherer))
}

// figures begin the names of published adoption figures, which stand among the
// metrics where one process does everything.
const figures = "ai_adoption_"

// own leaves the figures out: they are the product, not telemetry of it, and go
// only where somebody sends them on purpose.
type own struct{ prometheus.Gatherer }

// Gather returns the metrics of the process. What cannot be gathered is left
// out, as the rest is still true.
func (o own) Gather() ([]*dto.MetricFamily, error) {
	if o.Gatherer == nil {
		return nil, nil
	}
	all, _ := o.Gatherer.Gather()
	kept := all[:0]
	for _, family := range all {
		if !strings.HasPrefix(family.GetName(), figures) {
			kept = append(kept, family)
		}
	}
	return kept, nil
}
