package telemetry

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	metricsdata "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracedata "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// queuedSpans bounds the spans that wait or are under way. What is over it is
// dropped and counted, so that an endpoint that is away costs no more memory.
const queuedSpans = 2048

// queue is the bound in front of the SDK's own queue, which does not tell what
// it drops.
type queue struct {
	sdktrace.SpanProcessor
	held    atomic.Int64
	dropped prometheus.Counter
}

// OnEnd passes a span on where there is room.
func (q *queue) OnEnd(s sdktrace.ReadOnlySpan) {
	if q.held.Add(1) > queuedSpans {
		q.held.Add(-1)
		q.dropped.Inc()
		return
	}
	q.SpanProcessor.OnEnd(s)
}

// spanExporter counts what became of spans. It returns no errors, which the SDK
// would write to standard error.
type spanExporter struct {
	*otlptrace.Exporter
	t *Telemetry
}

// ExportSpans exports until ctx ends or the telemetry is cut.
func (e spanExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	ctx, cancel := e.t.bounded(ctx)
	defer cancel()
	err := e.Exporter.ExportSpans(ctx, spans)
	e.t.queue.held.Add(int64(-len(spans)))
	if err != nil {
		e.t.metrics.dropped.WithLabelValues(exportFailed).Add(float64(len(spans)))
	}
	return nil
}

// spanClient sends spans. At a stop it has no patience any more.
type spanClient struct {
	t        *Telemetry
	patience context.Context
}

// Start has nothing to do.
func (spanClient) Start(context.Context) error { return nil }

// Stop has nothing to do.
func (spanClient) Stop(context.Context) error { return nil }

// UploadTraces sends the spans, and again where that may help.
func (c spanClient) UploadTraces(ctx context.Context, spans []*tracedata.ResourceSpans) error {
	return c.t.send(traces, &tracedata.TracesData{ResourceSpans: spans}, func(body []byte) error {
		return c.t.carrier.insist(ctx, c.patience, tracesPath, body)
	})
}

// metricExporter sends metrics. What fails is not sent again: the next export
// tells the same sums.
type metricExporter struct{ t *Telemetry }

// Temporality is that of Prometheus.
func (metricExporter) Temporality(metric.InstrumentKind) metricdata.Temporality {
	return metricdata.CumulativeTemporality
}

// Aggregation is the usual one.
func (metricExporter) Aggregation(kind metric.InstrumentKind) metric.Aggregation {
	return metric.DefaultAggregationSelector(kind)
}

// ForceFlush has nothing to do.
func (metricExporter) ForceFlush(context.Context) error { return nil }

// Shutdown has nothing to do.
func (metricExporter) Shutdown(context.Context) error { return nil }

// Export exports until ctx ends or the telemetry is cut.
func (e metricExporter) Export(ctx context.Context, m *metricdata.ResourceMetrics) error {
	ctx, cancel := e.t.bounded(ctx)
	defer cancel()
	told := &metricsdata.MetricsData{ResourceMetrics: []*metricsdata.ResourceMetrics{toProto(m)}}
	_ = e.t.send(points, told, func(body []byte) error { return e.t.carrier.post(ctx, metricsPath, body) })
	return nil
}

// bounded ends with ctx, and with the telemetry.
func (t *Telemetry) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(t.alive, cancel)
	return ctx, func() { stop(); cancel() }
}

// send sends the message in the given way, and counts and logs how that ends.
func (t *Telemetry) send(signal string, m proto.Message, way func(body []byte) error) error {
	body, err := encode(m)
	if err == nil {
		err = way(body)
	}
	outcome := taken
	if err != nil {
		outcome = refused
	}
	t.metrics.exports.WithLabelValues(signal, outcome).Inc()
	if !errors.Is(err, context.Canceled) {
		t.reporter.report(err)
	}
	return err
}
