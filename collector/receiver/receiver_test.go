package receiver

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The inflater's workers live as long as the process.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/klauspost/compress/zstd.(*blockDec).startDecoder"))
}

// echo answers with what it was given.
type echo struct {
	decode func(*Request) // may be nil
	finish func(context.Context)
}

func (e *echo) Accepts(contentType string) bool { return contentType == "text/plain" }

func (e *echo) Decode(r *Request) func(context.Context) Answer {
	if e.decode != nil {
		e.decode(r)
	}
	body := fmt.Sprintf("%s %v %s", r.Sender.Name, r.FromExtension, r.Body)
	return func(ctx context.Context) Answer {
		if e.finish != nil {
			e.finish(ctx)
		}
		return Answer{Status: http.StatusOK, ContentType: "text/plain", Body: []byte(body)}
	}
}

func (e *echo) Refusal(_ string, status int, message string) Answer {
	return Answer{Status: status, ContentType: "text/plain", Body: []byte(message)}
}

type fixture struct {
	*Front
	address, rpcAddress string
	registry            *prometheus.Registry
}

// awaitNothingHeld waits until all requests have given back their bytes.
func (f *fixture) awaitNothingHeld(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); f.budget.used.Load() != 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes are still held", f.budget.used.Load())
		}
	}
}

func serve(t *testing.T, endpoint Endpoint, change func(*Config)) *fixture {
	t.Helper()
	config := DefaultConfig()
	if change != nil {
		change(&config)
	}
	f := &fixture{registry: prometheus.NewRegistry()}
	var err error
	f.Front, err = New(config, Deps{Registerer: f.registry, Authorize: func(token string) (Sender, bool) {
		return Sender{Name: "sender", MaySend: token == "good"}, token == "good" || token == "reader"
	}})
	if err != nil {
		t.Fatal(err)
	}
	f.Handle("/v1/test", "test", endpoint, true)
	f.HandleRPC("/test.Service/Send", "rpc", endpoint, "text/plain")
	done := make(chan error, 2)
	f.address, f.rpcAddress = f.open(t, f.Serve, done), f.open(t, f.ServeRPC, done)
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = f.Shutdown(ctx) // What a test left open is cut.
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
	})
	return f
}

// open serves on a port of its own.
func (f *fixture) open(t *testing.T, serve func(net.Listener) error, done chan<- error) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { done <- serve(listener) }()
	return listener.Addr().String()
}

func (f *fixture) request(t *testing.T, method, body string, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+f.address+"/v1/test", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer good")
	r.Header.Set("Content-Type", "text/plain")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func do(t *testing.T, r *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestBodiesComeThroughWholeAndApart(t *testing.T) {
	f := serve(t, &echo{}, nil)
	for size := 1; size < 3<<20; size *= 7 {
		want := strings.Repeat("x", size)
		r := f.request(t, http.MethodPost, want)
		if size%2 == 0 {
			r.ContentLength = -1 // Chunked.
		}
		if res, body := do(t, r); res.StatusCode != http.StatusOK || body != "sender false "+want {
			t.Errorf("%d bytes: status %d, %d bytes back", size, res.StatusCode, len(body))
		}
	}
	f.awaitNothingHeld(t)
}

func TestExtensionsMayReadAnswersAndNobodyElse(t *testing.T) {
	f := serve(t, &echo{}, nil)
	preflight := func(origin string) *http.Response {
		r := f.request(t, http.MethodOptions, "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
		r.Header.Del("Authorization")
		res, _ := do(t, r)
		return res
	}
	for _, origin := range []string{"chrome-extension://abcdef", "moz-extension://0-1-2"} {
		res := preflight(origin)
		if res.StatusCode != http.StatusNoContent || res.Header.Get("Access-Control-Allow-Origin") != origin ||
			res.Header.Get("Access-Control-Allow-Headers") != "authorization, content-type" || res.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: status %d, %v", origin, res.StatusCode, res.Header)
		}
		res, body := do(t, f.request(t, http.MethodPost, "x", "Origin", origin))
		if res.Header.Get("Access-Control-Allow-Origin") != origin || body != "sender true x" {
			t.Errorf("%s: %q, %v", origin, body, res.Header)
		}
		if res, _ := do(t, f.request(t, http.MethodPost, "x", "Origin", origin, "Authorization", "Bearer bad")); res.StatusCode != 401 || res.Header.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("%s: a refusal cannot be read", origin)
		}
	}
	for _, origin := range []string{"https://example.com", "null", "https://chrome-extension.example", "http://chrome-extension://x", "chrome-extension://", "chrome-extension://abc/path", "moz-extension:abc", ""} {
		if res := preflight(origin); res.Header.Get("Access-Control-Allow-Origin") != "" || res.StatusCode == http.StatusNoContent {
			t.Errorf("%s: status %d, %v", origin, res.StatusCode, res.Header)
		}
		if res, _ := do(t, f.request(t, http.MethodPost, "x", "Origin", origin)); res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: may read answers", origin)
		}
	}
}

