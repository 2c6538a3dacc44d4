package publish

import (
	"bytes"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/uptake-telemetry/uptake/deploy/kafkatest"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// realPlace is a place with Apache Kafka in it.
func realPlace(t *testing.T, properties ...string) (*place, *kafkatest.Node) {
	t.Helper()
	node := kafkatest.Start(t, properties...)
	p := &place{kafka: kafka.DefaultConfig(), queue: newQueue(), settings: DefaultConfig()}
	p.config.Partitions, p.kafka.Partitions = 3, 3
	p.settings.DrainTimeout = 0
	p.kafka.Brokers = []string{node.Addr()}
	client, err := p.kafka.Client()
	if err != nil {
		t.Fatal(err)
	}
	p.client = client
	t.Cleanup(func() { kafka.CloseClient(client) })
	return p, node
}

func TestRealKafka(t *testing.T) {
	p, node := realPlace(t, "message.max.bytes=65536")

	t.Run("takes batches of every compression", func(t *testing.T) {
		for i, compression := range []string{Zstd, LZ4, None} {
			p.settings.Compression = compression
			_, stop := p.publish(t)
			for number := 100 * i; number < 100*(i+1); number++ {
				for person := range 20 {
					p.queue.append(event(person, number, 100))
				}
			}
			p.settled(t)
			stop()
		}
		p.once(t, 20, 300)
	})

	t.Run("stores a repeated batch once and refuses a gap", func(t *testing.T) {
		repeatAndGap(t, p)
	})

	t.Run("stores each event once over a kill, a restart and a long silence", func(t *testing.T) {
		p.settings.RequestTimeout = minRequestTimeout
		publisher, stop := p.publish(t)
		number := 300
		send := func(until int) {
			for ; number < until; number++ {
				for person := range 20 {
					p.queue.append(event(person, number, 100))
				}
			}
		}
		send(400)
		until(t, "some is sent", func() bool { return p.value(t, "publish_batches_total", "") > 0 })
		node.Kill()
		send(500)
		until(t, "it says that Kafka is away", func() bool {
			err := publisher.Ready()
			return err != nil && strings.Contains(err.Error(), "waiting for Kafka at "+node.Addr())
		})
		node.Restart(t)
		p.settled(t)
		node.Suspend(t)
		send(600)
		until(t, "a request timed out", func() bool { return p.value(t, "publish_retries_total", string(timedOut)) > 0 })
		node.Resume(t)
		p.settled(t)
		until(t, "it is ready again", func() bool { return publisher.Ready() == nil })
		stop()
		if n := p.value(t, "publish_sessions_total", ""); n != 1 {
			t.Errorf("%v producer sessions: the broker forgot ours", n)
		}
		p.once(t, 20, 600)
	})

	t.Run("refuses what is too large", func(t *testing.T) {
		p.settings = DefaultConfig()
		p.settings.Compression = None
		_, stop := p.publish(t)
		for number := 600; number < 900; number++ {
			for person := range 20 {
				p.queue.append(event(person, number, 100))
			}
		}
		p.queue.append(event(99, 0, 100<<10))
		p.settled(t)
		stop()
		p.once(t, 20, 900)
		if letters := p.topic(t, p.kafka.DeadLetterTopic); len(letters) != 1 {
			t.Errorf("%d dead letters, want one", len(letters))
		}
	})
}

// repeatAndGap speaks to the broker without the publisher.
func repeatAndGap(t *testing.T, p *place) {
	t.Helper()
	res, err := p.client.InitProducerID(t.Context(), &kafkago.InitProducerIDRequest{ProducerID: -1, ProducerEpoch: -1})
	if err != nil || res.Error != nil {
		t.Fatal(err, res)
	}
	b := new(batch)
	letter := schema.AppendDeadLetter(nil, &schema.DeadLetter{}, [schema.EventIDSize]byte{1})
	m, err := schema.DecodeMessage(letter)
	if err != nil {
		t.Fatal(err)
	}
	b.add(&m, 0, 1<<20)
	b.close(uncompressed{})
	topic := p.repeatTopic(t)
	send := func(sequence int32) (int64, error) {
		b.stamp(session{id: int64(res.Producer.ProducerID), epoch: int16(res.Producer.ProducerEpoch)}, sequence, time.Now())
		answer, err := topic.RawProduce(t.Context(), &kafkago.RawProduceRequest{
			Topic: "repeat", Partition: 0, RequiredAcks: kafkago.RequireAll,
			RawRecords: protocol.RawRecordSet{Reader: bytes.NewReader(b.wire)},
		})
		if err != nil {
			t.Fatal(err)
		}
		return answer.BaseOffset, answer.Error
	}
	for range 3 {
		if offset, err := send(0); offset != 0 || err != nil {
			t.Errorf("a repeat is stored at %d, %v", offset, err)
		}
	}
	if _, err := send(5); classify(err) != lostSession {
		t.Errorf("a gap is answered with %v", err)
	}
	if offset, err := send(1); offset != 1 || err != nil {
		t.Errorf("the next batch is stored at %d, %v", offset, err)
	}
}

// repeatTopic returns a client of a topic of its own.
func (p *place) repeatTopic(t *testing.T) *kafkago.Client {
	t.Helper()
	settings := p.kafka
	settings.Topic, settings.DeadLetterTopic = "repeat", "repeat.dead"
	if err := settings.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	client, err := settings.Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kafka.CloseClient(client) })
	return client
}
