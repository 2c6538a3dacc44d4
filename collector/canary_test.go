package collector

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	collected "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/uptake-telemetry/uptake/collector/receiver/receivertest"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// planted is what must not get past the collector, one of each kind. All of
// them hold the word that is looked for.
var planted = map[string]string{
	"prompt":  "Tell canary about the layoffs in Zanzibar",
	"secret":  "sk-ant-api03-canary0123456789",
	"path":    "/home/canary/plans/merger.docx",
	"mail":    "canary@example.com",
	"command": "curl -d @canary.txt https://canary.example.com",
	"json":    `{"canary":"canary","model_added_lines":"canary"}`,
}

const canaryWord = "canary"

// planter makes telemetry that satisfies a rule and has a canary everywhere else.
type planter struct {
	canary string
	// names are all attributes that any file of the catalogue speaks of.
	names []string
}

func (p *planter) text() *collected.AnyValue {
	return &collected.AnyValue{Value: &collected.AnyValue_StringValue{StringValue: p.canary}}
}

// value has the canary at every place that a value has room for one.
func (p *planter) value(n int) *collected.AnyValue {
	switch n % 8 {
	case 5:
		return &collected.AnyValue{Value: &collected.AnyValue_ArrayValue{ArrayValue: &collected.ArrayValue{Values: []*collected.AnyValue{p.text()}}}}
	case 6:
		return &collected.AnyValue{Value: &collected.AnyValue_KvlistValue{KvlistValue: &collected.KeyValueList{Values: []*collected.KeyValue{{Key: p.canary, Value: p.text()}}}}}
	case 7:
		return &collected.AnyValue{Value: &collected.AnyValue_BytesValue{BytesValue: []byte(p.canary)}}
	default:
		return p.text()
	}
}

// attributes are those that the rule wants, and then everything that is known
// and something that is not.
func (p *planter) attributes(wanted map[string]string) []*collected.KeyValue {
	var all []*collected.KeyValue
	for name, word := range wanted {
		all = append(all, &collected.KeyValue{Key: name, Value: &collected.AnyValue{Value: &collected.AnyValue_StringValue{StringValue: word}}})
	}
	for i, name := range p.names {
		if _, taken := wanted[name]; !taken {
			all = append(all, &collected.KeyValue{Key: name, Value: p.text()}, &collected.KeyValue{Key: name + ".more", Value: p.value(i)})
		}
	}
	return append(all, &collected.KeyValue{Key: p.canary, Value: p.text()})
}

func (p *planter) resource(service string) *resource.Resource {
	return &resource.Resource{Attributes: p.attributes(map[string]string{tools.ServiceNameAttribute: service})}
}

func (p *planter) scope(name string) *collected.InstrumentationScope {
	return &collected.InstrumentationScope{Name: name, Version: p.canary, Attributes: p.attributes(nil)}
}

func (p *planter) log(record string, wanted map[string]string) *logs.LogRecord {
	now := uint64(time.Now().UnixNano())
	return &logs.LogRecord{
		TimeUnixNano: now, ObservedTimeUnixNano: now, SeverityText: p.canary, EventName: record,
		Body: p.text(), Attributes: p.attributes(wanted), TraceId: []byte(p.canary), SpanId: []byte("canary-s"),
	}
}

func (p *planter) span(record string, wanted map[string]string) *trace.Span {
	now := uint64(time.Now().UnixNano())
	return &trace.Span{
		TraceId: []byte("canary-trace-id-"), SpanId: []byte("canary-s"), TraceState: p.canary, Name: record,
		StartTimeUnixNano: now - 1e9, EndTimeUnixNano: now, Attributes: p.attributes(wanted),
		Events: []*trace.Span_Event{{TimeUnixNano: now, Name: p.canary, Attributes: p.attributes(nil)}},
		Links:  []*trace.Span_Link{{TraceId: []byte("canary-trace-id-"), SpanId: []byte("canary-s"), TraceState: p.canary, Attributes: p.attributes(nil)}},
		Status: &trace.Status{Message: p.canary, Code: trace.Status_STATUS_CODE_OK},
	}
}

