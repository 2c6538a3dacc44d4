package kafka

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/uptake-telemetry/uptake/schema"
)

// Config is the block of settings `kafka`.
type Config struct {
	// Brokers are addresses, host:port, of which any leads to the cluster.
	Brokers []string `yaml:"brokers"`
	// Topic carries the events, DeadLetterTopic the refused ones.
	Topic           string `yaml:"topic"`
	DeadLetterTopic string `yaml:"dead_letter_topic"`
	// Group is the consumer group of all ingesters.
	Group string `yaml:"group"`
	// CreateTopics makes topics that are missing.
	CreateTopics bool `yaml:"create_topics"`
	// Partitions that each topic must have. 0 takes a topic as it is, and makes
	// a missing one with DefaultPartitions.
	Partitions int `yaml:"partitions"`
	// ReplicationFactor of topics that are made. 0 is the cluster's default.
	ReplicationFactor int  `yaml:"replication_factor"`
	TLS               TLS  `yaml:"tls"`
	SASL              SASL `yaml:"sasl"`
}

// DefaultPartitions of a topic that is made.
const DefaultPartitions = 4

// DefaultConfig returns the settings that reach the embedded broker.
func DefaultConfig() Config {
	return Config{
		Brokers:         []string{"127.0.0.1:9092"},
		Topic:           schema.EventTopic,
		DeadLetterTopic: schema.DeadLetterTopic,
		Group:           "uptake-ingest",
		CreateTopics:    true,
	}
}

// Validate names the first setting that cannot be used, and the mend. It opens
// no file and no connection.
func (c Config) Validate() error {
	if len(c.Brokers) == 0 {
		return errors.New("brokers: name at least one broker as host:port")
	}
	for i, broker := range c.Brokers {
		if err := validateAddress(broker); err != nil {
			return fmt.Errorf("brokers[%d]: %w", i, err)
		}
	}
	if err := c.validateNames(); err != nil {
		return err
	}
	if c.Partitions < 0 {
		return errors.New("partitions: must be 0 (take the topic as it is) or more")
	}
	if c.ReplicationFactor < 0 {
		return errors.New("replication_factor: must be 0 (the cluster's default) or more")
	}
	return errors.Join(prefixed("tls", c.TLS.Validate()), prefixed("sasl", c.SASL.validate()))
}

func (c Config) validateNames() error {
	if err := validateTopic(c.Topic); err != nil {
		return fmt.Errorf("topic: %w", err)
	}
	if err := validateTopic(c.DeadLetterTopic); err != nil {
		return fmt.Errorf("dead_letter_topic: %w", err)
	}
	if c.Topic == c.DeadLetterTopic {
		return errors.New("dead_letter_topic: must differ from topic")
	}
	if c.Group == "" {
		return errors.New("group: name the consumer group, uptake-ingest by default")
	}
	return nil
}

func validateAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return fmt.Errorf("%q is not host:port", address)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("%q has no port from 1 to 65535", address)
	}
	return nil
}

// validateTopic holds to Kafka's own rule for names.
func validateTopic(name string) error {
	legal := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
	}
	if name == "" || len(name) > 249 || name == "." || name == ".." ||
		strings.ContainsFunc(name, func(r rune) bool { return !legal(r) }) {
		return errors.New("must be 1 to 249 letters, digits, dots, underscores or hyphens")
	}
	return nil
}

func prefixed(setting string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s.%w", setting, err)
}

func (c Config) topics() []string {
	return []string{c.Topic, c.DeadLetterTopic}
}
