package ingest

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/schema"
)

// sendAsPublished sends events as the publisher does: keys, headers and batches
// of a thousand.
func (p *place) sendAsPublished(b *testing.B, partition, from, to int) {
	b.Helper()
	var records []kafkago.Record
	for n := from; n < to; n++ {
		m, err := schema.DecodeMessage(schema.AppendEvent(nil, event(n)))
		if err != nil {
			b.Fatal(err)
		}
		records = append(records, record(m))
	}
	res, err := p.client.Produce(context.Background(), &kafkago.ProduceRequest{Topic: p.kafka.Topic, Partition: partition,
		RequiredAcks: kafkago.RequireAll, Compression: kafkago.Zstd, Records: kafkago.NewRecordReader(records...)})
	if err != nil {
		b.Fatal(err)
	}
	if res.Error != nil {
		b.Fatal(res.Error)
	}
}

// BenchmarkBacklog lets a process of its own store a backlog of half a million
// events, with the settings as shipped. It reports the CPU of that process a
// million rows, its greatest resident size and the rows a second.
func BenchmarkBacklog(b *testing.B) {
	for _, partitions := range []int{4, 32} {
		b.Run(fmt.Sprintf("partitions=%d", partitions), func(b *testing.B) { benchmarkBacklog(b, partitions) })
	}
}

func benchmarkBacklog(b *testing.B, partitions int) {
	const rows, batch = 500_000, 1000
	for b.Loop() {
		b.StopTimer()
		p := newPlace(b, partitions)
		for n := 0; n < rows; n += batch {
			p.sendAsPublished(b, n/batch%partitions, n, n+batch)
		}
		b.StartTimer()
		began := time.Now()
		c := startChild(b, p, DefaultConfig())
		eventually(b, "all is committed", func() bool { return p.committed(b, p.kafka.Topic, partitions) == rows })
		took := time.Since(began)
		c.stdin.Close()
		if err := c.process.Wait(); err != nil {
			b.Fatal(err)
		}
		if n := p.count(b, "SELECT count() FROM event"); n != rows {
			b.Fatalf("%d rows of %d", n, rows)
		}
		usage := c.process.ProcessState.SysUsage().(*syscall.Rusage)
		cpu := c.process.ProcessState.UserTime() + c.process.ProcessState.SystemTime()
		b.ReportMetric(cpu.Seconds()*1e6/rows, "cpu-s/Mrows")
		b.ReportMetric(float64(usage.Maxrss)/1024, "MiB-resident")
		b.ReportMetric(rows/took.Seconds(), "rows/s")
	}
}
