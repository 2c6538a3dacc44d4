package telemetry

import (
	"context"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
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

// spanExporter counts what became of spans. It returns no errors: the SDK would
// write them to standard error, with what the endpoint answered.
type spanExporter struct {
	sdktrace.SpanExporter
	t *Telemetry
}

// ExportSpans exports until ctx ends or the telemetry is cut.
func (e spanExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	ctx, cancel := e.t.bounded(ctx)
	defer cancel()
	err := e.SpanExporter.ExportSpans(ctx, spans)
	e.t.queue.held.Add(int64(-len(spans)))
	if err != nil {
		e.t.metrics.dropped.WithLabelValues(exportFailed).Add(float64(len(spans)))
	}
	e.t.ended(traces, err)
	return nil
}

// metricExporter is the same for metrics, of which nothing is lost but time: the
// next export tells the same sums.
type metricExporter struct {
	metric.Exporter
	t *Telemetry
}

// Export exports until ctx ends or the telemetry is cut.
func (e metricExporter) Export(ctx context.Context, m *metricdata.ResourceMetrics) error {
	ctx, cancel := e.t.bounded(ctx)
	defer cancel()
	e.t.ended(points, e.Exporter.Export(ctx, m))
	return nil
}

// bounded ends with ctx, and with the telemetry.
func (t *Telemetry) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(t.alive, cancel)
	return ctx, func() { stop(); cancel() }
}

func (t *Telemetry) ended(signal string, err error) {
	outcome := taken
	if err != nil {
		outcome = refused
	}
	t.metrics.exports.WithLabelValues(signal, outcome).Inc()
	t.carrier.report(err)
}
