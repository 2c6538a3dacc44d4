package ingest

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
	"github.com/uptake-telemetry/uptake/schema"
)

func asException(err error, target **clickhouse.Exception) bool { return errors.As(err, target) }

func TestEverythingIsStoredOnceOverRestarts(t *testing.T) {
	p := newPlace(t, 2)
	for round := range 3 {
		p.send(t, p.kafka.Topic, round%2, encoded(t, numbered(round*300, round*300+300)...)...)
		r := p.start(t, quick(), p.conn)
		sent := uint64(300 * (round + 1))
		eventually(t, "all are stored", func() bool { return p.count(t, "SELECT count() FROM event") == sent })
		eventually(t, "all is committed", func() bool { return p.committed(t, p.kafka.Topic, 2) == int64(sent) })
		if n := r.value(t, "uptake_ingest_events_stored_total"); n != 300 {
			t.Errorf("%v events are counted as stored", n)
		}
		eventually(t, "no lag is left", func() bool { return r.value(t, "uptake_ingest_lag_events") == 0 })
		if r.value(t, "uptake_ingest_insert_duration_seconds") == 0 {
			t.Error("no insert was timed")
		}
		if err := r.Ready(); err != nil {
			t.Errorf("not ready: %v", err)
		}
		r.stop()
	}
	if n := p.count(t, "SELECT uniqExact(event_id) FROM event"); n != 900 {
		t.Errorf("%d distinct ids", n)
	}
	if n := p.count(t, "SELECT sum(rows) FROM touched_hour"); n != 900 {
		t.Errorf("the hours were touched by %d rows", n)
	}
}

