package broker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// ensureTopics makes what is missing, refuses other numbers of partitions and
// sets how long messages stay.
func (b *Broker) ensureTopics(ctx context.Context) error {
	if len(b.config.Topics) == 0 {
		return nil
	}
	client, err := b.client()
	if err != nil {
		return err
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	if err := b.createTopics(ctx, client); err != nil {
		return err
	}
	if err := b.checkPartitions(ctx, client); err != nil {
		return err
	}
	return setRetention(ctx, client, b.config.Topics)
}

// Retain lets messages of topics that others made go after the retention time.
// It is done at every start: the broker looks for what is due only once a topic
// was told how long it keeps its messages.
func (b *Broker) Retain(ctx context.Context, topics ...string) error {
	client, err := b.client()
	if err != nil {
		return err
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	return setRetention(ctx, client, topics)
}

func (b *Broker) client() (*kafkago.Client, error) { return b.config.client(b.Addr()) }

func (c Config) client(addr string) (*kafkago.Client, error) {
	transport := &kafkago.Transport{ClientID: "uptake-broker"}
	if !c.NoAuth {
		mechanism, err := scram.Mechanism(scram.SHA256, User, c.Password)
		if err != nil {
			return nil, fmt.Errorf("log in: %w", err)
		}
		transport.SASL = mechanism
	}
	return &kafkago.Client{Addr: kafkago.TCP(addr), Timeout: 30 * time.Second, Transport: transport}, nil
}

func (b *Broker) createTopics(ctx context.Context, client *kafkago.Client) error {
	var wanted []kafkago.TopicConfig
	for _, topic := range b.config.Topics {
		wanted = append(wanted, kafkago.TopicConfig{Topic: topic, NumPartitions: b.config.Partitions, ReplicationFactor: 1})
	}
	res, err := client.CreateTopics(ctx, &kafkago.CreateTopicsRequest{Topics: wanted})
	if err != nil {
		return fmt.Errorf("create topics: %w", err)
	}
	for topic, err := range res.Errors {
		if err != nil && !errors.Is(err, kafkago.TopicAlreadyExists) {
			return fmt.Errorf("create topic %s: %w", topic, err)
		}
	}
	return nil
}

func (b *Broker) checkPartitions(ctx context.Context, client *kafkago.Client) error {
	found, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: b.config.Topics})
	if err != nil {
		return fmt.Errorf("look up topics: %w", err)
	}
	for _, topic := range found.Topics {
		if topic.Error != nil {
			return fmt.Errorf("look up topic %s: %w", topic.Name, topic.Error)
		}
		if len(topic.Partitions) != b.config.Partitions {
			return fmt.Errorf("topic %s in %s has %d partitions, the settings ask for %d: set kafka.partitions to %[3]d",
				topic.Name, b.config.Dir, len(topic.Partitions), b.config.Partitions)
		}
	}
	return nil
}

func setRetention(ctx context.Context, client *kafkago.Client, topics []string) error {
	var resources []kafkago.IncrementalAlterConfigsRequestResource
	for _, topic := range topics {
		resources = append(resources, kafkago.IncrementalAlterConfigsRequestResource{
			ResourceType: kafkago.ResourceTypeTopic,
			ResourceName: topic,
			Configs: []kafkago.IncrementalAlterConfigsRequestConfig{
				{Name: "retention.ms", Value: strconv.FormatInt(retention.Milliseconds(), 10)},
			},
		})
	}
	res, err := client.IncrementalAlterConfigs(ctx, &kafkago.IncrementalAlterConfigsRequest{Resources: resources})
	if err != nil {
		return fmt.Errorf("set the retention: %w", err)
	}
	for _, resource := range res.Resources {
		if resource.Error != nil {
			return fmt.Errorf("set the retention of %s: %w", resource.ResourceName, resource.Error)
		}
	}
	return nil
}
