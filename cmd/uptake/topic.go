package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/schema"
)

// fetchBytes bounds one request for messages of a topic, fetchWait how long the
// broker may think about it.
const (
	fetchBytes = 1 << 20
	fetchWait  = 500 * time.Millisecond
)

// topicReader reads messages that lie in Kafka, without being a member of a
// group: it moves no offset.
type topicReader struct {
	client *kafkago.Client
	// kept are the messages of the last answer by partition, since those that
	// ingest refused mostly lie together.
	kept map[topicPosition]map[int64][]byte
}

func newTopicReader(client *kafkago.Client) *topicReader {
	return &topicReader{client: client, kept: map[topicPosition]map[int64][]byte{}}
}

// all visits the values of a topic, each partition in order, up to where it ends
// at the call.
func (r *topicReader) all(ctx context.Context, topic string, visit func(value []byte) error) error {
	partitions, err := r.partitions(ctx, topic)
	if err != nil {
		return err
	}
	for _, p := range partitions {
		for next := p.FirstOffset; next < p.LastOffset; {
			values, after, err := r.fetch(ctx, topicPosition{topic, p.Partition}, next)
			if err != nil {
				return err
			}
			for offset := next; offset < after; offset++ {
				if value, there := values[offset]; there && offset < p.LastOffset {
					if err := visit(value); err != nil {
						return err
					}
				}
			}
			next = after
		}
	}
	return nil
}

// one returns the value of one message, nil when it is not in the topic any more.
func (r *topicReader) one(ctx context.Context, at topicPosition, offset int64) ([]byte, error) {
	if value, there := r.kept[at][offset]; there {
		return value, nil
	}
	values, _, err := r.fetch(ctx, at, offset)
	if errors.Is(err, kafkago.OffsetOutOfRange) || errors.Is(err, kafkago.UnknownTopicOrPartition) {
		return nil, nil
	}
	r.kept[at] = values
	return values[offset], err
}

// partitions are where the partitions of the topic begin and end.
func (r *topicReader) partitions(ctx context.Context, topic string) ([]kafkago.PartitionOffsets, error) {
	metadata, err := r.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return nil, fmt.Errorf("ask Kafka for the topic %s: %w", topic, err)
	}
	var wanted []kafkago.OffsetRequest
	for _, t := range metadata.Topics {
		if t.Error != nil {
			return nil, fmt.Errorf("ask Kafka for the topic %s: %w", topic, t.Error)
		}
		for _, p := range t.Partitions {
			wanted = append(wanted, kafkago.FirstOffsetOf(p.ID), kafkago.LastOffsetOf(p.ID))
		}
	}
	listed, err := r.client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{topic: wanted}})
	if err != nil {
		return nil, fmt.Errorf("ask Kafka where the topic %s ends: %w", topic, err)
	}
	for _, p := range listed.Topics[topic] {
		if p.Error != nil {
			return nil, fmt.Errorf("ask Kafka where partition %d of the topic %s ends: %w", p.Partition, topic, p.Error)
		}
	}
	return listed.Topics[topic], nil
}

// fetch returns the values from an offset on, and the offset behind them, which
// grows also where Kafka has only marks of its own.
func (r *topicReader) fetch(ctx context.Context, at topicPosition, from int64) (values map[int64][]byte, after int64, err error) {
	res, err := r.client.Fetch(ctx, &kafkago.FetchRequest{
		Topic: at.topic, Partition: at.partition, Offset: from, MinBytes: 1, MaxBytes: fetchBytes, MaxWait: fetchWait,
	})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read the topic %s: %w", at.topic, err)
	}
	values, after = map[int64][]byte{}, from
	for {
		record, err := res.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return values, max(after, from+1), nil
		}
		if err != nil {
			return nil, 0, fmt.Errorf("read the topic %s: %w", at.topic, err)
		}
		value, err := kafkago.ReadAll(record.Value)
		if err != nil {
			return nil, 0, fmt.Errorf("read the topic %s: %w", at.topic, err)
		}
		if record.Offset >= from {
			values[record.Offset], after = value, record.Offset+1
		}
	}
}

// produce sends events to the topic, each to the partition where its publisher
// would send it, and returns when all replicas in sync have them.
func (r *topicReader) produce(ctx context.Context, topic string, events []*schema.UsageEvent) error {
	partitions, err := r.partitions(ctx, topic)
	if err != nil {
		return err
	}
	numbers := make([]int, len(partitions))
	for i := range numbers {
		numbers[i] = i
	}
	balancer := kafkago.Murmur2Balancer{Consistent: true}
	records := map[int][]kafkago.Record{}
	for _, e := range events {
		record, err := recordOf(e)
		if err != nil {
			return err
		}
		partition := balancer.Balance(kafkago.Message{Key: schema.EventKey(e)}, numbers...)
		records[partition] = append(records[partition], record)
	}
	for partition, some := range records {
		res, err := r.client.Produce(ctx, &kafkago.ProduceRequest{
			Topic: topic, Partition: partition, RequiredAcks: kafkago.RequireAll, Records: kafkago.NewRecordReader(some...),
		})
		if err == nil {
			err = res.Error
		}
		if err != nil {
			return fmt.Errorf("send to the topic %s: %w", topic, err)
		}
	}
	return nil
}

func recordOf(e *schema.UsageEvent) (kafkago.Record, error) {
	m, err := schema.DecodeMessage(schema.AppendEvent(nil, e))
	if err != nil {
		return kafkago.Record{}, err
	}
	r := kafkago.Record{Key: kafkago.NewBytes(m.Key), Value: kafkago.NewBytes(m.Value), Time: time.Now()}
	for _, h := range m.Headers() {
		r.Headers = append(r.Headers, kafkago.Header{Key: h.Key, Value: h.Value})
	}
	return r, nil
}
