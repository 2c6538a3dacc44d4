package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/schema/kafka"
)

const areaKafka = "kafka"

// Bounds from which Kafka is told of.
const (
	lagSlow        = 10 * time.Second
	lagStuck       = 2 * time.Minute
	shortRetention = 7 * 24 * time.Hour
)

// backlog is what waits in the topics for ingest.
type backlog struct {
	topics   map[string]int
	messages int64
	// oldest is when the first of them was sent.
	oldest time.Time
	// lost counts messages that left a topic before they were taken.
	lost int64
	// thin counts partitions that lack replicas.
	thin int
}

// examineKafka looks at the topics and at who reads them.
func (e *examination) examineKafka(ctx context.Context) {
	client, err := e.config.Kafka.Client()
	if err != nil {
		e.found.unasked(areaKafka, "it cannot be asked", err, "mend the block kafka of the settings")
		return
	}
	defer kafka.CloseClient(client)
	b, err := e.readBacklog(ctx, client)
	if err != nil {
		e.found.unasked(areaKafka, "it does not answer as it should", err, "start it, or mend kafka.brokers, kafka.sasl and kafka.tls")
		return
	}
	e.examineTopics(b)
	e.examineGroup(ctx, client)
	e.examineLag(b)
	e.examineRetention(ctx, client, b)
}

func (e *examination) readBacklog(ctx context.Context, client *kafkago.Client) (backlog, error) {
	b := backlog{topics: map[string]int{}}
	ends, err := e.ends(ctx, client)
	if err != nil {
		return b, err
	}
	committed, err := e.committed(ctx, client, ends)
	if err != nil {
		return b, err
	}
	for position := range ends {
		b.topics[position.topic]++
	}
	b.messages = behind(ends, committed)
	for position, end := range ends {
		next := committed[position]
		if end <= next {
			continue
		}
		first, sent, err := oldestFrom(ctx, client, position, next)
		if err != nil {
			return b, err
		}
		b.lost += max(first-next, 0)
		if b.oldest.IsZero() || sent.Before(b.oldest) {
			b.oldest = sent
		}
	}
	b.thin, err = e.thinPartitions(ctx, client)
	return b, err
}

// oldestFrom finds the first message at or behind the offset that is still there.
func oldestFrom(ctx context.Context, client *kafkago.Client, p topicPosition, offset int64) (first int64, sent time.Time, err error) {
	listed, err := client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{p.topic: {kafkago.FirstOffsetOf(p.partition)}}})
	if err != nil {
		return 0, sent, fmt.Errorf("ask Kafka for the beginning of a topic: %w", err)
	}
	for _, partition := range listed.Topics[p.topic] {
		offset = max(offset, partition.FirstOffset)
	}
	fetched, err := client.Fetch(ctx, &kafkago.FetchRequest{Topic: p.topic, Partition: p.partition, Offset: offset, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: time.Second})
	if err = errors.Join(err, fetchError(fetched)); err != nil {
		return 0, sent, fmt.Errorf("read what waits in Kafka: %w", err)
	}
	for {
		record, err := fetched.Records.ReadRecord()
		if err != nil {
			// Nothing is there any more: it was taken meanwhile.
			return offset, time.Now(), nil
		}
		if record.Offset >= offset {
			return record.Offset, record.Time, nil
		}
	}
}

func fetchError(r *kafkago.FetchResponse) error {
	if r == nil {
		return nil
	}
	return r.Error
}

func (e *examination) thinPartitions(ctx context.Context, client *kafkago.Client) (int, error) {
	metadata, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{e.config.Kafka.Topic, e.config.Kafka.DeadLetterTopic}})
	if err != nil {
		return 0, fmt.Errorf("ask Kafka for the topics: %w", err)
	}
	thin := 0
	for _, topic := range metadata.Topics {
		for _, partition := range topic.Partitions {
			if partition.Error != nil || len(partition.Isr) < len(partition.Replicas) {
				thin++
			}
		}
	}
	return thin, nil
}

func (e *examination) examineTopics(b backlog) {
	c := e.config.Kafka
	evidence := fmt.Sprintf("%s has %d partitions, %s %d", c.Topic, b.topics[c.Topic], c.DeadLetterTopic, b.topics[c.DeadLetterTopic])
	switch {
	case b.topics[c.Topic] == 0 || b.topics[c.DeadLetterTopic] == 0:
		e.found.add(severityFail, areaKafka, "a topic is missing", evidence, "create it, or let the collector do so with kafka.create_topics")
	case b.thin > 0:
		e.found.add(severityWarn, areaKafka, "partitions lack replicas or a leader", fmt.Sprintf("%d; %s", b.thin, evidence), "bring the broker back that is away")
	default:
		e.found.add(severityOK, areaKafka, "it answers", evidence, "")
	}
}

