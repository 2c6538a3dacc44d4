package main

import (
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"
)

// topicPosition is a partition of one of the topics.
type topicPosition struct {
	topic     string
	partition int
}

// lag is how many messages of the topics are not taken in yet.
func (p *probe) lag(ctx context.Context, client *kafkago.Client) (int64, error) {
	ends, err := p.ends(ctx, client)
	if err != nil {
		return 0, err
	}
	committed, err := p.committed(ctx, client, ends)
	if err != nil {
		return 0, err
	}
	return behind(ends, committed), nil
}

// behind is how many messages lie between the committed offsets and the ends.
func behind(ends, committed map[topicPosition]int64) int64 {
	var messages int64
	for position, end := range ends {
		messages += max(end-committed[position], 0)
	}
	return messages
}

// ends are the offsets behind the last message of each partition.
func (p *probe) ends(ctx context.Context, client *kafkago.Client) (map[topicPosition]int64, error) {
	topics := []string{p.config.Kafka.Topic, p.config.Kafka.DeadLetterTopic}
	metadata, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: topics})
	if err != nil {
		return nil, fmt.Errorf("ask Kafka for the topics: %w", err)
	}
	wanted := map[string][]kafkago.OffsetRequest{}
	for _, topic := range metadata.Topics {
		for _, partition := range topic.Partitions {
			wanted[topic.Name] = append(wanted[topic.Name], kafkago.LastOffsetOf(partition.ID))
		}
	}
	listed, err := client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: wanted})
	if err != nil {
		return nil, fmt.Errorf("ask Kafka for the ends of the topics: %w", err)
	}
	ends := map[topicPosition]int64{}
	for topic, partitions := range listed.Topics {
		for _, partition := range partitions {
			if partition.Error != nil {
				return nil, fmt.Errorf("ask Kafka for the ends of the topics: %w", partition.Error)
			}
			ends[topicPosition{topic, partition.Partition}] = partition.LastOffset
		}
	}
	return ends, nil
}

// committed are the offsets that ingest has committed.
func (p *probe) committed(ctx context.Context, client *kafkago.Client, ends map[topicPosition]int64) (map[topicPosition]int64, error) {
	wanted := map[string][]int{}
	for position := range ends {
		wanted[position.topic] = append(wanted[position.topic], position.partition)
	}
	fetched, err := client.OffsetFetch(ctx, &kafkago.OffsetFetchRequest{GroupID: p.config.Kafka.Group, Topics: wanted})
	err = errors.Join(err, fetchedError(fetched))
	if errors.Is(err, kafkago.GroupIdNotFound) {
		// Nobody ever took events in.
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask Kafka for the offsets of %s: %w", p.config.Kafka.Group, err)
	}
	committed := map[topicPosition]int64{}
	for topic, partitions := range fetched.Topics {
		for _, partition := range partitions {
			committed[topicPosition{topic, partition.Partition}] = max(partition.CommittedOffset, 0)
		}
	}
	return committed, nil
}

func fetchedError(r *kafkago.OffsetFetchResponse) error {
	if r == nil {
		return nil
	}
	return r.Error
}
