package otlp

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/uptake-telemetry/uptake/schema/tools"
)

func catalogue(t testing.TB) *tools.Catalogue {
	t.Helper()
	c, err := tools.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func signalOf(file string) tools.Signal {
	switch {
	case strings.Contains(file, "metrics"):
		return tools.Metrics
	case strings.Contains(file, "traces"):
		return tools.Spans
	default:
		return tools.Logs
	}
}

// samples returns the recorded JSON bodies by file name.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../../../schema/tools/testdata/*/*")
	if err != nil || len(files) == 0 {
		t.Fatal("no recorded samples", err)
	}
	bodies := map[string][]byte{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if name, zipped := strings.CutSuffix(file, ".gz"); zipped {
			body, file = unzip(t, body), name
		}
		bodies[file] = body
	}
	return bodies
}

func unzip(t testing.TB, b []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	return b
}

func message(signal tools.Signal) proto.Message {
	switch signal {
	case tools.Logs:
		return &logs.LogsData{}
	case tools.Metrics:
		return &metrics.MetricsData{}
	default:
		return &trace.TracesData{}
	}
}

// official reads a JSON body of OTLP by the official library, which wants ids in
// base64 and no nulls.
func official(t testing.TB, signal tools.Signal, body []byte) proto.Message {
	t.Helper()
	var document any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&document); err != nil {
		t.Fatal(err)
	}
	mended, err := json.Marshal(mend(document))
	if err != nil {
		t.Fatal(err)
	}
	m := message(signal)
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(mended, m); err != nil {
		t.Fatal(err)
	}
	return m
}

func mend(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if id, ok := member.(string); ok && (key == "traceId" || key == "spanId" || key == "parentSpanId") {
				raw, _ := hex.DecodeString(id)
				v[key] = base64.StdEncoding.EncodeToString(raw)
				continue
			}
			if v[key] = mend(member); v[key] == nil {
				delete(v, key)
			}
		}
	case []any:
		for i := range v {
			v[i] = mend(v[i])
		}
	}
	return v
}

func refer(c *tools.Catalogue, signal tools.Signal, m proto.Message) string {
	r := newReference(c, signal)
	switch m := m.(type) {
	case *logs.LogsData:
		r.logs(m)
	case *metrics.MetricsData:
		r.metrics(m)
	case *trace.TracesData:
		r.spans(m)
	}
	return r.String()
}

func TestRecordedBodiesReadAsTheOfficialLibraryReadsThem(t *testing.T) {
	c := catalogue(t)
	for file, body := range samples(t) {
		signal := signalOf(file)
		if strings.HasSuffix(file, ".pb") {
			m := message(signal)
			if err := proto.Unmarshal(body, m); err != nil {
				t.Fatal(err)
			}
			compareProtobuf(t, c, signal, body, refer(c, signal, m))
			continue
		}
		m := official(t, signal, body)
		want := refer(c, signal, m)
		// Some clients export before anything has happened.
		happened := bytes.Contains(body, []byte("UnixNano"))
		if happened && !strings.Contains(want, " name=") {
			t.Errorf("%s: the reference reads nothing", file)
		}
		compareJSON(t, c, signal, body, want)
		compareJSON(t, c, signal, backwards(t, body), want)
		binary, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		compareProtobuf(t, c, signal, binary, want)
	}
}

func compareJSON(t *testing.T, c *tools.Catalogue, signal tools.Signal, body []byte, want string) {
	t.Helper()
	got := &dump{catalogue: c}
	if err := NewDecoder(c).JSON(signal, body, got); err != nil {
		t.Fatal(err)
	}
	if got.String() != want {
		t.Errorf("JSON got\n%s\nwant\n%s", got, want)
	}
}

func compareProtobuf(t *testing.T, c *tools.Catalogue, signal tools.Signal, body []byte, want string) {
	t.Helper()
	got := &dump{catalogue: c}
	if err := NewDecoder(c).Protobuf(signal, body, got); err != nil {
		t.Fatal(err)
	}
	if got.String() != want {
		t.Errorf("protobuf got\n%s\nwant\n%s", got, want)
	}
}

