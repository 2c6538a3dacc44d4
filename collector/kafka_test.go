package collector

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
	"github.com/uptake-telemetry/uptake/schema"
)

// TestWhatIsAcceptedIsInKafkaAfterAStop goes the whole way of the front half.
func TestWhatIsAcceptedIsInKafkaAfterAStop(t *testing.T) {
	const partitions, requests, each = 2, 10, 20
	b, err := broker.Start(broker.Config{NoAuth: true, Topics: []string{schema.EventTopic, schema.DeadLetterTopic}, Partitions: partitions})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	s := build(t, func(c *Config) {
		c.Kafka.Brokers = []string{b.Addr()}
		c.StopTimeout = 20 * time.Second
		c.Produce.DrainTimeout = 5 * time.Second
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for request := range requests {
		body := ""
		for i := range each {
			body += event(fmt.Sprintf(`, "id": "%d-%d", "person": "p%d@example.com"`, request, i, i)) + "\n"
		}
		if status, r := s.sendEvents(t, "application/x-ndjson", body+`{"bad": 1}`); status != http.StatusOK || r.Accepted != each || len(r.Rejected) != 1 {
			t.Fatalf("status %d, %+v", status, r)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	for s.publisher.Ready() != nil {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if w := s.spool.Waiting(); w.Entries != 0 {
		t.Errorf("%d entries still wait", w.Entries)
	}
	if got := distinct(t, b.Addr(), schema.EventTopic, partitions); got != requests*each {
		t.Errorf("%d events are in Kafka, want %d", got, requests*each)
	}
	if got := distinct(t, b.Addr(), schema.DeadLetterTopic, partitions); got != requests {
		t.Errorf("%d dead letters are in Kafka, want %d", got, requests)
	}
}

// distinct reads a topic to its end and returns how many ids it has.
func distinct(t *testing.T, addr, topic string, partitions int) int {
	t.Helper()
	ids := map[string]bool{}
	for partition := range partitions {
		c, err := kafkago.DialLeader(t.Context(), "tcp", addr, topic, partition)
		if err != nil {
			t.Fatal(err)
		}
		end, err := c.ReadLastOffset()
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		r := kafkago.NewReader(kafkago.ReaderConfig{Brokers: []string{addr}, Topic: topic, Partition: partition, MaxWait: 100 * time.Millisecond})
		for at := int64(0); at < end; {
			m, err := r.FetchMessage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			at = m.Offset + 1
			for _, h := range m.Headers {
				if h.Key == "ce_id" {
					if _, err := hex.DecodeString(string(h.Value)); err != nil {
						t.Error(err)
					}
					ids[string(h.Value)] = true
				}
			}
		}
		r.Close()
	}
	return len(ids)
}
