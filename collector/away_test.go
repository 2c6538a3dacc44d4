package collector

import (
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/uptake-telemetry/uptake/collector/receiver/receivertest"
	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
	"github.com/uptake-telemetry/uptake/schema"
)

// largeLogs is the recorded request of logs, its prompts n times at times of
// their own, as pretty-printed JSON of at least that size: how Codex writes it.
func largeLogs(t *testing.T, file string, size int) (body []byte, prompts int) {
	t.Helper()
	message := &logs.LogsData{}
	readRecording(t, file, "/v1/logs", message)
	group := message.ResourceLogs[0].ScopeLogs[0]
	var prompt *logs.LogRecord
	for _, record := range group.LogRecords {
		for _, a := range record.Attributes {
			if a.Key == "event.name" && a.Value.GetStringValue() == "codex.user_prompt" {
				prompt = record
			}
		}
	}
	for len(body) < size {
		for range 50 {
			prompts++
			again := proto.Clone(prompt).(*logs.LogRecord)
			again.ObservedTimeUnixNano += uint64(prompts)
			group.LogRecords = append(group.LogRecords, again)
		}
		var err error
		if body, err = (protojson.MarshalOptions{Multiline: true, Indent: "  "}).Marshal(message); err != nil {
			t.Fatal(err)
		}
	}
	return body, prompts + 1
}

// manySpans is a recorded request of spans among hundreds of the program's own.
func manySpans(t *testing.T, file string, spans int) []byte {
	t.Helper()
	message := &traces.TracesData{}
	readRecording(t, file, "/v1/traces", message)
	group := message.ResourceSpans[0].ScopeSpans[0]
	for i := len(group.Spans); i < spans; i++ {
		group.Spans = append(group.Spans, &traces.Span{
			Name: "sql.execute", SpanId: binary.BigEndian.AppendUint64(nil, uint64(i)), StartTimeUnixNano: 1, EndTimeUnixNano: 2,
			Attributes: []*common.KeyValue{attribute("db.statement", "SELECT canary")},
		})
	}
	body, err := protojson.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func readRecording(t *testing.T, file, path string, message proto.Message) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(recordings, file))
	if err != nil {
		t.Fatal(err)
	}
	r := recording{path: path, encoding: "gzip", contentType: "application/json", body: body}
	if err := proto.Unmarshal(r.protobuf(t), message); err != nil {
		t.Fatal(err)
	}
}

// Some clients send once and never again: while Kafka is away, however large
// what they send, they are told that it is safe, and it is.
func TestOneTryIsEnoughWhileKafkaIsAway(t *testing.T) {
	reserved := listen(t)
	port := reserved.Addr().(*net.TCPAddr).Port
	reserved.Close()
	s := build(t, func(c *Config) {
		c.Kafka.Brokers = []string{reserved.Addr().String()}
		c.StopTimeout = 20 * time.Second
		c.Produce.DrainTimeout = 5 * time.Second
	})
	s.run(t)
	post := func(path string, body []byte) {
		t.Helper()
		answer, err := receivertest.Send(http.MethodPost, s.url+path, "application/json", "", s.token, body)
		if err != nil || answer.Status != http.StatusOK {
			t.Fatalf("%d bytes to %s: %v, %d %s", len(body), path, err, answer.Status, answer.Body)
		}
	}
	body, prompts := largeLogs(t, "codex/codex-plain-00003-logs.json.gz", 1_200_000)
	post("/v1/logs", body)
	post("/v1/traces", manySpans(t, "opencode/opencode-plain-00001-traces.json.gz", 800))
	waiting := s.spool.Waiting().Entries
	if int(waiting) < prompts {
		t.Fatalf("%d entries wait, of %d prompts", waiting, prompts)
	}
	b, err := broker.Start(broker.Config{Port: port, NoAuth: true, Topics: []string{schema.EventTopic, schema.DeadLetterTopic}, Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	deadline, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for s.spool.Waiting().Entries > 0 && deadline.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if got := published(t, b.Addr()); got != waiting {
		t.Errorf("%d messages are in Kafka, want %d", got, waiting)
	}
}

// published is how many messages the one partition of events holds.
func published(t *testing.T, addr string) uint64 {
	t.Helper()
	c, err := kafkago.DialLeader(t.Context(), "tcp", addr, schema.EventTopic, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	end, err := c.ReadLastOffset()
	if err != nil {
		t.Fatal(err)
	}
	return uint64(end)
}
