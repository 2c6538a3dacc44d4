package telemetry

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	metricsdata "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcedata "go.opentelemetry.io/proto/otlp/resource/v1"
)

// toProto turns metrics into the form in which they are exported. Of the forms
// of metrics it knows those that the bridge makes of what is registered here.
func toProto(m *metricdata.ResourceMetrics) *metricsdata.ResourceMetrics {
	told := &metricsdata.ResourceMetrics{
		Resource: &resourcedata.Resource{Attributes: keyValues(m.Resource.Set())}, SchemaUrl: m.Resource.SchemaURL(),
	}
	for _, scope := range m.ScopeMetrics {
		group := &metricsdata.ScopeMetrics{Scope: &common.InstrumentationScope{Name: scope.Scope.Name, Version: scope.Scope.Version}}
		for i := range scope.Metrics {
			if told := one(&scope.Metrics[i]); told != nil {
				group.Metrics = append(group.Metrics, told)
			}
		}
		told.ScopeMetrics = append(told.ScopeMetrics, group)
	}
	return told
}

// one returns nil for a form that is not known.
func one(m *metricdata.Metrics) *metricsdata.Metric {
	told := &metricsdata.Metric{Name: m.Name, Description: m.Description, Unit: m.Unit}
	switch data := m.Data.(type) {
	case metricdata.Gauge[float64]:
		told.Data = &metricsdata.Metric_Gauge{Gauge: &metricsdata.Gauge{DataPoints: numbers(data.DataPoints)}}
	case metricdata.Sum[float64]:
		told.Data = &metricsdata.Metric_Sum{Sum: &metricsdata.Sum{
			DataPoints: numbers(data.DataPoints), IsMonotonic: data.IsMonotonic, AggregationTemporality: cumulative,
		}}
	case metricdata.Histogram[float64]:
		told.Data = &metricsdata.Metric_Histogram{Histogram: &metricsdata.Histogram{
			DataPoints: histograms(data.DataPoints), AggregationTemporality: cumulative,
		}}
	case metricdata.Summary:
		told.Data = &metricsdata.Metric_Summary{Summary: &metricsdata.Summary{DataPoints: summaries(data.DataPoints)}}
	default:
		return nil
	}
	return told
}

// cumulative is how Prometheus counts.
const cumulative = metricsdata.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE

func numbers(from []metricdata.DataPoint[float64]) (to []*metricsdata.NumberDataPoint) {
	for _, p := range from {
		to = append(to, &metricsdata.NumberDataPoint{
			Attributes: keyValues(&p.Attributes), StartTimeUnixNano: nanos(p.StartTime), TimeUnixNano: nanos(p.Time),
			Value: &metricsdata.NumberDataPoint_AsDouble{AsDouble: p.Value},
		})
	}
	return to
}

func histograms(from []metricdata.HistogramDataPoint[float64]) (to []*metricsdata.HistogramDataPoint) {
	for _, p := range from {
		to = append(to, &metricsdata.HistogramDataPoint{
			Attributes: keyValues(&p.Attributes), StartTimeUnixNano: nanos(p.StartTime), TimeUnixNano: nanos(p.Time),
			Count: p.Count, Sum: &p.Sum, BucketCounts: p.BucketCounts, ExplicitBounds: p.Bounds,
		})
	}
	return to
}

func summaries(from []metricdata.SummaryDataPoint) (to []*metricsdata.SummaryDataPoint) {
	for _, p := range from {
		point := &metricsdata.SummaryDataPoint{
			Attributes: keyValues(&p.Attributes), StartTimeUnixNano: nanos(p.StartTime), TimeUnixNano: nanos(p.Time),
			Count: p.Count, Sum: p.Sum,
		}
		for _, q := range p.QuantileValues {
			point.QuantileValues = append(point.QuantileValues, &metricsdata.SummaryDataPoint_ValueAtQuantile{Quantile: q.Quantile, Value: q.Value})
		}
		to = append(to, point)
	}
	return to
}

// keyValues returns the attributes, which are all words.
func keyValues(from *attribute.Set) (to []*common.KeyValue) {
	for _, a := range from.ToSlice() {
		to = append(to, &common.KeyValue{
			Key: string(a.Key), Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: a.Value.String()}},
		})
	}
	return to
}

func nanos(at time.Time) uint64 {
	if at.IsZero() {
		return 0
	}
	return uint64(at.UnixNano())
}
