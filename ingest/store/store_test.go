package store

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/schema/table"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(enginetest.Stopping(m)) }

func newTables(t testing.TB) (driver.Conn, *clickhouse.Options) {
	t.Helper()
	options := enginetest.Options(t)
	conn := enginetest.Open(t, options)
	for _, m := range table.All() {
		for _, statement := range m.Statements {
			if err := conn.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	return conn, options
}

func newStore(t testing.TB, conn driver.Conn) *Store {
	t.Helper()
	config := DefaultConfig()
	config.MaxBackoff = 100 * time.Millisecond
	s, err := New(config, Deps{Conn: conn, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Registerer: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func count(t *testing.T, conn driver.Conn, query string) (n uint64) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func everything() *Block {
	b := NewBlock()
	b.Add(example(), exampleOrigin)
	b.Add(exampleReading(), exampleOrigin)
	b.Add(exampleHeard(), exampleOrigin)
	b.AddLetter(exampleLetter(), uuid.UUID{15: 7}, Place{"t", 1, 2})
	return b
}

func TestEveryColumnArrives(t *testing.T) {
	conn, _ := newTables(t)
	s := newStore(t, conn)
	if err := s.Write(t.Context(), everything(), "t:0:1-4"); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		`SELECT toString(tuple(event_id, occurred_at, received_at, path, evidence, tool, tool_version, surface, person, person_kind, identity, device, session, action, initiator,
			decision, model, tokens_input_uncached, tokens_cache_read, tokens_cache_write, tokens_output, tokens_reasoning, cost_micro_usd, lines_added, lines_removed, duration_ms, success,
			signal, collector, published_at, partition, offset, inserted_at > now() - INTERVAL 1 HOUR)) FROM event`: `('30313233-3435-3637-3839-616263646566','2026-09-21 14:13:20.123456','2026-09-21 14:13:21.000000','api','observed','codex','1.0','cli','6164612d6164612d6164612d61646121','human','token','6465766963652d6465766963652d3137','73657373696f6e2d73657373696f6e31','prompt','user','accepted','gpt',1,2,3,4,5,6,7,8,9,true,'logs','c-3f9a01bc','2026-09-21 14:13:22.345',3,70,1)`,
		`SELECT toString(tuple(stream, started_at, read_at, received_at, tool, tool_version, surface, person, person_kind, identity, device, session, initiator, model, measure, value, temporality,
			evidence, decision, collector, published_at, partition, offset, inserted_at > now() - INTERVAL 1 HOUR)) FROM reading`: `('73747265-616d-2d73-7472-65616d2d3031','2026-09-10 00:26:40.000000001','2026-09-21 14:13:20.123456789','2026-09-21 14:13:21.000000','codex','1.0','cli','6164612d6164612d6164612d61646121','human','token','6465766963652d6465766963652d3137','73657373696f6e2d73657373696f6e31','user','gpt','commits',1.5,'cumulative','observed','accepted','c-3f9a01bc','2026-09-21 14:13:22.345',3,70,1)`,
		`SELECT toString(tuple(day, person, device, tool)) FROM heard`:                                                                                 `('2026-09-21','6164612d6164612d6164612d61646121','6465766963652d6465766963652d3137','codex')`,
		`SELECT toString(tuple(received_at, path, tool, code, field, message, event_id, stage, topic, partition, offset, letter_id)) FROM dead_letter`: `('2026-09-21 14:13:21.000000','api','codex','bad_value','time','why','30313233-3435-3637-3839-616263646566','collector','t',1,2,'00000000-0000-0000-0000-000000000007')`,
		`SELECT toString(tuple(hour, rows)) FROM touched_hour`:                                                                                         `('2026-09-21 14:00:00',2)`,
	} {
		var got string
		if err := conn.QueryRow(t.Context(), query).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", query, got, want)
		}
	}
	if n := testutil.ToFloat64(s.metrics.events); n != 2 {
		t.Errorf("%v events are counted as stored", n)
	}
	if n := testutil.ToFloat64(s.metrics.letters.WithLabelValues("bad_value")); n != 1 {
		t.Errorf("%v letters are counted", n)
	}
}

func TestTheSameBlockTwiceIsStoredOnce(t *testing.T) {
	conn, _ := newTables(t)
	s := newStore(t, conn)
	for range 3 {
		if err := s.Write(t.Context(), everything(), "t:0:1-4"); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"event", "reading"} {
		if n := count(t, conn, "SELECT count() FROM "+name); n != 1 {
			t.Errorf("%s holds %d rows before any merge", name, n)
		}
	}
	for _, name := range []string{"heard", "dead_letter"} {
		if n := count(t, conn, "SELECT count() FROM "+name+" FINAL"); n != 1 {
			t.Errorf("%s holds %d rows", name, n)
		}
	}
	if err := s.Write(t.Context(), everything(), "t:0:5-8"); err != nil {
		t.Fatal(err)
	}
	if raw, final := count(t, conn, "SELECT count() FROM event"), count(t, conn, "SELECT count() FROM event FINAL"); raw != 2 || final != 1 {
		t.Errorf("another token: %d rows, %d with FINAL", raw, final)
	}
}

func TestOfTwoContentsTheFirstReceivedStands(t *testing.T) {
	conn, _ := newTables(t)
	s := newStore(t, conn)
	for i, delay := range []uint64{5, 0, 9} {
		b, e := NewBlock(), example()
		e.ReceivedAtUnixNano += delay * uint64(time.Second)
		e.TokensOutput = delay
		b.Add(e, exampleOrigin)
		if err := s.Write(t.Context(), b, string(rune('a'+i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, conn, "SELECT tokens_output FROM event FINAL"); n != 0 {
		t.Errorf("the copy received %d s later stands", n)
	}
}

// proxy passes bytes on to the server and can lose answers or refuse.
type proxy struct {
	listener net.Listener
	target   string
	refuse   atomic.Bool
	// cut closes a connection when the server has answered the insert's rows,
	// before the client sees it.
	cut     atomic.Int64
	cutDone atomic.Int64
	open    sync.Map
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, target: target}
	var work sync.WaitGroup
	work.Go(func() { p.accept(&work) })
	t.Cleanup(func() {
		l.Close()
		p.closeAll()
		work.Wait()
	})
	return p
}

func (p *proxy) closeAll() {
	p.open.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
}

func (p *proxy) accept(work *sync.WaitGroup) {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil || p.refuse.Load() {
			client.Close()
			if err == nil {
				server.Close()
			}
			continue
		}
		p.open.Store(client, nil)
		p.open.Store(server, nil)
		var inserting atomic.Bool
		work.Go(func() { p.upward(client, server, &inserting) })
		work.Go(func() { p.downward(client, server, &inserting) })
	}
}

func (p *proxy) upward(client, server net.Conn, inserting *atomic.Bool) {
	defer server.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if n > 0 && strings.Contains(string(buffer[:n]), "INSERT INTO event") {
			inserting.Store(true)
		}
		if n > 0 {
			if _, err := server.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// endOfStream is the server's word that the insert is done.
const endOfStream = 5

func (p *proxy) downward(client, server net.Conn, inserting *atomic.Bool) {
	defer client.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if n > 0 && inserting.Load() && buffer[n-1] == endOfStream && p.cut.Add(-1) >= 0 {
			p.cutDone.Add(1)
			server.Close()
			return
		}
		if n > 0 {
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func through(t *testing.T, options *clickhouse.Options) (*proxy, driver.Conn) {
	t.Helper()
	p := newProxy(t, options.Addr[0])
	copied := *options
	copied.Addr, copied.DialTimeout = []string{p.listener.Addr().String()}, time.Second
	via, err := clickhouse.Open(&copied)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { via.Close() })
	return p, via
}

func TestAnAnswerThatIsLostDoublesNothing(t *testing.T) {
	conn, options := newTables(t)
	p, via := through(t, options)
	s := newStore(t, via)
	p.cut.Store(3)
	if err := s.Write(t.Context(), everything(), "t:0:1-4"); err != nil {
		t.Fatal(err)
	}
	if n := p.cutDone.Load(); n != 3 {
		t.Fatalf("%d answers were lost", n)
	}
	if n := testutil.ToFloat64(s.metrics.retries.WithLabelValues("event")); n != 3 {
		t.Errorf("%v retries are counted", n)
	}
	if n := count(t, conn, "SELECT count() FROM event"); n != 1 {
		t.Errorf("the event is there %d times", n)
	}
}

func TestWritingWaitsForTheServer(t *testing.T) {
	conn, options := newTables(t)
	p, via := through(t, options)
	s := newStore(t, via)
	p.refuse.Store(true)
	done := make(chan error, 1)
	go func() { done <- s.Write(t.Context(), everything(), "t:0:1-4") }()
	for s.Ready() == nil {
		time.Sleep(time.Millisecond)
	}
	if err := s.Ready(); !strings.Contains(err.Error(), "insert into event") {
		t.Errorf("it waits for %v", err)
	}
	p.refuse.Store(false)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(); err != nil {
		t.Errorf("ready again, but %v", err)
	}
	if n := count(t, conn, "SELECT count() FROM event"); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestWritingEndsWithItsContext(t *testing.T) {
	_, options := newTables(t)
	p, via := through(t, options)
	p.refuse.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := newStore(t, via).Write(ctx, everything(), "t:0:1-4"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestAServersProfileDoesNotMatter(t *testing.T) {
	conn, options := newTables(t)
	o := *options
	o.Settings = clickhouse.Settings{"async_insert": 1, "wait_for_async_insert": 0, "insert_deduplicate": 0}
	via, err := clickhouse.Open(&o)
	if err != nil {
		t.Fatal(err)
	}
	defer via.Close()
	s := newStore(t, via)
	for range 2 {
		if err := s.Write(t.Context(), everything(), "t:0:1-4"); err != nil {
			t.Fatal(err)
		}
		if n := count(t, conn, "SELECT count() FROM event"); n != 1 {
			t.Errorf("%d rows right after Write", n)
		}
	}
}

// A token of its own for each month keeps an old block's two halves apart.
func TestABlockOverManyMonthsIsRepeatedWhole(t *testing.T) {
	conn, _ := newTables(t)
	s := newStore(t, conn)
	for range 2 {
		b := NewBlock()
		for m := range MaxMonths {
			e := example()
			e.EventId[0] = byte(m)
			e.OccurredAtUnixNano -= uint64(m) * uint64(30*24*time.Hour)
			b.Add(e, exampleOrigin)
		}
		if b.Months() < MaxMonths-1 {
			t.Fatalf("%d months", b.Months())
		}
		if err := s.Write(t.Context(), b, "t:0:1-16"); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, conn, "SELECT count() FROM event"); n != MaxMonths {
		t.Errorf("%d rows", n)
	}
}
