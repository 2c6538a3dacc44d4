package collector

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/protobuf/proto"

	"github.com/uptake-telemetry/uptake/collector/token"
)

// discarded is a spool that is always in time.
type discarded struct{}

func (discarded) Append(context.Context, [][]byte) error { return nil }

// BenchmarkRequest is one request of five records from its headers to its
// answer, without socket and disk.
func BenchmarkRequest(b *testing.B) {
	body, err := proto.Marshal(claudeLogs(time.Now(), 5))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("untraced", func(b *testing.B) { benchRequest(b, body, nil) })
	for name, ratio := range map[string]float64{"traced-1-in-100": 0.01, "traced-all": 1} {
		provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(ratio))), sdktrace.WithSpanProcessor(passing{}))
		b.Run(name, func(b *testing.B) { benchRequest(b, body, func(d *Deps) { d.Tracer = provider.Tracer("bench") }) })
	}
}

// passing takes spans and keeps none.
type passing struct{}

func (passing) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (passing) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (passing) Shutdown(context.Context) error                  { return nil }
func (passing) ForceFlush(context.Context) error                { return nil }

func benchRequest(b *testing.B, body []byte, change func(*Deps)) {
	b.Helper()
	tokens := token.File{Path: filepath.Join(b.TempDir(), "tokens.json")}
	secret, err := tokens.Create(token.Order{Name: "test", Scope: token.Ingest})
	if err != nil {
		b.Fatal(err)
	}
	deps := Deps{SpoolDir: b.TempDir(), TokensFile: tokens.Path, IdentityKey: identityKey}
	if change != nil {
		change(&deps)
	}
	c, err := New(DefaultConfig(), deps)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	c.intake.spool = discarded{}
	handler, reader := c.front.Handler(), bytes.NewReader(body)
	request := httptest.NewRequest(http.MethodPost, "/v1/logs", nil)
	request.Header.Set("Authorization", "Bearer "+secret)
	request.Header.Set("Content-Type", "application/x-protobuf")
	b.ReportAllocs()
	for b.Loop() {
		reader.Reset(body)
		request.Body = readCloser{reader}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code != http.StatusOK {
			b.Fatalf("status %d", answer.Code)
		}
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }
