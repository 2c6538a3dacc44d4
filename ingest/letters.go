package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/schema"
)

// deadLetter is a letter that is ready to be sent.
type deadLetter struct {
	message schema.Message
	code    schema.Code
}

func seal(l *schema.DeadLetter) deadLetter {
	id := placeID(l.Topic, int(l.Partition), l.Offset)
	// A letter of ours is always an encoded message.
	message, _ := schema.DecodeMessage(schema.AppendDeadLetter(nil, l, id))
	return deadLetter{message, schema.Code(l.Code)}
}

// placeID is the id of the letter about a message of ours.
func placeID(topic string, partition int, offset int64) [schema.EventIDSize]byte {
	return schema.EventID("ingest", topic, strconv.Itoa(partition), strconv.FormatInt(offset, 10))
}

// sendLetters returns when the dead-letter topic has them all, on every replica
// in sync, or ctx has ended. A letter sent twice is one row of its table.
func (i *Ingest) sendLetters(ctx context.Context, letters []deadLetter) error {
	if len(letters) == 0 {
		return nil
	}
	err := i.until(ctx, "the dead-letter topic", func(ctx context.Context) error { return i.produce(ctx, letters) })
	if err != nil {
		return err
	}
	i.setWaiting(nil)
	for _, l := range letters {
		i.metrics.refused.WithLabelValues(string(l.code)).Inc()
	}
	return nil
}

func (i *Ingest) produce(ctx context.Context, letters []deadLetter) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	partition, err := i.letterPartition(ctx)
	if err != nil {
		return err
	}
	records := make([]kafkago.Record, len(letters))
	for n, l := range letters {
		records[n] = record(l.message)
	}
	res, err := i.client.Produce(ctx, &kafkago.ProduceRequest{
		Topic: i.deps.Kafka.DeadLetterTopic, Partition: partition,
		RequiredAcks: kafkago.RequireAll, Records: kafkago.NewRecordReader(records...),
	})
	if err != nil {
		return fmt.Errorf("send dead letters: %w", err)
	}
	if res.Error != nil {
		return fmt.Errorf("send dead letters: %w", res.Error)
	}
	return nil
}

// letterPartition spreads letters over the partitions by the clock: their order
// means nothing.
func (i *Ingest) letterPartition(ctx context.Context) (int, error) {
	topic := i.deps.Kafka.DeadLetterTopic
	found, err := i.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return 0, fmt.Errorf("look up topic %s: %w", topic, err)
	}
	for _, t := range found.Topics {
		if t.Name == topic && t.Error == nil && len(t.Partitions) > 0 {
			return int(time.Now().UnixMilli()) % len(t.Partitions), nil
		}
	}
	return 0, errors.New("look up topic " + topic + ": it has no partitions")
}

func record(m schema.Message) kafkago.Record {
	r := kafkago.Record{Key: kafkago.NewBytes(m.Key), Value: kafkago.NewBytes(m.Value)}
	for _, h := range m.Headers() {
		r.Headers = append(r.Headers, kafkago.Header{Key: h.Key, Value: h.Value})
	}
	return r
}