func (p *planter) metric(record string, wanted map[string]string) *metrics.Metric {
	now := uint64(time.Now().UnixNano())
	point := &metrics.NumberDataPoint{
		StartTimeUnixNano: now - 1e9, TimeUnixNano: now, Attributes: p.attributes(wanted), Value: &metrics.NumberDataPoint_AsInt{AsInt: 3},
		Exemplars: []*metrics.Exemplar{{FilteredAttributes: p.attributes(nil), TimeUnixNano: now, TraceId: []byte("canary-trace-id-")}},
	}
	return &metrics.Metric{
		Name: record, Description: p.canary, Unit: p.canary, Metadata: p.attributes(nil),
		Data: &metrics.Metric_Sum{Sum: &metrics.Sum{AggregationTemporality: 1, IsMonotonic: true, DataPoints: []*metrics.NumberDataPoint{point}}},
	}
}

// wants is what a rule's conditions ask for, as far as words can give it.
func wants(when ...tools.ConditionFile) map[string]string {
	words := map[string]string{}
	for _, c := range when {
		switch {
		case strings.ContainsAny(c.Attribute, ":#"):
		case len(c.In) > 0:
			words[c.Attribute] = c.In[0]
		case len(c.Prefix) > 0:
			words[c.Attribute] = c.Prefix[0]
		case c.Present != nil && !*c.Present:
			words[c.Attribute] = ""
		}
	}
	return words
}

// requests are those of one tool: each of its rules, and a record that no
// rule is for.
func (p *planter) requests(f *tools.File) map[tools.Signal]proto.Message {
	service, scope := identified(f)
	var records []*logs.LogRecord
	for i := range f.Logs.Records {
		r := &f.Logs.Records[i]
		records = append(records, p.log(r.Name, p.named(f.Logs.NameFrom, f.Logs.StripPrefix+r.Name, r.When)))
	}
	var spans []*trace.Span
	for i := range f.Spans.Records {
		r := &f.Spans.Records[i]
		spans = append(spans, p.span(r.Name, p.named(f.Spans.NameFrom, r.Name, r.When)))
	}
	var points []*metrics.Metric
	for i := range f.Metrics {
		points = append(points, p.metric(f.Metrics[i].Name, wants(f.Metrics[i].When...)))
	}
	return map[tools.Signal]proto.Message{
		tools.Logs: &logs.LogsData{ResourceLogs: []*logs.ResourceLogs{{Resource: p.resource(service), SchemaUrl: p.canary, ScopeLogs: []*logs.ScopeLogs{
			{Scope: p.scope(scope), SchemaUrl: p.canary, LogRecords: append(records, p.log(p.canary, nil))}}}}},
		tools.Spans: &trace.TracesData{ResourceSpans: []*trace.ResourceSpans{{Resource: p.resource(service), SchemaUrl: p.canary, ScopeSpans: []*trace.ScopeSpans{
			{Scope: p.scope(scope), SchemaUrl: p.canary, Spans: append(spans, p.span(p.canary, nil))}}}}},
		tools.Metrics: &metrics.MetricsData{ResourceMetrics: []*metrics.ResourceMetrics{{Resource: p.resource(service), SchemaUrl: p.canary, ScopeMetrics: []*metrics.ScopeMetrics{
			{Scope: p.scope(scope), SchemaUrl: p.canary, Metrics: append(points, p.metric(p.canary, nil))}}}}},
	}
}

// named is what the rule wants and its name, where names are attributes.
func (p *planter) named(from []string, name string, when []tools.ConditionFile) map[string]string {
	words := wants(when...)
	for _, at := range from {
		if at != "body" && at != "event_name" && at != "name" {
			words[at] = name
		}
	}
	return words
}

// identified is a service and a scope by which the tool is recognised; both
// unknown for conventions, whose attributes tell.
func identified(f *tools.File) (service, scope string) {
	r := &f.Recognise
	for _, names := range [][]string{r.Services, r.ServicePrefixes} {
		if len(names) > 0 {
			return names[0], canaryWord
		}
	}
	for _, names := range [][]string{r.Scopes, r.ScopePrefixes} {
		if len(names) > 0 {
			return canaryWord, names[0]
		}
	}
	return canaryWord, canaryWord
}

