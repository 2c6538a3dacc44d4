package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	kafkago "github.com/segmentio/kafka-go"
)

// ErrTopicMissing is wrapped by what EnsureTopics returns for a topic that is
// not there and may not be made.
var ErrTopicMissing = errors.New("topic is missing")

// ErrPartitions is wrapped by what EnsureTopics returns for a topic with
// another number of partitions than the settings want.
var ErrPartitions = errors.New("wrong number of partitions")

// EnsureTopics makes the topics that are missing, where the settings allow it,
// and checks the partitions of both where the settings name a number. It may be
// called by many at once and again and again.
func (c Config) EnsureTopics(ctx context.Context) error {
	client, err := c.Client()
	if err != nil {
		return err
	}
	defer CloseClient(client)
	return c.EnsureTopicsBy(ctx, client)
}

// EnsureTopicsBy is EnsureTopics over a client that is there already.
func (c Config) EnsureTopicsBy(ctx context.Context, client *kafkago.Client) error {
	found, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: c.topics()})
	if err != nil {
		return c.unreachable(err)
	}
	var failed error
	for _, topic := range found.Topics {
		failed = errors.Join(failed, c.ensureTopic(ctx, client, topic))
	}
	return failed
}

func (c Config) ensureTopic(ctx context.Context, client *kafkago.Client, topic kafkago.Topic) error {
	switch {
	case errors.Is(topic.Error, kafkago.UnknownTopicOrPartition):
		return c.createTopic(ctx, client, topic.Name)
	case topic.Error != nil:
		return fmt.Errorf("look up topic %s: %w", topic.Name, topic.Error)
	case c.Partitions > 0 && len(topic.Partitions) != c.Partitions:
		return fmt.Errorf("topic %s has %d partitions, kafka.partitions asks for %d: %w; "+
			"set kafka.partitions to %[2]d, or to 0 to take what is there",
			topic.Name, len(topic.Partitions), c.Partitions, ErrPartitions)
	}
	return nil
}

func (c Config) createTopic(ctx context.Context, client *kafkago.Client, name string) error {
	if !c.CreateTopics {
		return fmt.Errorf("topic %s: %w; create it, or set kafka.create_topics to true", name, ErrTopicMissing)
	}
	res, err := client.CreateTopics(ctx, &kafkago.CreateTopicsRequest{Topics: []kafkago.TopicConfig{{
		Topic:             name,
		NumPartitions:     orElse(c.Partitions, DefaultPartitions),
		ReplicationFactor: orElse(c.ReplicationFactor, -1),
	}}})
	if err != nil {
		return fmt.Errorf("create topic %s: %w", name, err)
	}
	if err := res.Errors[name]; err != nil && !errors.Is(err, kafkago.TopicAlreadyExists) {
		return fmt.Errorf("create topic %s: %w", name, err)
	}
	return nil
}

func (c Config) unreachable(err error) error {
	hint := ""
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		hint = " (the broker closed the connection: check kafka.sasl, the password file included, and kafka.tls)"
	}
	return fmt.Errorf("reach Kafka at %s: %w%s", strings.Join(c.Brokers, ", "), err, hint)
}

func orElse(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}