// examineGroup tells whether anybody takes events in: members of a group send
// heartbeats, so that they are alive although nothing comes.
func (e *examination) examineGroup(ctx context.Context, client *kafkago.Client) {
	described, err := client.DescribeGroups(ctx, &kafkago.DescribeGroupsRequest{GroupIDs: []string{e.config.Kafka.Group}})
	if err != nil || len(described.Groups) != 1 {
		e.found.add(severityNote, "ingest", "Kafka does not tell who takes events in", e.config.Kafka.Group, "allow this user to describe the group")
		return
	}
	group := described.Groups[0]
	evidence := fmt.Sprintf("%d in the group %s", len(group.Members), e.config.Kafka.Group)
	if len(group.Members) == 0 {
		e.found.add(severityFail, "ingest", "nobody takes events in", evidence, "start it with uptake up or uptake ingest; nothing is lost meanwhile")
		return
	}
	e.found.add(severityOK, "ingest", "it takes events in", evidence, "")
}

func (e *examination) examineLag(b backlog) {
	if b.lost > 0 {
		e.found.add(severityFail, areaKafka, "messages left a topic before they were stored", fmt.Sprint(b.lost), "let the topics keep messages longer (retention.ms, retention.bytes)")
	}
	if b.messages == 0 {
		e.found.add(severityOK, "lag", "all that Kafka has is stored", "0 messages", "")
		return
	}
	age := e.now.Sub(b.oldest)
	evidence := fmt.Sprintf("%d messages, the oldest waits %s", b.messages, span(age))
	const mend = "see whether ingest and ClickHouse run and what ingest logs; more uptake ingest share the partitions"
	switch {
	case age > lagStuck:
		e.found.add(severityFail, "lag", "what Kafka has is not stored", evidence, mend)
	case age > lagSlow:
		e.found.add(severityWarn, "lag", "what Kafka has is stored slowly", evidence, mend)
	default:
		e.found.add(severityOK, "lag", "events are being stored", evidence, "")
	}
}

// examineRetention compares how long the topics keep messages with what waits.
func (e *examination) examineRetention(ctx context.Context, client *kafkago.Client, b backlog) {
	for _, topic := range []string{e.config.Kafka.Topic, e.config.Kafka.DeadLetterTopic} {
		kept, known := readRetention(ctx, client, topic)
		var age time.Duration
		if !b.oldest.IsZero() {
			age = e.now.Sub(b.oldest)
		}
		evidence := fmt.Sprintf("%s keeps messages %s", topic, span(kept))
		const mend = "set retention.ms of the topic to 7 days or more"
		switch {
		case !known:
			e.found.add(severityNote, areaKafka, "it does not tell how long a topic keeps messages", topic, "allow this user to describe the topic's settings")
		case kept < 0:
		case age > kept/2:
			e.found.add(severityFail, areaKafka, "what waits will leave the topic before it is stored", evidence+", the oldest waits "+span(age), mend+", and bring ingest back")
		case kept < shortRetention:
			e.found.add(severityWarn, areaKafka, "a long failure would lose events", evidence, mend)
		default:
			e.found.add(severityOK, areaKafka, "a failure of days loses nothing", evidence, "")
		}
	}
}

// readRetention reads retention.ms of a topic, negative where it is unlimited.
func readRetention(ctx context.Context, client *kafkago.Client, topic string) (kept time.Duration, known bool) {
	described, err := client.DescribeConfigs(ctx, &kafkago.DescribeConfigsRequest{Resources: []kafkago.DescribeConfigRequestResource{{
		ResourceType: kafkago.ResourceTypeTopic, ResourceName: topic, ConfigNames: []string{"retention.ms"},
	}}})
	if err != nil {
		return 0, false
	}
	for _, resource := range described.Resources {
		for _, entry := range resource.ConfigEntries {
			if ms, err := strconv.ParseInt(entry.ConfigValue, 10, 64); err == nil && entry.ConfigName == "retention.ms" {
				// The greatest number is how some say for ever.
				if ms > math.MaxInt64/int64(time.Millisecond) {
					ms = -1
				}
				return time.Duration(ms) * time.Millisecond, true
			}
		}
	}
	return 0, false
}
