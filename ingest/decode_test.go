package ingest

import (
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/ingest/consume"
	"github.com/uptake-telemetry/uptake/ingest/store"
	"github.com/uptake-telemetry/uptake/schema"
)

// Whatever lies on the topic is refused with a letter or fits into a block.
func FuzzDecode(f *testing.F) {
	i := &Ingest{unmarshal: (*schema.UsageEvent).UnmarshalVT}
	for n := range 8 {
		value, err := event(n).MarshalVT()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(value)
	}
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, value []byte) {
		var e schema.UsageEvent
		block := store.NewBlock()
		if r := i.decode(&e, value); r != nil {
			l := letter(&e, r, "topic", 1, consume.Message{Offset: 2, Time: time.Unix(1, 0), Value: value})
			if seal(l).message.Kind != schema.DeadLetterMessage || l.Event != nil {
				t.Error("no letter without content")
			}
			return
		}
		block.Add(&e, store.Origin{})
		if block.Rows() != 1 {
			t.Error("not taken")
		}
	})
}
