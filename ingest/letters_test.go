package ingest

import (
	"context"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/schema"
)

// sendLettersTwice sends letters as collectors do, and again as one does that
// was killed before it noted that they had arrived.
func (p *place) sendLettersTwice(t *testing.T, ids ...string) {
	t.Helper()
	letter := &schema.DeadLetter{ReceivedAtUnixNano: uint64(time.Now().UnixNano()), Stage: schema.Stage_STAGE_COLLECTOR, Code: "unknown_tool"}
	for range 2 {
		var records []kafkago.Record
		for _, id := range ids {
			m, err := schema.DecodeMessage(schema.AppendDeadLetter(nil, letter, schema.EventID(id)))
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, record(m))
		}
		res, err := p.client.Produce(context.Background(), &kafkago.ProduceRequest{Topic: p.kafka.DeadLetterTopic,
			RequiredAcks: kafkago.RequireAll, Records: kafkago.NewRecordReader(records...)})
		if err != nil {
			t.Fatal(err)
		}
		if res.Error != nil {
			t.Fatal(res.Error)
		}
	}
}

func TestALetterSentTwiceIsOneRow(t *testing.T) {
	p := newPlace(t, 1)
	p.sendLettersTwice(t, "first", "second")
	p.start(t, quick(), p.conn, func(*Ingest) {})
	eventually(t, "all letters are inserted", func() bool { return p.count(t, "SELECT toUInt64(max(offset)) FROM dead_letter") == 3 })
	if n := p.count(t, "SELECT count() FROM dead_letter FINAL"); n != 2 {
		t.Errorf("%d letters, want 2", n)
	}
}