// backwards writes the members of every object in the reverse of their order,
// so that values stand before keys and records before their resource.
func backwards(t *testing.T, body []byte) []byte {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var write func() []byte
	write = func() []byte {
		token, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		delim, nested := token.(json.Delim)
		if !nested {
			b, err := json.Marshal(token)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		var parts [][]byte
		for d.More() {
			if delim == '{' {
				name := write()
				parts = append([][]byte{append(append(name, ':'), write()...)}, parts...)
			} else {
				parts = append(parts, write())
			}
		}
		end, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		return []byte(delim.String() + string(bytes.Join(parts, []byte(","))) + end.(json.Delim).String())
	}
	return write()
}

const oneLog = `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"claude-code"}}]},"scopeLogs":[{"scope":{},"logRecords":[%s]}]}]}`

func TestJSONIsLenientInTypes(t *testing.T) {
	c := catalogue(t)
	for record, want := range map[string]string{
		`{"timeUnixNano": "5", "observedTimeUnixNano": 7}`:                                                                       "time=5 observed=7",
		`{"timeUnixNano": null, "body": null, "attributes": null}`:                                                               "time=0",
		`{"body": {"kvlistValue": {"values": [{"key": "x", "value": {}}]}}, "unknown": [{}, 1]}`:                                 `body=""`,
		`{"body": {"arrayValue": {"values": [{"stringValue": "x"}, {"stringValue": "{}"}, {"intValue": 1}]}}}`:                   `body="x" detail="{}"`,
		`{"body": {"stringValue": "claude_code.user_prompt"}}`:                                                                   `body="claude_code.user_prompt"`,
		`{"attributes": [{"key": "input_tokens", "value": {"intValue": "12"}}]}`:                                                 `input_tokens=2:"12"`,
		`{"attributes": [{"key": "input_tokens", "value": {"intValue": 12}}]}`:                                                   `input_tokens=2:"12"`,
		`{"attributes": [{"key": "input_tokens", "value": {"intValue": 1.2e1}}]}`:                                                `input_tokens=2:"12"`,
		`{"attributes": [{"key": "input_tokens", "value": {"doubleValue": "12.5"}}]}`:                                            `input_tokens=3:"12.5"`,
		`{"attributes": [{"key": "model", "value": {}}, {"key": "type", "value": null}]}`:                                        "time=0",
		`{"attributes": [{"value": {"stringValue": "a\n\u00fc"}, "key": "model"}]}`:                                              `model=1:"a\nü"`,
		`{"attributes": [{"key": "model", "value": {"stringValue": "one"}}, {"key": "model", "value": {"stringValue": "two"}}]}`: `model=1:"one"`,
		`{"spanId": "5B8157F3F4692180"}`:                                                                                         "span=5b8157f3f4692180",
		`{"spanId": "W4FX8/RpIYA="}`:                                                                                             "span=5b8157f3f4692180",
		`{"spanId": ""}`:                                                                                                         "span=0000000000000000",
	} {
		got := &dump{catalogue: c}
		err := NewDecoder(c).JSON(tools.Logs, []byte(strings.Replace(oneLog, "%s", record, 1)), got)
		if err != nil || !strings.Contains(got.String(), want) || strings.Contains(got.String(), "model=0") {
			t.Errorf("%s: got %v, %s\nwant %s", record, err, got, want)
		}
	}
}

func TestMalformedJSON(t *testing.T) {
	c := catalogue(t)
	for name, body := range map[string]string{
		"nothing": "", "an array": "[]", "a number": "5", "cut": `{"resourceLogs":[`, "trailing garbage": `{} x`, "two documents": `{}{}`,
		"too deep":             `{"resourceLogs":` + strings.Repeat("[", 100000),
		"deep in an unknown":   `{"x":` + strings.Repeat(`{"x":`, 100000),
		"repeated names":       `{"resourceLogs":[],"resourceLogs":[]}`,
		"a number in a string": strings.Replace(oneLog, "%s", `{"timeUnixNano":"soon"}`, 1),
		"a string as a number": strings.Replace(oneLog, "%s", `{"attributes":[{"key":"model","value":{"stringValue":5}}]}`, 1),
		"an object as a list":  strings.Replace(oneLog, "%s", `{"attributes":{}}`, 1),
	} {
		if err := NewDecoder(c).JSON(tools.Logs, []byte(body), &dump{catalogue: c}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// Clients cut long texts by UTF-16 units or by bytes.
func TestHalfCharacters(t *testing.T) {
	c := catalogue(t)
	escaped := strings.Replace(oneLog, "%s", `{"attributes":[{"key":"model","value":{"stringValue":"m\ud83d"}},{"key":"prompt","value":{"stringValue":"\ud83d"}}]}`, 1)
	cut := strings.Replace(oneLog, "%s", "{\"attributes\":[{\"key\":\"model\",\"value\":{\"stringValue\":\"m\xf0\x9f\"}}]}", 1)
	whole := strings.Replace(oneLog, "%s", `{"attributes":[{"key":"model","value":{"stringValue":"mCUT"}}]}`, 1)
	binary, err := proto.Marshal(official(t, tools.Logs, []byte(whole)))
	if err != nil {
		t.Fatal(err)
	}
	binary = bytes.Replace(binary, []byte("CUT"), []byte("\xed\xa0\xbd"), 1)
	d := NewDecoder(c)
	for name, decode := range map[string]func(Sink) error{
		"escapes":  func(s Sink) error { return d.JSON(tools.Logs, []byte(escaped), s) },
		"bytes":    func(s Sink) error { return d.JSON(tools.Logs, []byte(cut), s) },
		"protobuf": func(s Sink) error { return d.Protobuf(tools.Logs, binary, s) },
	} {
		got := &dump{catalogue: c}
		if err := decode(got); err != nil || !strings.Contains(got.String(), "m\uFFFD") {
			t.Errorf("%s: got %v, %s", name, err, got)
		}
	}
}

func TestHostileProtobuf(t *testing.T) {
	c := catalogue(t)
	nested := []byte{}
	for range 2000 {
		nested = protowire.AppendBytes(protowire.AppendTag(nil, 5, protowire.BytesType), nested)
	}
	for name, body := range map[string][]byte{
		"a length over the end": {0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f},
		"a varint of 11 bytes":  append(bytes.Repeat([]byte{0xff}, 11), 1),
		"a tag of field 0":      {0x02, 0x00},
		"an open group":         {0x0b},
		"a cut field":           {0x0a},
	} {
		if err := NewDecoder(c).Protobuf(tools.Logs, body, &dump{catalogue: c}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for name, body := range map[string][]byte{
		"nothing":          nil,
		"unknown fields":   {0x7a, 0x01, 0x00, 0x78, 0x05},
		"values in values": nested,
		"empty messages":   bytes.Repeat([]byte{0x0a, 0x00}, 100000),
	} {
		if err := NewDecoder(c).Protobuf(tools.Logs, body, &dump{catalogue: c}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnswers(t *testing.T) {
	if got := string(Success(JSON, tools.Metrics, 2, `"x"`)); got != `{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"\"x\""}}` {
		t.Errorf("got %s", got)
	}
	if got := string(Success(JSON, tools.Logs, 0, "")); got != "{}" {
		t.Errorf("got %s", got)
	}
	if got := Success(Protobuf, tools.Logs, 0, ""); len(got) != 0 {
		t.Errorf("got %x", got)
	}
	if got := string(Success(Protobuf, tools.Logs, 3, "x")); got != "\n\x05\x08\x03\x12\x01x" {
		t.Errorf("got %q", got)
	}
	if got := string(Status(JSON, 3, "no")); got != `{"code":3,"message":"no"}` {
		t.Errorf("got %s", got)
	}
	if got := string(Status(Protobuf, 14, "no")); got != "\x08\x0e\x12\x02no" {
		t.Errorf("got %q", got)
	}
}

// FuzzProtobuf holds the decoder to the official one: what that takes, this
// takes and reads the same.
func FuzzProtobuf(f *testing.F) {
	c := catalogue(f)
	for file, body := range samples(f) {
		signal := signalOf(file)
		if !strings.HasSuffix(file, ".pb") {
			var err error
			if body, err = proto.Marshal(official(f, signal, body)); err != nil {
				f.Fatal(err)
			}
		}
		if len(body) < 8<<10 {
			f.Add(byte(signal), body)
		}
	}
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		signal := tools.Signal(kind%3) + tools.Logs
		got := &dump{catalogue: c}
		err := NewDecoder(c).Protobuf(signal, body, got)
		m := message(signal)
		if proto.Unmarshal(body, m) != nil {
			return
		}
		if err != nil {
			t.Fatalf("the official library takes what is refused here")
		}
		if want := refer(c, signal, m); got.String() != want && unmerged(body) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// unmerged says whether a body is as an encoder writes it. Messages that are
// split over several fields, which no encoder does, are read piece by piece here.
func unmerged(body []byte) bool {
	for _, m := range []proto.Message{&logs.LogsData{}, &metrics.MetricsData{}, &trace.TracesData{}} {
		if proto.Unmarshal(body, m) == nil {
			if b, err := (proto.MarshalOptions{Deterministic: true}).Marshal(m); err == nil && len(b) == len(body) {
				return true
			}
		}
	}
	return false
}

// FuzzJSON looks for bodies that stop the decoder, and holds it to protobuf's
// own JSON where that takes the body.
func FuzzJSON(f *testing.F) {
	c := catalogue(f)
	for file, body := range samples(f) {
		if !strings.HasSuffix(file, ".pb") && len(body) < 8<<10 {
			f.Add(byte(signalOf(file)), body)
		}
	}
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		signal := tools.Signal(kind%3) + tools.Logs
		got := &dump{catalogue: c}
		if NewDecoder(c).JSON(signal, body, got) != nil {
			return
		}
		if !json.Valid(body) {
			t.Errorf("no JSON is taken")
		}
	})
}
