package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"

	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
	"github.com/uptake-telemetry/uptake/schema"
)

// load is one kind of traffic of the benchmarks.
type load struct {
	name, path, contentType string
	perRequest, records     int
	body                    func(first, n int) []byte
}

var loads = []load{
	{"otlp-100", "/v1/logs", "application/x-protobuf", 100, 300_000, otlpBody},
	{"otlp-5", "/v1/logs", "application/x-protobuf", 5, 100_000, otlpBody},
	{"otlp-1", "/v1/logs", "application/x-protobuf", 1, 30_000, otlpBody},
	{"json-100", "/v1/events", "application/x-ndjson", 100, 300_000, jsonBody},
}

// BenchmarkCollect measures the CPU time of `uptake collect`, from the request
// to Kafka, against a bare server that only decodes with the official library
// (OTLP) or encoding/json. Both run in turn, as often as -benchtime says, and
// the least of each counts: what else the machine does only adds.
func BenchmarkCollect(b *testing.B) {
	for _, l := range loads {
		b.Run(l.name, func(b *testing.B) {
			bodies := l.bodies()
			ours, theirs, peak := time.Hour, time.Hour, 0.0
			for b.Loop() {
				cpu, mib := l.collect(b, bodies)
				ours, peak = min(ours, cpu), max(peak, mib)
				theirs = min(theirs, l.decodeOnly(b, bodies))
			}
			perMillion := 1e6 / float64(l.records)
			b.ReportMetric(0, "ns/op") // says nothing
			b.ReportMetric(peak, "MiB")
			b.ReportMetric(ours.Seconds()*perMillion, "cpu-s/M")
			b.ReportMetric(theirs.Seconds()*perMillion, "decode-only-cpu-s/M")
			b.ReportMetric(ours.Seconds()/theirs.Seconds(), "x-decode-only")
		})
	}
}

// collect sends everything through a collector to Kafka.
func (l load) collect(b *testing.B, bodies [][]byte) (cpu time.Duration, peakMiB float64) {
	c := startBenchCollector(b)
	defer c.stop()
	return c.took(b, func() { l.run(b, bodies, c.OTLPHTTP, c.token) })
}

// took is the CPU time from the sending to the last message in Kafka.
func (c *benchCollector) took(b *testing.B, send func()) (cpu time.Duration, peakMiB float64) {
	before := c.cpu(b)
	send()
	published(b, c)
	return c.cpu(b) - before, c.peakMiB(b)
}

// decodeOnly sends everything to the bare server.
func (l load) decodeOnly(b *testing.B, bodies [][]byte) time.Duration {
	reference := startReference(b)
	defer reference.kill()
	before := reference.cpu(b)
	l.run(b, bodies, "http://"+strings.TrimSpace(reference.logText()), "")
	return reference.cpu(b) - before
}

func (l load) bodies() [][]byte {
	var bodies [][]byte
	for first := 0; first < l.records; first += l.perRequest {
		bodies = append(bodies, l.body(first, l.perRequest))
	}
	return bodies
}

// connections of the sender.
const benchConnections = 8

// run sends all bodies.
func (l load) run(b *testing.B, bodies [][]byte, endpoint, token string) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchConnections}}
	defer client.CloseIdleConnections()
	spread(bodies, func(bodies <-chan []byte) {
		for body := range bodies {
			l.send(b, client, endpoint, token, body)
		}
	})
}

// spread shares the bodies out to senders, one for each connection.
func spread(bodies [][]byte, send func(<-chan []byte)) {
	work := make(chan []byte)
	var senders sync.WaitGroup
	for range benchConnections {
		senders.Go(func() { send(work) })
	}
	for _, body := range bodies {
		work <- body
	}
	close(work)
	senders.Wait()
}

func (l load) send(b *testing.B, client *http.Client, endpoint, token string, body []byte) {
	for {
		response, err := client.Do(l.request(endpoint, token, body))
		if err != nil {
			b.Error(err)
			return
		}
		_, _ = io.Copy(io.Discard, response.Body) // else the connection is not used again
		response.Body.Close()
		switch response.StatusCode {
		case http.StatusOK:
			return
		case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		default:
			b.Errorf("%s", response.Status)
			return
		}
	}
}

func (l load) request(endpoint, token string, body []byte) *http.Request {
	request, _ := http.NewRequest(http.MethodPost, endpoint+l.path, bytes.NewReader(body))
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", l.contentType)
	return request
}

// benchCollector is `uptake collect` on a broker of its own.
type benchCollector struct {
	*system
	token string
}

