package publish_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/collector/publish"
	"github.com/uptake-telemetry/uptake/collector/spool"
	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// BenchmarkSpoolToBroker is the way of an event from Append to the embedded
// broker, both on disk with every write synced; 100 events a call.
func BenchmarkSpoolToBroker(b *testing.B) {
	for _, compression := range []string{publish.Zstd, publish.LZ4, publish.None} {
		b.Run(compression, func(b *testing.B) { benchmarkSpoolToBroker(b, compression) })
	}
}

func benchmarkSpoolToBroker(b *testing.B, compression string) {
	settings := kafka.DefaultConfig()
	node, err := broker.Start(broker.Config{
		Dir: b.TempDir(), NoAuth: true, Partitions: 4, Topics: []string{settings.Topic, settings.DeadLetterTopic},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer node.Close()
	settings.Brokers = []string{node.Addr()}
	s, err := spool.Open(spool.DefaultConfig(), spool.Deps{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	config := publish.DefaultConfig()
	config.Compression = compression
	p, err := publish.New(config, publish.Deps{Source: s, Kafka: settings})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = p.Run(ctx) })
	defer running.Wait()
	defer cancel()

	call := callOf(100)
	b.SetParallelism(8)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := s.Append(ctx, call); err != nil {
				b.Error(err)
			}
		}
	})
	for s.Waiting().Entries > 0 {
		time.Sleep(time.Millisecond)
	}
	b.ReportMetric(float64(100*b.N)/b.Elapsed().Seconds(), "events/s")
}

func callOf(n int) (entries [][]byte) {
	for i := range n {
		id := binary.BigEndian.AppendUint64(bytes.Repeat([]byte{7}, 8), uint64(i))
		entries = append(entries, schema.AppendEvent(nil, &schema.UsageEvent{
			EventId: id, Person: id, Device: id, Session: id, OccurredAtUnixNano: uint64(time.Now().UnixNano()) + uint64(i),
			Tool: "claude-code", ToolVersion: "2.1.330", Model: "claude-sonnet-5",
		}))
	}
	return entries
}
