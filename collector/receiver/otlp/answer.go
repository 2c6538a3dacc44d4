package otlp

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/uptake-telemetry/uptake/schema/tools"
)

// Encoding of a request, in which it is also answered.
type Encoding uint8

// The encodings.
const (
	Protobuf Encoding = iota + 1
	JSON
)

// Content types of the encodings.
const (
	ProtobufType = "application/x-protobuf"
	JSONType     = "application/json"
)

// ContentType returns the content type of the encoding.
func (e Encoding) ContentType() string {
	if e == Protobuf {
		return ProtobufType
	}
	return JSONType
}

// String returns the name of the encoding.
func (e Encoding) String() string {
	if e == Protobuf {
		return "protobuf"
	}
	return "json"
}

// rejectedNames are the fields that count refused records in an answer.
var rejectedNames = map[tools.Signal]string{
	tools.Logs: "rejectedLogRecords", tools.Metrics: "rejectedDataPoints", tools.Spans: "rejectedSpans",
}

// Success is the answer to a request of which that many records were refused.
func Success(e Encoding, signal tools.Signal, rejected int, message string) []byte {
	if e == JSON {
		return jsonSuccess(signal, rejected, message)
	}
	if rejected == 0 {
		return nil
	}
	partial := protowire.AppendTag(nil, 1, protowire.VarintType)
	partial = protowire.AppendVarint(partial, uint64(rejected))
	partial = appendText(partial, 2, message)
	return appendText(nil, 1, string(partial))
}

func jsonSuccess(signal tools.Signal, rejected int, message string) []byte {
	if rejected == 0 {
		return []byte("{}")
	}
	b := append([]byte(`{"partialSuccess":{"`), rejectedNames[signal]...)
	b = append(b, `":"`...)
	b = strconv.AppendInt(b, int64(rejected), 10)
	b = append(b, `","errorMessage":`...)
	b = appendQuoted(b, message)
	return append(b, "}}"...)
}

// Status is the answer that refuses a request: a google.rpc.Status.
func Status(e Encoding, code int32, message string) []byte {
	if e == JSON {
		b := append([]byte(`{"code":`), strconv.Itoa(int(code))...)
		b = append(b, `,"message":`...)
		return append(appendQuoted(b, message), '}')
	}
	b := protowire.AppendTag(nil, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(code))
	return appendText(b, 2, message)
}

func appendText(b []byte, num protowire.Number, s string) []byte {
	b = protowire.AppendTag(b, num, protowire.BytesType)
	return protowire.AppendString(b, s)
}

// appendQuoted quotes one of our own words, which are always UTF-8.
func appendQuoted(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}
