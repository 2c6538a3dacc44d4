package collector

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	logscall "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	metricscall "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracescall "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/gzip" // senders use it
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/uptake-telemetry/uptake/collector/receiver/receivertest"
	"github.com/uptake-telemetry/uptake/collector/token"
)

// zstandard lets gRPC's own client compress with zstd.
type zstandard struct{}

func init() { encoding.RegisterCompressor(zstandard{}) }

func (zstandard) Name() string { return "zstd" }
func (zstandard) Compress(w io.Writer) (io.WriteCloser, error) {
	return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
}
func (zstandard) Decompress(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) }

// raw hands bytes to gRPC's own client as they are.
type raw struct{}

func (raw) Name() string { return "proto" }

func (raw) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }

func (raw) Unmarshal(b []byte, v any) error {
	*v.(*[]byte) = slices.Clone(b)
	return nil
}

// dial connects gRPC's own client.
func (s *staged) dial(t *testing.T) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(s.rpcListener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableRetry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// with gives a call the token.
func with(ctx context.Context, secret string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+secret)
}

// methods by the path of the same over HTTP, each with what it takes.
var methods = map[string]struct {
	name    string
	message func() proto.Message
}{
	"/v1/logs":    {logscall.LogsService_Export_FullMethodName, func() proto.Message { return &logs.LogsData{} }},
	"/v1/metrics": {metricscall.MetricsService_Export_FullMethodName, func() proto.Message { return &metrics.MetricsData{} }},
	"/v1/traces":  {tracescall.TraceService_Export_FullMethodName, func() proto.Message { return &traces.TracesData{} }},
}

// protobuf returns what a recording says as protobuf.
func (r recording) protobuf(t testing.TB) []byte {
	t.Helper()
	body := r.body
	if r.encoding == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	if r.contentType == "application/x-protobuf" {
		return body
	}
	message := methods[r.path].message()
	if err := receivertest.ReadJSON(body, message); err != nil {
		t.Fatal(err)
	}
	binary, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// call sends a recording over gRPC.
func (s *staged) call(t *testing.T, conn *grpc.ClientConn, r recording, compression string) {
	t.Helper()
	body, answer := r.protobuf(t), []byte("none")
	err := conn.Invoke(with(t.Context(), s.token), methods[r.path].name, &body, &answer, grpc.ForceCodec(raw{}), grpc.UseCompressor(compression))
	if err != nil || len(answer) != 0 {
		t.Fatalf("%s: %v, answer %q", r.path, err, answer)
	}
}

func TestRecordingsGiveTheSameEventsOverRPC(t *testing.T) {
	s := startAt(t, recordedAt)
	conn := s.dial(t)
	for run, did := range readTruth(t).Runs {
		_, bodies := recordingsOf(t, did.Client, run)
		for _, body := range bodies {
			s.post(t, body)
		}
		want := s.forget(t)
		for _, compression := range []string{encoding.Identity, "gzip", "zstd"} {
			for _, body := range bodies {
				s.call(t, conn, body, compression)
			}
			if got := s.forget(t); len(want) == 0 || !slices.Equal(got, want) {
				t.Errorf("%s, %s: got %v, want %v", run, compression, got, want)
			}
		}
	}
}

// forget returns the ids of the events that are stored, and forgets them.
func (s *staged) forget(t *testing.T) []string {
	t.Helper()
	ids := accountOf(t, s).ids
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = nil
	return ids
}

// export sends log records and returns the answer and its code.
func export(t *testing.T, conn *grpc.ClientConn, secret string, data *logs.LogsData, options ...grpc.CallOption) (*logscall.ExportLogsServiceResponse, *status.Status) {
	t.Helper()
	answer, err := logscall.NewLogsServiceClient(conn).Export(with(t.Context(), secret), &logscall.ExportLogsServiceRequest{ResourceLogs: data.ResourceLogs}, options...)
	return answer, status.Convert(err)
}

// retryOf returns when to come again, nothing where a status does not say.
func retryOf(s *status.Status) time.Duration {
	for _, detail := range s.Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			return retry.RetryDelay.AsDuration()
		}
	}
	return 0
}

func TestOldRecordsAreRefusedAloneOverRPC(t *testing.T) {
	s := start(t, nil)
	data := canaryLogs(time.Now())
	data.ResourceLogs = append(data.ResourceLogs, canaryLogs(time.Now().AddDate(-2, 0, 0)).ResourceLogs...)
	answer, code := export(t, s.dial(t), s.token, data)
	if partial := answer.GetPartialSuccess(); code.Code() != codes.OK || partial.GetRejectedLogRecords() != 3 || partial.GetErrorMessage() == "" {
		t.Errorf("%v, %v", code, partial)
	}
	if events, letters := s.events(t); len(events) != 3 || len(letters) != 3 {
		t.Errorf("%d events and %d letters are stored", len(events), len(letters))
	}
}