func TestSlowBodiesAreCut(t *testing.T) {
	f := serve(t, &echo{}, func(c *Config) { c.BodyGrace = 50 * time.Millisecond })
	c, err := net.Dial("tcp", f.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /v1/test HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nx")
	answer, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408") {
		t.Errorf("got %q, %v", answer, err)
	}
}

func TestSlowHeadersAreCut(t *testing.T) {
	f := serve(t, &echo{}, func(c *Config) { c.HeaderTimeout = 50 * time.Millisecond })
	c, err := net.Dial("tcp", f.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /v1/test HTTP/1.1\r\nHost:")
	if _, err := io.ReadAll(c); err != nil {
		t.Errorf("not cut: %v", err)
	}
}

func TestConnectionsOfOneAddressAreBounded(t *testing.T) {
	f := serve(t, &echo{}, func(c *Config) { c.MaxConnectionsPerAddress = 2 })
	var open []net.Conn
	for range 2 {
		c, err := net.Dial("tcp", f.address)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	third, err := net.Dial("tcp", f.address)
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	if b, _ := io.ReadAll(third); len(b) != 0 {
		t.Errorf("got %q", b)
	}
	if got := testutil.ToFloat64(f.metrics.connectionsRefused); got != 1 {
		t.Errorf("%v connections are counted as refused, want 1", got)
	}
	for _, c := range open {
		c.Close()
	}
	// A place is free again as soon as the server has seen the end.
	for {
		res, err := http.DefaultClient.Do(f.request(t, http.MethodPost, "x"))
		if err == nil {
			res.Body.Close()
			break
		}
	}
}

func TestBytesInFlightAreBounded(t *testing.T) {
	f := serve(t, &echo{}, func(c *Config) { c.MaxBodyBytes, c.InFlightBytes = 64<<10, 128<<10 })
	others := f.budget.hold()
	if !others.take(100 << 10) {
		t.Fatal("the budget is smaller than the settings say")
	}
	res, _ := do(t, f.request(t, http.MethodPost, strings.Repeat("x", 60<<10)))
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, want 503 with Retry-After", res.StatusCode)
	}
	others.release()
	// A request gives back what it held just after it was answered.
	f.awaitNothingHeld(t)
	if res, _ := do(t, f.request(t, http.MethodPost, strings.Repeat("x", 60<<10))); res.StatusCode != http.StatusOK {
		t.Errorf("status %d with room again", res.StatusCode)
	}
	f.awaitNothingHeld(t)
}

func TestAFaultOfADecoderFailsItsRequestAlone(t *testing.T) {
	faulty := true
	f := serve(t, &echo{decode: func(*Request) {
		if faulty {
			panic("fault")
		}
	}}, nil)
	if res, _ := do(t, f.request(t, http.MethodPost, "x")); res.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d, want 500", res.StatusCode)
	}
	faulty = false
	if res, _ := do(t, f.request(t, http.MethodPost, "x")); res.StatusCode != http.StatusOK {
		t.Errorf("status %d after a fault", res.StatusCode)
	}
	if got := testutil.ToFloat64(f.metrics.panics); got != 1 {
		t.Errorf("%v faults are counted, want 1", got)
	}
}

func TestABodyOfManyGzipMembersIsBoundedAsAWhole(t *testing.T) {
	f := serve(t, &echo{}, func(c *Config) { c.MaxBodyBytes = 64 << 10 })
	var body bytes.Buffer
	for range 3 {
		w := gzip.NewWriter(&body)
		if _, err := w.Write(make([]byte, 30<<10)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if res, _ := do(t, f.request(t, http.MethodPost, body.String(), "Content-Encoding", "gzip")); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", res.StatusCode)
	}
}

func TestRequestsAreMeasured(t *testing.T) {
	f := serve(t, &echo{}, nil)
	do(t, f.request(t, http.MethodPost, "x"))
	do(t, f.request(t, http.MethodPost, "x", "Authorization", "Bearer bad"))
	if got := testutil.CollectAndCount(f.metrics.duration); got != 2 {
		t.Errorf("%d series, want one for each status", got)
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"max_body_bytes":              func(c *Config) { c.MaxBodyBytes = 0 },
		"in_flight_bytes":             func(c *Config) { c.InFlightBytes = c.MaxBodyBytes },
		"max_connections":             func(c *Config) { c.MaxConnections = 0 },
		"max_connections_per_address": func(c *Config) { c.MaxConnectionsPerAddress = 0 },
		"header_timeout":              func(c *Config) { c.HeaderTimeout = 0 },
		"body_grace":                  func(c *Config) { c.BodyGrace = 0 },
		"min_body_rate":               func(c *Config) { c.MinBodyRate = 0 },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), name+":") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
