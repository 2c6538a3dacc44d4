package kafkatest_test

import (
	"testing"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/deploy/kafkatest"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

func TestTopicsStayOverAKill(t *testing.T) {
	node := kafkatest.Start(t)
	settings := kafka.DefaultConfig()
	settings.Brokers = []string{node.Addr()}
	if err := settings.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	node.Kill()
	node.Restart(t)
	settings.CreateTopics, settings.Partitions = false, kafka.DefaultPartitions
	if err := settings.EnsureTopics(t.Context()); err != nil {
		t.Fatal(err)
	}
	client, err := settings.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer kafka.CloseClient(client)
	if _, err := client.Metadata(t.Context(), &kafkago.MetadataRequest{}); err != nil {
		t.Error(err)
	}
}
