package collector

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"

	"github.com/uptake-telemetry/uptake/collector/receiver/receivertest"
)

var canaries = []string{"canary-prompt", "canary.person@example.com", "/home/canary/path", "canary-key", "canary-session", "canary-device", "canary-command"}

const smallBody = 1 << 20

func target(s *staged, path string) receivertest.Target {
	return receivertest.Target{
		URL: s.url + path, Send: receivertest.Send, Token: s.token, ReadToken: s.readToken, Canaries: append(canaries, s.token),
		Stored: s.stored, SetFull: s.setFull, MaxBodyBytes: smallBody,
	}
}

func small(c *Config) {
	c.Receiver.MaxBodyBytes = smallBody
	c.Receiver.InFlightBytes = 16 * smallBody
}

func TestEventsContract(t *testing.T) {
	s := start(t, small)
	g := target(s, "/v1/events")
	g.Events = 1
	event := func(extra string) []byte {
		return fmt.Appendf(nil, `{%s"tool": "codex", "action": "request", "person": "canary.person@example.com",
			"session": "canary-session", "device": "canary-device", "model": "gpt-5.5", "tokens": {"output": 3}}`, extra)
	}
	now := time.Now().UTC().Format(time.RFC3339Nano)
	inner := fmt.Sprintf(`"id": "e-1", "time": %q, `, now)
	cloud := fmt.Appendf(nil, `{"specversion": "1.0", "type": "uptake.usage.v1", "source": "/home/canary/path", "canary-key": "canary-prompt", %s"data": %s}`, inner, event(""))
	line, err := json.Marshal(json.RawMessage(event(inner)))
	if err != nil {
		t.Fatal(err)
	}
	g.Bodies = []receivertest.Body{
		{Name: "an object", ContentType: "application/json", Content: event(inner), Malformed: []byte(`{"canary-key`)},
		{Name: "an array", ContentType: "application/json; charset=utf-8", Content: append(append([]byte("["), event(inner)...), ']'), Malformed: []byte(`[`)},
		{Name: "lines", ContentType: "application/x-ndjson", Content: line, Malformed: nil},
		{Name: "a CloudEvent", ContentType: "application/cloudevents+json", Content: cloud, Malformed: []byte(`canary-prompt`)},
		{Name: "CloudEvents", ContentType: "application/cloudevents-batch+json", Content: append(append([]byte("["), cloud...), ']'), Malformed: []byte(`{}`)},
	}
	// Lines have no body that cannot be read: a bad line is an event refused.
	g.Bodies[2].Malformed = g.Bodies[0].Malformed
	g.Bodies[2].ContentType = "application/json"
	receivertest.Run(t, g)
}

func attribute(key, value string) *common.KeyValue {
	return &common.KeyValue{Key: key, Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: value}}}
}

// canaryLogs is a prompt and a model call with canaries wherever there is room.
func canaryLogs(at time.Time) *logs.LogsData {
	record := func(name string, more ...*common.KeyValue) *logs.LogRecord {
		attributes := []*common.KeyValue{
			attribute("event.name", name), attribute("prompt", "canary-prompt"), attribute("prompt_text", "canary-prompt"),
			attribute("tool_parameters", "canary-command"), attribute("session.id", "canary-session"), attribute("user.id", "canary-device"),
			attribute("user.email", "canary.person@example.com"), attribute("canary-key", "x"), attribute("model", "/home/canary/path"),
			attribute("app.version", "canary-command x"), attribute("query_source", "canary-prompt"), attribute("request_id", "canary-key"),
		}
		return &logs.LogRecord{
			TimeUnixNano: uint64(at.UnixNano()), Attributes: append(attributes, more...), SeverityText: "canary-prompt",
			Body: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: "canary-prompt"}},
		}
	}
	return &logs.LogsData{ResourceLogs: []*logs.ResourceLogs{{
		Resource: &resource.Resource{Attributes: []*common.KeyValue{attribute("service.name", "claude-code"), attribute("process.command_args", "canary-command")}},
		ScopeLogs: []*logs.ScopeLogs{{
			Scope: &common.InstrumentationScope{Name: "com.anthropic.claude_code.events", Version: "canary-key"},
			LogRecords: []*logs.LogRecord{
				record("user_prompt"), record("api_request", attribute("input_tokens", "12")),
				record("tool_decision", attribute("tool_name", "canary-command"), attribute("decision", "canary-prompt"), attribute("source", "canary-prompt")),
				record("canary-key"),
			},
		}},
	}}}
}

const logsMethod = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"

func TestOTLPContract(t *testing.T) {
	s := start(t, small)
	g := target(s, "/v1/logs")
	g.Events = 3
	request := canaryLogs(time.Now())
	binary, err := proto.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	text := otlpJSON(t, request)
	g.Bodies = []receivertest.Body{
		{Name: "protobuf", ContentType: "application/x-protobuf", Content: binary, Malformed: binary[:len(binary)-3]},
		{Name: "JSON", ContentType: "application/json", Content: text, Malformed: text[:len(text)-3]},
	}
	receivertest.Run(t, g)
	g.URL, g.Send, g.Bodies = "http://"+s.rpcListener.Addr().String()+logsMethod, receivertest.SendRPC, g.Bodies[:1]
	t.Run("over gRPC", func(t *testing.T) { receivertest.Run(t, g) })
	for _, canary := range g.Canaries {
		if containsMetric(t, s, canary) {
			t.Errorf("%q is in the metrics", canary)
		}
		if contains(s.logs.String(), canary) {
			t.Errorf("%q is in the logs", canary)
		}
	}
}

// otlpJSON writes a request in OTLP's JSON form: protobuf's, but for ids.
func otlpJSON(t *testing.T, m proto.Message) []byte {
	t.Helper()
	b, err := protojsonMarshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func protojsonMarshal(m proto.Message) ([]byte, error) { return protojson.Marshal(m) }

func contains(text, word string) bool { return strings.Contains(text, word) }

func containsMetric(t *testing.T, s *staged, word string) bool {
	t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if contains(family.String(), word) {
			return true
		}
	}
	return false
}