func TestATokenIsFollowedOnAConnectionOfRPC(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	conn, data := s.dial(t), canaryLogs(time.Now())
	secret := s.newToken(t, token.Order{Name: "ada", Scope: token.Ingest})
	for want, secret := range map[codes.Code]string{codes.OK: secret, codes.Unauthenticated: "upt_unknown", codes.PermissionDenied: s.readToken} {
		if _, code := export(t, conn, secret, data); code.Code() != want {
			t.Errorf("%v, want %v", code, want)
		}
	}
	if err := s.tokens.Revoke("ada"); err != nil {
		t.Fatal(err)
	}
	await(t, "the token to be refused", func() bool {
		_, code := export(t, conn, secret, data)
		return code.Code() == codes.Unauthenticated
	})
}

// await waits for what takes seconds at most.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited for %s in vain", what)
		}
	}
}

func TestSizesOfCalls(t *testing.T) {
	s := start(t, nil)
	conn := s.dial(t)
	random := rand.NewChaCha8([32]byte{})
	for _, tt := range []struct {
		bytes int
		want  codes.Code
	}{{1_200_000, codes.OK}, {15 << 20, codes.OK}, {17 << 20, codes.ResourceExhausted}} {
		padding := make([]byte, tt.bytes)
		_, _ = random.Read(padding) // never fails
		for i := range padding {
			padding[i] = 'a' + padding[i]%16
		}
		data := canaryLogs(time.Now())
		data.ResourceLogs[0].ScopeLogs[0].LogRecords[0].Body.Value = &common.AnyValue_StringValue{StringValue: string(padding)}
		for _, compression := range []string{encoding.Identity, "gzip", "zstd"} {
			_, code := export(t, conn, s.token, data, grpc.UseCompressor(compression))
			if code.Code() != tt.want || retryOf(code) != 0 {
				t.Errorf("%d bytes, %s: %v", tt.bytes, compression, code)
			}
		}
		if _, code := export(t, conn, "upt_unknown", data); code.Code() != codes.Unauthenticated {
			t.Errorf("%d bytes of a stranger: %v", tt.bytes, code)
		}
	}
}

func TestAFullSpoolAsksCallersToComeBack(t *testing.T) {
	s := build(t, func(c *Config) { c.Spool.MaxBytes, c.Spool.SegmentBytes = 64<<10, 16<<10 })
	s.run(t)
	conn := s.dial(t)
	health := grpc_health_v1.NewHealthClient(conn)
	if answer, err := health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{}); err != nil || answer.Status != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("health: %v, %v", answer, err)
	}
	await(t, "the spool to be full", func() bool {
		_, code := export(t, conn, s.token, canaryLogs(time.Now()))
		if code.Code() == codes.OK {
			return false
		}
		if code.Code() != codes.Unavailable || retryOf(code) != retryWhenFull || !strings.Contains(code.Message(), "the spool is full") {
			t.Errorf("%v, again after %v", code, retryOf(code))
		}
		return true
	})
	if answer, err := health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{}); err != nil || answer.Status != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("health: %v, %v", answer, err)
	}
}

func TestAnUnknownMethodIsUnimplemented(t *testing.T) {
	s := start(t, nil)
	body, answer := []byte{}, []byte{}
	err := s.dial(t).Invoke(with(t.Context(), s.token), "/opentelemetry.proto.collector.profiles.v1.ProfilesService/Export", &body, &answer, grpc.ForceCodec(raw{}))
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("got %v", err)
	}
}

// held is a spool whose disk takes its time.
type held struct {
	*staged
	begun, disk chan struct{}
}

func (h held) Append(ctx context.Context, entries [][]byte) error {
	h.begun <- struct{}{}
	<-h.disk
	return h.staged.Append(ctx, entries)
}

func TestAStopFinishesTheCallsUnderWay(t *testing.T) {
	const calls = 3
	s := build(t, func(c *Config) { c.StopTimeout = time.Minute })
	spool := held{s, make(chan struct{}), make(chan struct{})}
	s.intake.spool = spool
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(ctx) }()
	conn := s.dial(t)
	got := make(chan codes.Code, calls)
	for range calls {
		go func() {
			_, code := export(t, conn, s.token, canaryLogs(time.Now()))
			got <- code.Code()
		}()
		<-spool.begun
	}
	if len(got) > 0 {
		t.Error("a call was answered before the disk had its events")
	}
	stop()
	await(t, "the stop to begin", s.stopping.Load)
	close(spool.disk)
	for range calls {
		if code := <-got; code != codes.OK {
			t.Errorf("a call under way ended with %v", code)
		}
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if events, _ := s.events(t); len(events) != 3*calls {
		t.Errorf("%d events are stored, want %d", len(events), 3*calls)
	}
}
