package publish

import (
	"errors"
	"fmt"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/schema"
)

// TestKeysGoWhereJavaSendsThem holds to the vectors of Kafka's own tests.
func TestKeysGoWhereJavaSendsThem(t *testing.T) {
	for key, want := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	} {
		if got := int32(murmur2([]byte(key))); got != want {
			t.Errorf("%q hashes to %d, want %d", key, got, want)
		}
	}
	balancer := kafkago.Murmur2Balancer{Consistent: true}
	for n := range 1000 {
		key := []byte(fmt.Sprintf("key-%d", n*n))[:4+n%4]
		if got, want := partitionOf(key, 7), balancer.Balance(kafkago.Message{Key: key}, 0, 1, 2, 3, 4, 5, 6); got != want {
			t.Errorf("%q goes to %d, want %d", key, got, want)
		}
	}
}

func TestASplitKeepsEveryRecord(t *testing.T) {
	for _, count := range []int{2, 3, 200} {
		whole := new(batch)
		for n := range count {
			m, err := schema.DecodeMessage(event(1, n, n))
			if err != nil {
				t.Fatal(err)
			}
			if !whole.add(&m, uint64(n), 1<<20) {
				t.Fatal("the batch is full")
			}
		}
		head, tail := whole.split()
		if head.count+tail.count != count || head.first != 0 {
			t.Fatalf("%d records became %d and %d", count, head.count, tail.count)
		}
		number := 0
		for _, half := range []*batch{head, tail} {
			rest := half.records
			for len(rest) > 0 {
				var r record
				var err error
				if r, rest, err = cutRecord(rest); err != nil {
					t.Fatal(err)
				}
				value, err := r.value()
				e := new(schema.UsageEvent)
				if err = errors.Join(err, e.UnmarshalVT(value)); err != nil || e.OccurredAtUnixNano != uint64(number) {
					t.Fatalf("record %d of %d is %v, %v", number, count, e, err)
				}
				number++
			}
		}
	}
}

func FuzzCutRecord(f *testing.F) {
	m, _ := schema.DecodeMessage(event(1, 2, 3))
	record, _ := appendRecord(nil, &m, 5, nil)
	f.Add(record)
	f.Add(record[:10])
	f.Fuzz(func(t *testing.T, b []byte) {
		r, rest, err := cutRecord(b)
		if err != nil {
			return
		}
		again, left, err := cutRecord(append(r.appendAs(nil, 7), rest...))
		if err != nil || string(left) != string(rest) || string(again.rest) != string(r.rest) {
			t.Errorf("%v, %v became %v, %v, %v", r, rest, again, left, err)
		}
		_, _ = r.value()
	})
}

// BenchmarkEncodeBatch is what a record costs from the spool to the request.
func BenchmarkEncodeBatch(b *testing.B) {
	var entries [][]byte
	for n := range 1000 {
		entries = append(entries, event(n%50, n, 150))
	}
	for _, name := range []string{Zstd, LZ4, None} {
		b.Run(name, func(b *testing.B) {
			compression, err := newCompressor(name)
			if err != nil {
				b.Fatal(err)
			}
			work := new(batch)
			now := time.Now()
			b.ReportAllocs()
			for n := 0; n < b.N; n++ { // one record each
				m, err := schema.DecodeMessage(entries[n%len(entries)])
				if err != nil {
					b.Fatal(err)
				}
				if !work.add(&m, uint64(n), 256<<10) {
					work.close(compression)
					work.stamp(session{id: 1}, 0, now)
					work.reset()
				}
			}
			b.SetBytes(int64(len(entries[0])))
		})
	}
}
