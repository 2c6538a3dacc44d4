package ingest

import (
	"context"
	"testing"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/table"
)

// erase notes the pseudonyms as erased now.
func (p *place) erase(t *testing.T, pseudonyms ...[]byte) {
	t.Helper()
	for _, pseudonym := range pseudonyms {
		err := p.conn.Exec(context.Background(), "INSERT INTO erased (hash, receipt, erased_at) SELECT ?, generateUUIDv4(), now64(6)", table.ErasedHash(schema.PseudonymString(pseudonym)))
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestErasedStaysErasedWhenTheTopicIsReadAgain(t *testing.T) {
	p := newPlace(t, 1)
	mine, nobodys, others := event(1), event(2), event(3)
	nobodys.Person, nobodys.Device = nil, mine.Device
	others.Device = mine.Device
	p.send(t, p.kafka.Topic, 0, encoded(t, mine, nobodys, others, event(4))...)
	r := p.start(t, quick(), p.conn)
	eventually(t, "all are stored", func() bool { return p.count(t, "SELECT count() FROM event") == 4 })
	r.stop()

	p.erase(t, mine.Person, mine.Device)
	for _, table := range []string{"event", "touched_hour"} {
		if err := p.conn.Exec(t.Context(), "TRUNCATE TABLE "+table); err != nil {
			t.Fatal(err)
		}
	}
	p.kafka.Group = "from-the-beginning"
	again := p.start(t, quick(), p.conn)
	eventually(t, "all is read again", func() bool { return p.committed(t, p.kafka.Topic, 1) == 4 })
	if n := p.count(t, "SELECT count() FROM event"); n != 2 {
		t.Errorf("%d events, want the two of others", n)
	}
	if n := p.count(t, "SELECT count() FROM event WHERE device = '"+schema.PseudonymString(mine.Device)+"'"); n != 0 {
		t.Error("the erased device came back")
	}
	if n := again.value(t, "uptake_ingest_erased_total"); n != 2 {
		t.Errorf("%v messages are counted as dropped", n)
	}
	if n := p.count(t, "SELECT count() FROM dead_letter"); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

func TestWhatComesAfterAnErasureIsNew(t *testing.T) {
	p := newPlace(t, 1)
	p.send(t, p.kafka.Topic, 0, encoded(t, event(1))...)
	r := p.start(t, quick(), p.conn)
	eventually(t, "it is stored", func() bool { return p.count(t, "SELECT count() FROM event") == 1 })
	old := event(501) // the same person
	p.erase(t, old.Person)
	eventually(t, "the erasure is known", func() bool { known := r.erased.known.Load(); return known != nil && len(*known) == 1 })
	p.send(t, p.kafka.Topic, 0, encoded(t, old, event(1001))...)
	eventually(t, "the new one is stored", func() bool { return p.count(t, "SELECT count() FROM event") == 2 })
	if n := r.value(t, "uptake_ingest_erased_total"); n != 1 {
		t.Errorf("%v messages are counted as dropped", n)
	}
}