// spokenOf are all names of attributes in the files.
func spokenOf(catalogue *tools.Catalogue) []string {
	var names []string
	for _, tool := range catalogue.Tools() {
		names = append(names, tool.Attributes()...)
		names = append(names, tool.File().Content...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestNoCanaryGetsThroughAnyReceiver(t *testing.T) {
	catalogue, err := tools.Load()
	if err != nil {
		t.Fatal(err)
	}
	for kind, canary := range planted {
		t.Run(kind, func(t *testing.T) {
			s := start(t, nil)
			p := &planter{canary: canary, names: spokenOf(catalogue)}
			conn := s.dial(t)
			var answers []string
			for _, tool := range catalogue.Tools() {
				if len(tool.Signals()) == 0 {
					continue
				}
				for signal, message := range p.requests(tool.File()) {
					answers = append(answers, s.sendEverywhere(t, conn, signal, message)...)
				}
			}
			answers = append(answers, s.plantEvents(t, canary)...)
			if n := len(s.stored()); n < 100 {
				t.Errorf("only %d messages are stored: the rules were not met", n)
			}
			s.seeNoCanary(t, canary, answers)
		})
	}
}

// sendEverywhere sends the request in both encodings over HTTP and over gRPC.
func (s *staged) sendEverywhere(t *testing.T, conn *grpc.ClientConn, signal tools.Signal, message proto.Message) (answers []string) {
	t.Helper()
	binary, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	text, err := protojson.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	path := map[tools.Signal]string{tools.Logs: "/v1/logs", tools.Spans: "/v1/traces", tools.Metrics: "/v1/metrics"}[signal]
	for contentType, body := range map[string][]byte{"application/x-protobuf": binary, "application/json": text} {
		answer, err := receivertest.Send(http.MethodPost, s.url+path, contentType, "", s.token, body)
		if err != nil || answer.Status != http.StatusOK {
			t.Fatalf("%s %s: %v, %d %s", path, contentType, err, answer.Status, answer.Body)
		}
		answers = append(answers, string(answer.Body))
		// Bodies that end early are refused with nothing of them.
		answer, _ = receivertest.Send(http.MethodPost, s.url+path, contentType, "", s.token, body[:len(body)-3])
		answers = append(answers, string(answer.Body))
	}
	return append(answers, s.sayRPC(t, conn, path, binary), s.sayRPC(t, conn, path, binary[:len(binary)-3]))
}

// sayRPC exports the body over gRPC and returns all that is answered.
func (s *staged) sayRPC(t *testing.T, conn *grpc.ClientConn, path string, body []byte) string {
	t.Helper()
	answer := []byte(nil)
	err := conn.Invoke(with(t.Context(), s.token), methods[path].name, &body, &answer, grpc.ForceCodec(raw{}))
	return fmt.Sprint(err, string(answer))
}

// plantEvents plants the canary in each field of the events' own form, in fields
// that there are not, and in what is no JSON.
func (s *staged) plantEvents(t *testing.T, canary string) (answers []string) {
	t.Helper()
	quoted := fmt.Sprintf("%q", canary)
	good := `{"time":"` + time.Now().UTC().Format(time.RFC3339) + `","tool":"codex","action":"prompt"`
	bodies := []string{good + `,"id":` + quoted + `,"person":` + quoted + `,"device":` + quoted + `,"session":` + quoted + `}`, quoted, "{" + canary, `[` + quoted + `]`}
	for _, field := range []string{
		"id", "time", "tool", "tool_version", "surface", "person_kind", "action", "initiator", "decision", "model", "tokens", "cost_micro_usd", "lines_added", "duration_ms", "success", "prompt", canary,
	} {
		bodies = append(bodies, fmt.Sprintf(`%s,%q:%s}`, good, field, quoted), fmt.Sprintf(`{%q:%s,"person":%s}`, field, quoted, quoted))
	}
	for _, body := range bodies {
		for _, contentType := range []string{"application/json", "application/x-ndjson", "application/cloudevents+json", canaryWord + "/" + canaryWord} {
			answer, err := receivertest.Send(http.MethodPost, s.url+"/v1/events", contentType, "", s.token, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			answers = append(answers, string(answer.Body))
		}
	}
	return answers
}

// seeNoCanary looks at everything that leaves the front half.
func (s *staged) seeNoCanary(t *testing.T, canary string, answers []string) {
	t.Helper()
	encoded := []string{canaryWord, hex.EncodeToString([]byte(canaryWord)), base64.StdEncoding.EncodeToString([]byte(canary))[:8]}
	seen := func(what string, text []byte) {
		for _, form := range encoded {
			if i := bytes.Index(text, []byte(form)); i >= 0 {
				t.Errorf("%s holds the canary: %q", what, text[max(0, i-40):min(len(text), i+40)])
				return
			}
		}
	}
	for _, message := range s.stored() {
		seen("a message", message)
	}
	for _, answer := range answers {
		seen("an answer", []byte(answer))
	}
	seen("the log", []byte(s.logs.String()))
	gathered, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range gathered {
		seen("a metric", []byte(family.String()))
	}
}
