package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	metricsdata "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcev1 "go.opentelemetry.io/proto/otlp/resource/v1"
	tracedata "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// backend is where telemetry goes: it keeps all that comes.
type backend struct {
	*httptest.Server
	mu      sync.Mutex
	raw     bytes.Buffer
	headers http.Header
	paths   []string
	traces  tracedata.TracesData
	metrics metricsdata.MetricsData
}

func startBackend(t *testing.T) *backend {
	t.Helper()
	b := &backend{}
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

// ServeHTTP takes an export.
func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	unzipped, err := gzip.NewReader(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(unzipped)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.raw.Write(body)
	b.headers, b.paths = r.Header.Clone(), append(b.paths, r.URL.Path)
	if strings.HasSuffix(r.URL.Path, tracesPath) {
		err = proto.UnmarshalOptions{Merge: true}.Unmarshal(body, &b.traces)
	} else {
		err = proto.UnmarshalOptions{Merge: true}.Unmarshal(body, &b.metrics)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

// running is telemetry at work.
type running struct {
	*Telemetry
	registry *prometheus.Registry
	logs     *bytes.Buffer
	// stop ends it; that it returns is what bounds a stop.
	stop func()
}

func run(t *testing.T, endpoint string, change func(*Config)) *running {
	t.Helper()
	config := DefaultConfig()
	config.Endpoint, config.SampleRatio = endpoint, 1
	if change != nil {
		change(&config)
	}
	r := &running{registry: prometheus.NewRegistry(), logs: &bytes.Buffer{}}
	built, err := New(config, Deps{
		Version: "v1", Listen: []string{"127.0.0.1:1"}, Gatherer: r.registry, Registerer: r.registry,
		Logger: slog.New(slog.NewTextHandler(r.logs, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Telemetry = built
	ctx, cancel := context.WithCancel(context.Background())
	if err := r.startTraces(ctx); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- r.export(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

// span makes one and ends it.
func (r *running) span(name string) {
	_, s := r.Tracer().Start(context.Background(), name)
	s.End()
}

// value sums the series of a counter.
func (r *running) value(t *testing.T, name, label string) (sum float64) {
	t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || hasLabel(m, label)) {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

func hasLabel(m *dto.Metric, value string) bool {
	for _, l := range m.GetLabel() {
		if l.GetValue() == value {
			return true
		}
	}
	return false
}

func attributes(r *resourcev1.Resource) map[string]string {
	named := map[string]string{}
	for _, a := range r.GetAttributes() {
		named[a.Key] = a.Value.GetStringValue()
	}
	return named
}

func TestSpansAndMetricsArriveWithTheHeadersOfTheFile(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "user.email=canary@example.com")
	t.Setenv("OTEL_SERVICE_NAME", "canary-service")
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "canary=canary")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1/canary")
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/canary.pem")
	t.Setenv("OTEL_TRACES_SAMPLER", "always_off")
	headers := filepath.Join(t.TempDir(), "headers")
	if err := os.WriteFile(headers, []byte("Authorization: Bearer secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := startBackend(t)
	r := run(t, b.URL+"/base/", func(c *Config) { c.HeadersFile = headers })
	r.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ai_adoption_ratio"}, func() float64 { return 1 }))
	r.span("a span")
	r.stop()
	if spans := b.traces.GetResourceSpans(); len(spans) != 1 || spans[0].ScopeSpans[0].Spans[0].Name != "a span" {
		t.Fatalf("got spans %v: %s", spans, r.logs)
	}
	told := attributes(b.traces.ResourceSpans[0].Resource)
	if len(told) != 3 || told["service.name"] != "uptake-collector" || told["service.version"] != "v1" || told["service.instance.id"] == "" {
		t.Errorf("the resource is %v", told)
	}
	var names []string
	for _, m := range b.metrics.ResourceMetrics[0].ScopeMetrics[0].Metrics {
		names = append(names, m.Name)
	}
	if text := strings.Join(names, " "); !strings.Contains(text, "uptake_collector_telemetry_exports_total") || strings.Contains(text, "ai_adoption") {
		t.Errorf("got metrics %v", names)
	}
	if b.headers.Get("Authorization") != "Bearer secret" || b.headers.Get("Uptake-Telemetry") == "" || b.headers.Get("Canary") != "" {
		t.Errorf("got headers %v", b.headers)
	}
	for _, path := range b.paths {
		if path != "/base/v1/traces" && path != "/base/v1/metrics" {
			t.Errorf("an export went to %s", path)
		}
	}
	if bytes.Contains(b.raw.Bytes(), []byte("canary")) {
		t.Error("the environment got through")
	}
	if r.value(t, "uptake_collector_telemetry_exports_total", taken) != 2 {
		t.Error("two exports are not counted")
	}
}

func TestAnEndpointThatIsAwayDropsAndCounts(t *testing.T) {
	r := run(t, "http://127.0.0.1:2", nil)
	for range queuedSpans {
		r.span("lost")
	}
	r.stop()
	if lost := r.value(t, "uptake_collector_telemetry_spans_dropped_total", ""); lost != queuedSpans {
		t.Errorf("%v of %d spans are counted as dropped", lost, queuedSpans)
	}
	if got := strings.Count(r.logs.String(), "cannot be exported"); got != 1 {
		t.Errorf("%d lines are logged: %s", got, r.logs)
	}
}

// The endpoint hangs until the test ends, so a stop that waited for it would
// never return.
func TestAnEndpointThatHangsHoldsBoundedSpansAndNoStop(t *testing.T) {
	hang, entered := make(chan struct{}), make(chan struct{}, 64)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(hang)
	r := run(t, server.URL, nil)
	r.span("the one that hangs")
	<-entered
	const over = 100
	for range queuedSpans - 1 + over {
		r.span("waits")
	}
	if dropped := r.value(t, "uptake_collector_telemetry_spans_dropped_total", queueFull); dropped != over {
		t.Errorf("%v spans are dropped, want %d", dropped, over)
	}
	r.stop()
}

func TestWhatMaySucceedLaterIsSentAgain(t *testing.T) {
	b := startBackend(t)
	var refusals atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == tracesPath && refusals.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		b.ServeHTTP(w, r)
	}))
	defer server.Close()
	r := run(t, server.URL, nil)
	r.span("late")
	for refusals.Load() < 2 {
		time.Sleep(10 * time.Millisecond)
	}
	r.stop()
	if spans := b.traces.GetResourceSpans(); len(spans) != 1 {
		t.Errorf("got spans %v", spans)
	}
}

func TestWhatTheEndpointAnswersIsNotLogged(t *testing.T) {
	elsewhere := startBackend(t)
	for name, answer := range map[string]http.HandlerFunc{
		"refuses": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "canary", http.StatusUnauthorized)
		},
		"redirects": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/canary", http.StatusTemporaryRedirect)
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			r := run(t, server.URL, nil)
			r.span("unwanted")
			r.stop()
			if logged := r.logs.String(); !strings.Contains(logged, "answers with status") || strings.Contains(logged, "canary") {
				t.Errorf("logged: %s", logged)
			}
			if len(elsewhere.paths) != 0 {
				t.Error("the redirect was followed")
			}
		})
	}
}
