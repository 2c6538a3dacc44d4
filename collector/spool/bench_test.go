package spool

import (
	"bytes"
	"context"
	"fmt"
	"testing"
)

func BenchmarkAppend(b *testing.B) {
	for _, events := range []int{1, 5, 100} {
		b.Run(fmt.Sprintf("%d_events", events), func(b *testing.B) {
			s := open(b, DefaultConfig(), b.TempDir(), nil)
			go settleAll(s)
			call := make([][]byte, events)
			for i := range call {
				call[i] = bytes.Repeat([]byte{'x'}, 300)
			}
			b.SetParallelism(8) // on two cores, 16 at once
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := s.Append(context.Background(), call); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N*events)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(b.N)/s.value(b, "sync_duration_seconds"), "calls/sync")
		})
	}
}

func settleAll(s opened) {
	for {
		var settled uint64
		err := s.Next(context.Background(), 1<<20, func(sequence uint64, _ []byte) { settled = sequence + 1 })
		if err != nil || s.Settle(settled) != nil {
			return
		}
	}
}