func startBenchCollector(b *testing.B) *benchCollector {
	b.Helper()
	embedded, err := broker.Start(broker.Config{
		Dir: b.TempDir(), NoAuth: true, Topics: []string{schema.EventTopic, schema.DeadLetterTopic}, Partitions: 4,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { embedded.Close() })
	c := DefaultConfig()
	c.Data, c.Listen = b.TempDir(), freeListen()
	c.Kafka.Brokers = []string{embedded.Addr()}
	c.Identity.KeyFile, c.Tokens.File = filepath.Join(c.Data, "identity-key"), filepath.Join(c.Data, "tokens.json")
	if err := os.WriteFile(c.Identity.KeyFile, []byte("0123456789abcdef0123456789abcdef"), 0o600); err != nil {
		b.Fatal(err)
	}
	token := strings.TrimSpace(uptake(b, "token", "create", "--config", writeConfig(b, c), "--name", "bench"))
	p := startMode(b, "collect", c)
	return &benchCollector{&system{process: p, dir: c.Data, runFile: runFile{
		OTLPHTTP: "http://" + c.Listen.OTLPHTTP, OTLPGRPC: c.Listen.OTLPGRPC, Metrics: "http://" + c.Listen.Metrics + "/metrics",
	}}, token}
}

// published waits until the spool is empty.
func published(b *testing.B, c *benchCollector) {
	b.Helper()
	o := newProbe(Config{Listen: Listen{Metrics: strings.TrimSuffix(strings.TrimPrefix(c.Metrics, "http://"), "/metrics")}})
	waitFor(b, "the spool to be empty", c.done, func() error {
		var now status
		if err := o.readCollector(b.Context(), &now); err != nil {
			return err
		}
		if now.Waiting > 0 {
			return fmt.Errorf("%d wait", now.Waiting)
		}
		return nil
	})
}

// clockTicks a second in /proc.
const clockTicks = 100

// cpu is the user and system time of the process.
func (p *process) cpu(b testing.TB) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / clockTicks
}

// peakMiB is the most memory the process had resident.
func (p *process) peakMiB(b testing.TB) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if kib, found := strings.CutPrefix(line, "VmHWM:"); found {
			n, _ := strconv.ParseFloat(strings.Fields(kib)[0], 64)
			return n / 1024
		}
	}
	return 0
}

func text(s string) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
}

func number(n int64) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: n}}
}

// otlpBody has records in the shape of Claude Code's api_request.
func otlpBody(first, n int) []byte {
	now := uint64(time.Now().UnixNano())
	resourceAttributes := []*common.KeyValue{
		{Key: "service.name", Value: text("claude-code")}, {Key: "service.version", Value: text("2.1.330")},
		{Key: "user.email", Value: text(fmt.Sprintf("person%d@example.com", first%500))},
	}
	var records []*logs.LogRecord
	for i := range n {
		id := first + i
		records = append(records, &logs.LogRecord{
			TimeUnixNano: now + uint64(id), ObservedTimeUnixNano: now + uint64(id), Body: text("claude_code.api_request"),
			Attributes: []*common.KeyValue{
				{Key: "user.email", Value: text(fmt.Sprintf("person%d@example.com", first%500))},
				{Key: "user.id", Value: text("abbec7e25eccd32ae71f31870340da7f1e87fbc34989ef38f15931a9527cc825")},
				{Key: "session.id", Value: text(fmt.Sprintf("905e212d-9df9-482d-a853-%012d", id/50))},
				{Key: "terminal.type", Value: text("xterm-256color")}, {Key: "event.name", Value: text("api_request")},
				{Key: "event.timestamp", Value: text("2026-11-22T08:05:43.867Z")}, {Key: "event.sequence", Value: number(int64(id))},
				{Key: "prompt.id", Value: text(fmt.Sprintf("9a72b2d2-5aba-4999-8d85-%012d", id/7))}, {Key: "model", Value: text("claude-sonnet-5")},
				{Key: "input_tokens", Value: number(211)}, {Key: "output_tokens", Value: number(23)}, {Key: "cache_read_tokens", Value: number(2003)},
				{Key: "cache_creation_tokens", Value: number(0)}, {Key: "cost_usd_micros", Value: number(1053)}, {Key: "duration_ms", Value: number(122)},
				{Key: "ttft_ms", Value: number(63)}, {Key: "request_id", Value: text(fmt.Sprintf("req_%d", id))}, {Key: "speed", Value: text("normal")},
				{Key: "query_source", Value: text("repl_main_thread")}, {Key: "effort", Value: text("high")},
			},
		})
	}
	body, err := proto.Marshal(&logs.LogsData{ResourceLogs: []*logs.ResourceLogs{{
		Resource:  &resource.Resource{Attributes: resourceAttributes},
		ScopeLogs: []*logs.ScopeLogs{{Scope: &common.InstrumentationScope{Name: "com.anthropic.claude_code.events", Version: "2.1.330"}, LogRecords: records}},
	}}})
	if err != nil {
		panic(err)
	}
	return body
}

// jsonBody has events of 300 bytes as lines.
func jsonBody(first, n int) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	for i := range n {
		_ = encoder.Encode(map[string]any{
			"id": fmt.Sprintf("event-%d", first+i), "time": time.Now().UTC().Format(time.RFC3339Nano), "tool": "chatgpt", "surface": "web",
			"person": fmt.Sprintf("person%d@example.com", (first+i)%500), "device": fmt.Sprintf("laptop-%d", (first+i)%500), "session": fmt.Sprintf("s-%d", (first+i)/20),
			"action": "prompt", "initiator": "user", "model": "gpt-5", "tokens": map[string]int{"input_uncached": 211, "output": 23}, "duration_ms": 1800,
		})
	}
	return b.Bytes()
}
