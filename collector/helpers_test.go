package collector

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/collector/spool"
	"github.com/uptake-telemetry/uptake/collector/token"
	"github.com/uptake-telemetry/uptake/schema"
)

// staged is a collector whose spool is staged: it keeps what is appended.
type staged struct {
	*Collector
	url              string
	token, readToken string
	tokens           token.File
	registry         *prometheus.Registry
	logs             *lockedBuffer

	now time.Time

	mu       sync.Mutex
	full     bool
	messages [][]byte
}

// Append makes it the collector's spool.
func (s *staged) Append(_ context.Context, entries [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return spool.ErrFull
	}
	for _, e := range entries {
		s.messages = append(s.messages, slices.Clone(e))
	}
	return nil
}

func (s *staged) stored() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

func (s *staged) setFull(full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full = full
}

// events decodes what is stored: events and dead letters, marks left out.
func (s *staged) events(t *testing.T) (events []*schema.UsageEvent, letters []*schema.DeadLetter) {
	t.Helper()
	for _, encoded := range s.stored() {
		m, err := schema.DecodeMessage(encoded)
		if err != nil {
			t.Fatal(err)
		}
		e, l := &schema.UsageEvent{}, &schema.DeadLetter{}
		if m.Kind == schema.DeadLetterMessage {
			err = l.UnmarshalVT(m.Value)
			letters = append(letters, l)
		} else if err = e.UnmarshalVT(m.Value); !e.Heard {
			events = append(events, e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return events, letters
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

var identityKey = []byte("0123456789abcdef0123456789abcdef")

// build builds a collector whose Kafka is away.
func build(t *testing.T, change func(*Config), with ...func(*Deps)) *staged {
	t.Helper()
	dir := t.TempDir()
	s := &staged{tokens: token.File{Path: filepath.Join(dir, "tokens.json")}, registry: prometheus.NewRegistry(), logs: &lockedBuffer{}}
	s.token = s.newToken(t, token.Order{Name: "test", Scope: token.Ingest})
	s.readToken = s.newToken(t, token.Order{Name: "reader", Scope: token.Read})
	config := DefaultConfig()
	config.Kafka.Brokers = []string{"127.0.0.1:1"}
	config.StopTimeout = time.Second
	config.Produce.DrainTimeout = 0
	if change != nil {
		change(&config)
	}
	deps := Deps{
		Listener: listen(t), RPCListener: listen(t), SpoolDir: filepath.Join(dir, "spool"), TokensFile: s.tokens.Path, IdentityKey: identityKey,
		Logger: slog.New(slog.NewTextHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug})), Registerer: s.registry,
		Now: s.clock,
	}
	for _, w := range with {
		w(&deps)
	}
	var err error
	if s.Collector, err = New(config, deps); err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + s.listener.Addr().String()
	return s
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func (s *staged) newToken(t *testing.T, o token.Order) string {
	t.Helper()
	secret, err := s.tokens.Create(o)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// clock is the time of receipt, which a test may stage before it posts.
func (s *staged) clock() time.Time {
	if s.now.IsZero() {
		return time.Now()
	}
	return s.now
}

// start runs a collector with a staged spool until the test ends.
func start(t *testing.T, change func(*Config), with ...func(*Deps)) *staged {
	t.Helper()
	s := build(t, change, with...)
	s.intake.spool = s
	s.run(t)
	return s
}

func (s *staged) run(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
}
