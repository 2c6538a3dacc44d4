package collector

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/uptake-telemetry/uptake/collector/receiver/receivertest"
	"github.com/uptake-telemetry/uptake/collector/telemetry"
	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
	"github.com/uptake-telemetry/uptake/schema"
)

// observer is where a collector's own telemetry goes.
type observer struct {
	*httptest.Server
	mu     sync.Mutex
	raw    bytes.Buffer
	traces spans.TracesData
}

func startObserver(t *testing.T) *observer {
	t.Helper()
	o := &observer{}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

// ServeHTTP takes an export.
func (o *observer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	unzipped, err := gzip.NewReader(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(unzipped)
	o.raw.Write(body)
	if err == nil && r.URL.Path == "/v1/traces" {
		err = proto.UnmarshalOptions{Merge: true}.Unmarshal(body, &o.traces)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

// spans returns all spans by name.
func (o *observer) spans() map[string][]*spans.Span {
	o.mu.Lock()
	defer o.mu.Unlock()
	named := map[string][]*spans.Span{}
	for _, r := range o.traces.ResourceSpans {
		for _, s := range r.ScopeSpans {
			for _, span := range s.Spans {
				named[span.Name] = append(named[span.Name], span)
			}
		}
	}
	return named
}

func attributesOf(span *spans.Span) string {
	var all []string
	for _, a := range span.Attributes {
		all = append(all, fmt.Sprintf("%s=%v%d", a.Key, a.Value.GetStringValue(), a.Value.GetIntValue()))
	}
	return strings.Join(all, " ")
}

// startObserved runs a collector whose every request is traced. The returned
// function exports what waits and ends the telemetry.
func startObserved(t *testing.T, endpoint string, change func(*Config), with ...func(*Deps)) (*staged, func()) {
	t.Helper()
	config := telemetry.DefaultConfig()
	config.Endpoint, config.SampleRatio, config.MetricsInterval = endpoint, 1, time.Second
	var told *telemetry.Telemetry
	s := build(t, change, append(with, func(d *Deps) {
		var err error
		if told, err = telemetry.New(config, telemetry.Deps{Gatherer: d.Registerer.(prometheus.Gatherer)}); err != nil {
			t.Fatal(err)
		}
		d.Tracer = told.Tracer()
	})...)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- told.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return s, stop
}

const forcedTrace = "c0ffee00c0ffee00c0ffee00c0ffee00"

func TestARequestIsTracedByItsStagesAndNothingInIt(t *testing.T) {
	o := startObserver(t)
	s, stop := startObserved(t, o.URL, small)
	s.intake.spool = s
	s.run(t)
	body, err := proto.Marshal(canaryLogs(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	zipped := receivertest.Compressions["gzip"](body)
	for _, secret := range []string{s.token, "canary-token"} {
		r, err := http.NewRequest(http.MethodPost, s.url+"/v1/logs?key=canary-prompt", bytes.NewReader(zipped))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{
			"Authorization": {"Bearer " + secret}, "Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"gzip"},
			"User-Agent": {"canary-agent"}, "Traceparent": {"00-" + forcedTrace + "-c0ffee00c0ffee00-01"}, "Baggage": {"canary-key=canary-prompt"},
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	rpc := "http://" + s.rpcListener.Addr().String() + logsMethod
	if a, err := receivertest.SendRPC(http.MethodPost, rpc, "application/grpc", "", s.token, body); err != nil || a.Status != http.StatusOK {
		t.Fatalf("gRPC: %v %v", a, err)
	}
	if status, _ := s.sendEvents(t, "application/json", event(`, "person": "canary.person@example.com"`)); status != http.StatusOK {
		t.Fatalf("events: %d", status)
	}
	stop()
	got := o.spans()
	for name, want := range map[string]string{
		"POST /v1/logs":                     fmt.Sprintf("http.request.body.size=%d uptake.compression=gzip0 uptake.body.inflated_bytes=%d uptake.encoding=protobuf0 uptake.events.accepted=3", len(zipped), len(body)),
		strings.TrimPrefix(logsMethod, "/"): "rpc.response.status_code=OK0",
		"POST /v1/events":                   "http.route=/v1/events0 http.response.status_code=200",
	} {
		if len(got[name]) != 1 || len(got[name][0].ParentSpanId) != 0 || !strings.Contains(attributesOf(got[name][0]), want) {
			t.Errorf("%s: got %v, want %s", name, got[name], want)
		}
	}
	for _, stage := range []string{"receive", "wait for a place", "inflate", "decode", "append to the spool"} {
		if len(got[stage]) != 3 || len(got[stage][0].ParentSpanId) == 0 || got[stage][0].EndTimeUnixNano < got[stage][0].StartTimeUnixNano {
			t.Errorf("%s: got %v", stage, got[stage])
		}
	}
	forced, _ := hex.DecodeString(forcedTrace)
	for _, canary := range append(target(s, "").Canaries, s.token, "canary", string(forced), "c0ffee") {
		if bytes.Contains(o.raw.Bytes(), []byte(canary)) {
			t.Errorf("%q got into telemetry", canary)
		}
	}
	if !bytes.Contains(o.raw.Bytes(), []byte("uptake_collector_events_accepted_total")) {
		t.Error("the metrics are missing")
	}
}

func TestABatchIsTraced(t *testing.T) {
	b, err := broker.Start(broker.Config{NoAuth: true, Topics: []string{schema.EventTopic, schema.DeadLetterTopic}, Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	o := startObserver(t)
	s, stop := startObserved(t, o.URL, func(c *Config) {
		c.Kafka.Brokers = []string{b.Addr()}
		c.StopTimeout, c.Produce.DrainTimeout = 20*time.Second, 5*time.Second
	})
	s.run(t)
	s.sendEvents(t, "application/json", event(`, "person": "canary.person@example.com"`))
	name := "send " + schema.EventTopic
	waitUntil(t, "the span of the batch", func() bool { return len(o.spans()[name]) > 0 })
	stop()
	want := "messaging.system=kafka0 messaging.operation.type=send0 messaging.operation.name=send0 messaging.destination.name=" + schema.EventTopic +
		"0 messaging.destination.partition.id=00 messaging.batch.message_count=1"
	if got := attributesOf(o.spans()[name][0]); !strings.HasPrefix(got, want) || !strings.Contains(got, "outcome=stored") {
		t.Errorf("got %s, want %s", got, want)
	}
	if bytes.Contains(o.raw.Bytes(), []byte("canary")) {
		t.Error("the event got into telemetry")
	}
}

func TestACollectorAnswersWhileItsTelemetryHasNowhereToGo(t *testing.T) {
	s, stop := startObserved(t, "http://127.0.0.1:2", nil)
	s.intake.spool = s
	s.run(t)
	for range 20 {
		if status, _ := s.sendEvents(t, "application/json", event("")); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
	}
	stop()
	if status, _ := s.sendEvents(t, "application/json", event("")); status != http.StatusOK {
		t.Fatalf("after the telemetry's end: status %d", status)
	}
}

// waitUntil waits for the condition.
func waitUntil(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !met(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}
