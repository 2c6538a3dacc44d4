package receiver

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/uptake-telemetry/uptake/collector/receiver/grpc"
)

// protocol is what the ways of sending differ in: how a message and its answer
// lie on HTTP. What they owe senders and the machine is the same.
type protocol interface {
	// contentType returns that of the message, by which its endpoint knows it, and
	// whether the request is of the protocol at all.
	contentType(h http.Header) (messageType string, spoken bool)
	// open returns a reader of the message in the body, and how it is encoded. A
	// message that claims to be larger than most is refused unread.
	open(h http.Header, body io.Reader, length, most int64) (io.Reader, encoding, error)
	// abandon says with the answer that the rest of the request stays unread.
	abandon(h http.Header)
	write(w http.ResponseWriter, answer Answer)
	// trace returns how traces tell of a request to the path: the name of its span,
	// and in the words of OpenTelemetry what it was and how it ended.
	trace(path string, status int) (string, []attribute.KeyValue)
}

// plain is HTTP as it is: the message is the body.
type plain struct{}

func (plain) contentType(h http.Header) (string, bool) { return h.Get("Content-Type"), true }

func (plain) open(h http.Header, body io.Reader, length, most int64) (io.Reader, encoding, error) {
	if length > most {
		return nil, identity, errTooLarge
	}
	e, err := encodingOf(h.Values("Content-Encoding"))
	return body, e, err
}

// abandon closes the connection after the answer, as it cannot be used again.
func (plain) abandon(h http.Header) { h.Set("Connection", "close") }

func (plain) write(w http.ResponseWriter, answer Answer) {
	h := w.Header()
	if answer.ContentType != "" {
		h.Set("Content-Type", answer.ContentType)
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(answer.Body)))
	if answer.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((answer.RetryAfter+time.Second-1)/time.Second)))
	}
	// An error here means that the sender has gone; it will send again.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body)
}

func (plain) trace(path string, status int) (string, []attribute.KeyValue) {
	return http.MethodPost + " " + path, []attribute.KeyValue{
		semconv.HTTPRequestMethodPost, semconv.HTTPRoute(path), semconv.HTTPResponseStatusCode(status),
	}
}

// rpc is gRPC: the message is in an envelope. Answers that refuse are each a
// google.rpc.Status, whose code stands for HTTP's.
type rpc struct {
	// messageType is the content type of the messages.
	messageType string
}

func (p rpc) contentType(h http.Header) (string, bool) {
	given := h.Get("Content-Type")
	return p.messageType, given == grpc.ContentType || given == grpc.ProtoContentType
}

func (rpc) open(h http.Header, body io.Reader, _, most int64) (io.Reader, encoding, error) {
	e, err := encodingOf(h.Values("Grpc-Encoding"))
	if err != nil {
		return nil, identity, err
	}
	message, err := grpc.Open(body)
	switch {
	case err != nil:
		return nil, identity, err
	case message.Length > most:
		return nil, identity, errTooLarge
	case !message.Compressed:
		return message, identity, nil
	case e == identity:
		return nil, identity, errEncoding
	}
	return message, e, nil
}

// abandon has nothing to say: other calls are on the connection, and the stream
// of this one ends with its answer.
func (rpc) abandon(http.Header) {}

func (rpc) write(w http.ResponseWriter, answer Answer) {
	if answer.Status == http.StatusOK {
		grpc.WriteMessage(w, answer.Body)
		return
	}
	grpc.WriteStatus(w, answer.Body, answer.RetryAfter)
}

// rpcStatuses are gRPC's names of what stands for HTTP's statuses.
var rpcStatuses = map[int]string{
	http.StatusOK: "OK", http.StatusBadRequest: "INVALID_ARGUMENT", http.StatusUnsupportedMediaType: "UNIMPLEMENTED",
	http.StatusRequestTimeout: "DEADLINE_EXCEEDED", http.StatusRequestEntityTooLarge: "RESOURCE_EXHAUSTED",
	http.StatusTooManyRequests: "RESOURCE_EXHAUSTED", http.StatusInternalServerError: "INTERNAL", http.StatusServiceUnavailable: "UNAVAILABLE",
}

func (rpc) trace(path string, status int) (string, []attribute.KeyValue) {
	method := strings.TrimPrefix(path, "/")
	return method, []attribute.KeyValue{
		semconv.RPCSystemNameGRPC, semconv.RPCMethod(method), semconv.RPCResponseStatusCode(rpcStatuses[status]),
	}
}
