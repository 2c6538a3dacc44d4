// Package telemetry is what the collector tells of itself: traces of a sample of
// its requests and batches, and its metrics, exported by OTLP where an endpoint
// is set. It has nothing to do with the telemetry of AI tools that the collector
// takes.
//
// It promises
//   - that without an endpoint there is no tracer, no goroutine and no clock read;
//   - that an endpoint which is away or slow neither slows nor stops the collector:
//     what waits is bounded, what is over the bound is dropped and counted, and a
//     stop waits for it three seconds at most;
//   - that it does not feed itself: an endpoint that is the collector is refused,
//     what is exported is marked, and a collector makes no trace of taking what
//     is marked or comes from a service of its name;
//   - that nothing leaves that a sender wrote: names and words are from fixed sets;
//   - that the OTEL_ variables of the environment are not read. On machines with AI
//     tools they say where those send, which is often this collector.
package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/uptake-telemetry/uptake/schema"
)

// Deps are what telemetry needs.
type Deps struct {
	// Version of the program.
	Version string
	// Listen are the addresses on which this collector takes telemetry.
	Listen []string
	// Gatherer has the metrics to export.
	Gatherer prometheus.Gatherer
	// Registerer takes the counters of the telemetry itself; it may be nil.
	Registerer prometheus.Registerer
	Logger     *slog.Logger
}

// Telemetry exports what the collector tells of itself.
type Telemetry struct {
	config   Config
	gatherer prometheus.Gatherer
	resource *resource.Resource
	metrics  *metrics
	carrier  *carrier
	reporter reporter
	provider *sdktrace.TracerProvider
	queue    *queue
	// alive ends when no export may go on.
	alive context.Context
	cut   context.CancelFunc
}

// New checks the settings and builds the telemetry, which does nothing before
// Run. It is not to be called where the settings enable none.
func New(config Config, deps Deps) (*Telemetry, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	endpoint, err := config.endpoint()
	if err != nil {
		return nil, err
	}
	if err := config.RefuseLoop(deps.Listen...); err != nil {
		return nil, err
	}
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	forgetEnvironment()
	t := &Telemetry{
		config: config, gatherer: own{deps.Gatherer}, resource: describe(deps.Version),
		reporter: reporter{log: deps.Logger.With("component", "telemetry")},
	}
	if t.carrier, err = newCarrier(config, endpoint); err != nil {
		return nil, err
	}
	if t.metrics, err = newMetrics(deps.Registerer); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	t.queue = &queue{dropped: t.metrics.dropped.WithLabelValues(queueFull)}
	t.alive, t.cut = context.WithCancel(context.Background())
	t.provider = sdktrace.NewTracerProvider(
		sdktrace.WithResource(t.resource),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(config.SampleRatio))),
	)
	return t, nil
}

// forgetEnvironment takes the variables away that the SDK would read, since not
// all that it reads can be overridden.
func forgetEnvironment() {
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "OTEL_") {
			_ = os.Unsetenv(name)
		}
	}
}

// describe says who tells: the program and the process, not the machine.
func describe(version string) *resource.Resource {
	return resource.NewWithAttributes(semconv.SchemaURL,
		semconv.ServiceName(schema.TelemetryService), semconv.ServiceVersion(version), semconv.ServiceInstanceID(uuid.NewString()))
}

// Tracer makes the spans that are exported; nil where none are sampled.
func (t *Telemetry) Tracer() trace.Tracer {
	if t.config.SampleRatio == 0 {
		return nil
	}
	return t.provider.Tracer("github.com/uptake-telemetry/uptake/collector")
}

// How spans are gathered and exported.
const (
	spanDelay     = time.Second
	exportTimeout = 20 * time.Second
)

// Run exports until ctx ends, then what waits, in bounded time. It is called once.
func (t *Telemetry) Run(ctx context.Context) error {
	if t.config.SampleRatio > 0 {
		if err := t.startTraces(ctx); err != nil {
			return err
		}
	}
	return t.export(ctx)
}

func (t *Telemetry) export(ctx context.Context) error {
	defer t.carrier.client.CloseIdleConnections()
	defer t.cut()
	meters := metric.NewMeterProvider(metric.WithResource(t.resource), metric.WithReader(metric.NewPeriodicReader(metricExporter{t},
		metric.WithInterval(t.config.MetricsInterval), metric.WithTimeout(requestTimeout), metric.WithProducer(t.bridge()))))
	<-ctx.Done()
	t.stop(t.provider.Shutdown, meters.Shutdown)
	return nil
}

func (t *Telemetry) startTraces(ctx context.Context) error {
	exporter, err := otlptrace.New(ctx, spanClient{t, ctx})
	if err != nil {
		return fmt.Errorf("build the exporter of traces: %w", err)
	}
	t.queue.SpanProcessor = sdktrace.NewBatchSpanProcessor(spanExporter{exporter, t},
		sdktrace.WithMaxQueueSize(queuedSpans), sdktrace.WithBatchTimeout(spanDelay), sdktrace.WithExportTimeout(exportTimeout))
	t.provider.RegisterSpanProcessor(t.queue)
	return nil
}

// stopTimeout bounds the last exports.
const stopTimeout = 3 * time.Second

// stop lets both finish at the same time. Exports that take too long are cut, and
// what then still waits is dropped and counted, which takes no time.
func (t *Telemetry) stop(finish ...func(context.Context) error) {
	defer time.AfterFunc(stopTimeout, t.cut).Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 2*stopTimeout)
	defer cancel()
	var all sync.WaitGroup
	for _, f := range finish {
		all.Go(func() {
			// What fails now is counted and logged where it is exported.
			_ = f(ctx)
		})
	}
	all.Wait()
}