func TestReadingsAndHeardMarksHaveTheirTables(t *testing.T) {
	p := newPlace(t, 1)
	reading, heard := event(1), event(2)
	reading.Action, reading.Reading = 0, &schema.Reading{Stream: pseudonym('r', 1), Measure: schema.Measure_MEASURE_LINES_ADDED, Value: 3, Temporality: 77}
	heard.Action, heard.Heard = 0, true
	p.send(t, p.kafka.Topic, 0, encoded(t, reading, heard)...)
	p.start(t, quick(), p.conn)
	eventually(t, "both are stored", func() bool {
		return p.count(t, "SELECT count() FROM reading") == 1 && p.count(t, "SELECT count() FROM heard") == 1
	})
	eventually(t, "the hour is touched", func() bool { return p.count(t, "SELECT sum(rows) FROM touched_hour") == 1 })
	if n := p.count(t, "SELECT count() FROM event"); n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestOneBadMessageStopsNothing(t *testing.T) {
	p := newPlace(t, 1)
	secret := "the content of a prompt"
	invalid, ancient, tooLong, panics := event(1), event(2), event(3), event(4)
	invalid.EventId = []byte("short")
	ancient.OccurredAtUnixNano, ancient.ReceivedAtUnixNano = 5, 5
	tooLong.Model = strings.Repeat(secret, 20)
	panics.Tool = "panics"
	values := encoded(t, append(numbered(10, 20), invalid, ancient, tooLong, panics)...)
	values = append(values, []byte("\xff"+secret), nil)
	values = append(values, encoded(t, numbered(20, 30)...)...)
	p.send(t, p.kafka.Topic, 0, values...)
	// A letter from a collector, one that is none, and one from the future.
	letter := &schema.DeadLetter{ReceivedAtUnixNano: uint64(time.Now().UnixNano()), Path: schema.Path_PATH_API, Stage: schema.Stage_STAGE_COLLECTOR, Code: "unknown_tool", Field: "tool", Message: "m"}
	first, err := letter.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	letter.ReceivedAtUnixNano, letter.Code = 1<<63+5, "of a newer version"
	second, err := letter.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	p.send(t, p.kafka.DeadLetterTopic, 0, first, []byte("\xff"+secret), second)

	decoder := func(i *Ingest) {
		i.unmarshal = func(e *schema.UsageEvent, b []byte) error {
			err := e.UnmarshalVT(b)
			if e.Tool == "panics" {
				panic("planted")
			}
			return err
		}
	}
	r := p.start(t, quick(), p.conn, decoder)
	eventually(t, "the neighbours are stored", func() bool { return p.count(t, "SELECT count() FROM event") == 20 })
	eventually(t, "the letters are stored", func() bool { return p.count(t, "SELECT count() FROM dead_letter FINAL") == 9 })
	for query, want := range map[string]uint64{
		"SELECT count() FROM dead_letter FINAL WHERE stage = 'ingest' AND code = 'undecodable' AND message LIKE '%no event%'":  1,
		"SELECT count() FROM dead_letter FINAL WHERE stage = 'ingest' AND code = 'undecodable' AND message LIKE '%fail%'":      1,
		"SELECT count() FROM dead_letter FINAL WHERE stage = 'ingest' AND code = 'bad_value' AND field = 'event_id'":           2,
		"SELECT count() FROM dead_letter FINAL WHERE stage = 'ingest' AND code = 'bad_time'":                                   1,
		"SELECT count() FROM dead_letter FINAL WHERE stage = 'ingest' AND code = 'too_long' AND field = 'model'":               1,
		"SELECT count() FROM dead_letter FINAL WHERE stage = 'ingest' AND topic = 'uptake.events.v1' AND partition = 0":        6,
		"SELECT max(offset) FROM (SELECT toUInt64(offset) AS offset FROM dead_letter FINAL WHERE topic = 'uptake.events.v1')":  15,
		"SELECT count() FROM dead_letter FINAL WHERE stage = 'collector' AND code = 'unknown_tool' AND path = 'api'":           1,
		"SELECT count() FROM dead_letter FINAL WHERE received_at > now() + INTERVAL 1 DAY":                                     0,
		"SELECT count() FROM dead_letter FINAL WHERE topic = 'uptake.deadletter.v1' AND message LIKE '%no dead letter%'":       1,
		"SELECT count() FROM dead_letter FINAL WHERE message LIKE '%prompt%' OR field LIKE '%prompt%' OR tool LIKE '%prompt%'": 0,
	} {
		if got := p.count(t, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	if n := r.value(t, "uptake_ingest_refused_total"); n != 6 {
		t.Errorf("%v are counted as refused", n)
	}
	if n := r.value(t, "uptake_ingest_dead_letters_total"); n != 9 {
		t.Errorf("%v letters are counted", n)
	}
	// What was met once is not met again.
	r.stop()
	again := p.start(t, quick(), p.conn, decoder)
	p.send(t, p.kafka.Topic, 0, encoded(t, event(99))...)
	eventually(t, "it goes on", func() bool { return p.count(t, "SELECT count() FROM event") == 21 })
	if n := again.value(t, "uptake_ingest_refused_total"); n != 0 {
		t.Errorf("%v were refused again", n)
	}
}

func TestAnEventOfAClosedDayIsALetter(t *testing.T) {
	p := newPlace(t, 1)
	if err := migrate.Run(t.Context(), p.conn, p.deps().Logger); err != nil {
		t.Fatal(err)
	}
	late := event(1)
	late.OccurredAtUnixNano -= uint64(100 * day)
	closed := time.Unix(0, int64(late.OccurredAtUnixNano)).UTC().Format(time.DateOnly)
	if err := p.conn.Exec(t.Context(), "INSERT INTO closed_day VALUES (?, now())", closed); err != nil {
		t.Fatal(err)
	}
	neighbour := event(2)
	neighbour.OccurredAtUnixNano = late.OccurredAtUnixNano + uint64(day)
	p.send(t, p.kafka.Topic, 0, encoded(t, late, neighbour)...)
	p.start(t, quick(), p.conn)
	eventually(t, "the neighbour is stored", func() bool { return p.count(t, "SELECT count() FROM event") == 1 })
	eventually(t, "the letter is stored", func() bool {
		return p.count(t, "SELECT count() FROM dead_letter WHERE code = 'closed_day' AND tool = 'claude-code' AND path = 'otlp' AND stage = 'ingest'") == 1
	})
}

func TestADayThatClosesWhileRunning(t *testing.T) {
	p := newPlace(t, 1)
	config := quick()
	config.ClosedDaysInterval = time.Second
	r := p.start(t, config, p.conn)
	p.send(t, p.kafka.Topic, 0, encoded(t, event(1))...)
	eventually(t, "the first is stored", func() bool { return p.count(t, "SELECT count() FROM event") == 1 })
	late := event(2)
	closed := time.Unix(0, int64(late.OccurredAtUnixNano)).UTC()
	if err := p.conn.Exec(t.Context(), "INSERT INTO closed_day VALUES (?, now())", closed.Format(time.DateOnly)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is known", func() bool { return r.closed.holds(closed) })
	p.send(t, p.kafka.Topic, 0, encoded(t, late)...)
	eventually(t, "the letter is stored", func() bool { return p.count(t, "SELECT count() FROM dead_letter WHERE code = 'closed_day'") == 1 })
}

func TestClickHouseAwayAndBack(t *testing.T) {
	p := newPlace(t, 2)
	gate := newGate(t, p.options.Addr[0])
	options := *p.options
	options.Addr = []string{gate.addr()}
	conn := enginetest.Open(t, &options)
	r := p.start(t, quick(), conn)
	p.send(t, p.kafka.Topic, 0, encoded(t, numbered(0, 100)...)...)
	eventually(t, "all are stored", func() bool { return p.count(t, "SELECT count() FROM event") == 100 })
	gate.shut()
	for n := 100; n < 2000; n += 100 {
		p.send(t, p.kafka.Topic, n/100%2, encoded(t, numbered(n, n+100)...)...)
	}
	eventually(t, "it says what it waits for", func() bool {
		err := r.Ready()
		return err != nil && strings.Contains(err.Error(), "ClickHouse")
	})
	if n := p.committed(t, p.kafka.Topic, 2); n > 100 {
		t.Errorf("%d are committed", n)
	}
	gate.open()
	eventually(t, "all are stored", func() bool { return p.count(t, "SELECT count() FROM event") == 2000 })
	eventually(t, "all is committed", func() bool { return p.committed(t, p.kafka.Topic, 2) == 2000 })
	eventually(t, "it is ready", func() bool { return r.Ready() == nil })
}

func TestStartsWithoutKafkaAndClickHouse(t *testing.T) {
	p := newPlace(t, 1)
	gate := newGate(t, p.options.Addr[0])
	gate.shut()
	options := *p.options
	options.Addr = []string{gate.addr()}
	conn := enginetest.Open(t, &options)
	r := p.start(t, quick(), conn)
	eventually(t, "it says what it waits for", func() bool { return strings.Contains(r.Ready().Error(), "the tables in ClickHouse") })
	gate.open()
	eventually(t, "it is ready", func() bool { return r.Ready() == nil })
}

func TestTablesOfANewerVersionEndIt(t *testing.T) {
	p := newPlace(t, 1)
	if err := migrate.Run(t.Context(), p.conn, p.deps().Logger); err != nil {
		t.Fatal(err)
	}
	if err := p.conn.Exec(t.Context(), "INSERT INTO schema_version SELECT 99, 'future', now64(6)"); err != nil {
		t.Fatal(err)
	}
	i, err := New(quick(), p.deps())
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Run(t.Context()); !errors.Is(err, migrate.ErrNewer) {
		t.Errorf("got %v", err)
	}
}

func TestTwoMembersStoreEverythingOnce(t *testing.T) {
	p := newPlace(t, 4)
	first := p.start(t, quick(), p.conn)
	var sent atomic.Int64
	send := func(n int) {
		for ; n > 0; n-- {
			from := int(sent.Load())
			p.send(t, p.kafka.Topic, from/50%4, encoded(t, numbered(from, from+50)...)...)
			sent.Add(50)
		}
	}
	send(20)
	second := p.start(t, quick(), enginetest.Open(t, p.options))
	send(20)
	eventually(t, "the second takes part", func() bool { return second.value(t, "uptake_ingest_partitions") > 0 })
	send(20)
	first.stop()
	send(20)
	eventually(t, "all are stored", func() bool { return p.count(t, "SELECT uniqExact(event_id) FROM event") == uint64(sent.Load()) })
	eventually(t, "all is committed", func() bool { return p.committed(t, p.kafka.Topic, 4) == sent.Load() })
	if n := p.count(t, "SELECT count() FROM event FINAL"); n != uint64(sent.Load()) {
		t.Errorf("%d rows of %d", n, sent.Load())
	}
}

// The insert is done, its commit is refused: the block comes again under the
// token it had.
func TestAGenerationThatIsLostDoublesNothing(t *testing.T) {
	p := newPlace(t, 1)
	p.send(t, p.kafka.Topic, 0, encoded(t, numbered(0, 100)...)...)
	var refused atomic.Int32
	failCommits(p.broker, &refused, 3)
	r := p.start(t, quick(), p.conn)
	eventually(t, "all is committed", func() bool { return p.committed(t, p.kafka.Topic, 1) == 100 })
	if refused.Load() < 3 {
		t.Errorf("%d commits were refused", refused.Load())
	}
	if n := p.count(t, "SELECT count() FROM event"); n != 100 {
		t.Errorf("%d rows before any merge", n)
	}
	if n := p.count(t, "SELECT sum(rows) FROM touched_hour"); n < 100 {
		t.Errorf("touched by %d rows", n)
	}
	r.stop()
}

func TestConfigNamesTheSetting(t *testing.T) {
	for setting, change := range map[string]func(*Config){
		"flush_interval":          func(c *Config) { c.FlushInterval = 0 },
		"block_rows":              func(c *Config) { c.BlockRows = 0 },
		"memory_bytes":            func(c *Config) { c.MemoryBytes = 0 },
		"closed_days_interval":    func(c *Config) { c.ClosedDaysInterval = 0 },
		"consume.session_timeout": func(c *Config) { c.Consume.SessionTimeout = 0 },
		"store.inserts":           func(c *Config) { c.Store.Inserts = 0 },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), setting+": ") {
			t.Errorf("%s: got %v", setting, err)
		}
	}
}
