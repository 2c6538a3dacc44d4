package consume

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

func TestAnOffsetBeyondTheLogBeginsWithTheOldest(t *testing.T) {
	_, settings := startBroker(t, broker.Config{Partitions: 1})
	send(t, settings, 0, 0, numbered(0, 10)...)
	l := newLedger()
	m := join(t, settings, fast(), func(ctx context.Context, p *Partition) error {
		if p.Topic == settings.Topic && l.distinct() == 0 {
			p.next = 1000
		}
		return l.commitAll(ctx, p)
	})
	eventually(t, "it goes on with the oldest", func() bool { return l.distinct() == 10 })
	if n := testutil.ToFloat64(m.consumer.metrics.skipped); n != 0 {
		t.Errorf("%v missed, although the log only is shorter", n)
	}
}

func TestWhatRetentionRemovedIsCounted(t *testing.T) {
	b, settings := startBroker(t, broker.Config{Partitions: 1})
	send(t, settings, 0, 0, numbered(0, 10)...)
	l := newLedger()
	first := join(t, settings, fast(), l.commitAll)
	eventually(t, "ten are committed", func() bool {
		return l.distinct() == 10 && testutil.ToFloat64(gauge(t, first.registry, "uptake_ingest_lag_events")) == 0
	})
	first.stop()
	send(t, settings, 0, 0, numbered(10, 30)...)
	deleteBefore(t, b, settings.Topic, 25)
	m := join(t, settings, fast(), l.commitAll)
	eventually(t, "it goes on with the oldest", func() bool { return l.distinct() == 15 })
	if n := testutil.ToFloat64(m.consumer.metrics.skipped); n != 15 {
		t.Errorf("%v missed, want 15", n)
	}
}

// deleteBefore removes messages as retention does.
func deleteBefore(t *testing.T, b *broker.Broker, topic string, offset int64) {
	t.Helper()
	req := kmsg.NewPtrDeleteRecordsRequest()
	partition := kmsg.NewDeleteRecordsRequestTopicPartition()
	partition.Offset = offset
	req.Topics = []kmsg.DeleteRecordsRequestTopic{{Topic: topic, Partitions: []kmsg.DeleteRecordsRequestTopicPartition{partition}}}
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	res, err := req.RequestWith(t.Context(), client)
	if err != nil || res.Topics[0].Partitions[0].ErrorCode != 0 {
		t.Fatal(err, res)
	}
}

func TestNewPartitionsAreRead(t *testing.T) {
	_, settings := startBroker(t, broker.Config{Partitions: 1})
	l := newLedger()
	m := join(t, settings, fast(), l.commitAll)
	eventually(t, "it holds what there is", func() bool { return testutil.ToFloat64(m.consumer.metrics.partitions) == 2 })
	client, err := settings.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer kafka.CloseClient(client)
	res, err := client.CreatePartitions(t.Context(), &kafkago.CreatePartitionsRequest{Topics: []kafkago.TopicPartitionsConfig{{Name: settings.Topic, Count: 3}}})
	if err != nil || res.Errors[settings.Topic] != nil {
		t.Fatal(err, res)
	}
	eventually(t, "it holds the new ones", func() bool { return testutil.ToFloat64(m.consumer.metrics.partitions) == 4 })
	send(t, settings, 2, 0, numbered(0, 10)...)
	eventually(t, "all are read", func() bool { return l.distinct() == 10 })
}

func TestALeaderThatMovedIsFound(t *testing.T) {
	b, settings := startBroker(t, broker.Config{Partitions: 1})
	l := newLedger()
	var refused atomic.Int32
	b.Cluster().ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		fetch := req.(*kmsg.FetchRequest)
		b.Cluster().KeepControl()
		if refused.Add(1) == 5 {
			b.Cluster().DropControl()
		}
		return notLeader(fetch), nil, true
	})
	join(t, settings, fast(), l.commitAll)
	send(t, settings, 0, 0, numbered(0, 10)...)
	eventually(t, "all are read", func() bool { return l.distinct() == 10 })
}

func notLeader(fetch *kmsg.FetchRequest) kmsg.Response {
	res := fetch.ResponseKind().(*kmsg.FetchResponse)
	for _, t := range fetch.Topics {
		topic := kmsg.NewFetchResponseTopic()
		topic.Topic = t.Topic
		for _, p := range t.Partitions {
			partition := kmsg.NewFetchResponseTopicPartition()
			partition.Partition, partition.ErrorCode = p.Partition, int16(kafkago.NotLeaderForPartition)
			topic.Partitions = append(topic.Partitions, partition)
		}
		res.Topics = append(res.Topics, topic)
	}
	return res
}
