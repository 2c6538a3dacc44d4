package consume

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/deploy/kafkatest"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// What the embedded broker shows holds for Apache Kafka too: groups, commits
// with their announcements, a member that leaves and a kill of the broker.
func TestAgainstApacheKafka(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Apache Kafka")
	}
	node := kafkatest.Start(t)
	settings := kafka.DefaultConfig()
	settings.Brokers = []string{node.Addr()}
	settings.Partitions = 2
	eventually(t, "the topics are there", func() bool { return settings.EnsureTopics(t.Context()) == nil })
	l := newLedger()
	announced := func(ctx context.Context, p *Partition) error {
		for {
			messages, err := p.Fetch(ctx, 100*time.Millisecond)
			if err != nil {
				return err
			}
			if len(messages) == 0 {
				continue
			}
			last := messages[len(messages)-1].Offset
			if p.Planned() < 0 {
				if err := p.Plan(ctx, last); err != nil {
					return err
				}
				return errors.New("crashed before the commit")
			}
			if p.Planned() != last {
				t.Errorf("announced until %d, found %d", last, p.Planned())
			}
			if err := p.Commit(ctx, last); err != nil {
				return err
			}
			l.add(messages)
		}
	}
	first := join(t, settings, fast(), announced)
	second := join(t, settings, fast(), announced)
	eventually(t, "they share", func() bool {
		return testutil.ToFloat64(first.consumer.metrics.partitions) == 2 && testutil.ToFloat64(second.consumer.metrics.partitions) == 2
	})
	send(t, settings, 0, kafkago.Zstd, numbered(0, 50)...)
	send(t, settings, 1, kafkago.Lz4, numbered(50, 100)...)
	eventually(t, "all are read", func() bool { return l.distinct() == 100 })
	first.stop()
	node.Kill()
	eventually(t, "it says what it waits for", func() bool { return second.consumer.Ready() != nil })
	node.Restart(t)
	send(t, settings, 0, kafkago.Zstd, numbered(100, 150)...)
	send(t, settings, 1, kafkago.Zstd, numbered(150, 200)...)
	eventually(t, "all are read", func() bool { return l.distinct() == 200 })
	eventually(t, "it is ready again", func() bool { return second.consumer.Ready() == nil })
}
