package collector

import (
	"context"
	"mime"
	"net/http"
	"sync"

	"github.com/uptake-telemetry/uptake/collector/receiver"
	"github.com/uptake-telemetry/uptake/collector/receiver/otlp"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// otlpEndpoint takes one signal of OTLP, over HTTP and gRPC.
type otlpEndpoint struct {
	intake   *intake
	signal   tools.Signal
	decoders sync.Pool
}

func newOTLPEndpoint(intake *intake, signal tools.Signal) *otlpEndpoint {
	e := &otlpEndpoint{intake: intake, signal: signal}
	e.decoders.New = func() any { return otlp.NewDecoder(intake.catalogue) }
	return e
}

// otlpEncodings by content type. The second is an older name of the first.
var otlpEncodings = map[string]otlp.Encoding{
	otlp.ProtobufType: otlp.Protobuf, "application/protobuf": otlp.Protobuf, otlp.JSONType: otlp.JSON,
}

func otlpEncoding(contentType string) (otlp.Encoding, bool) {
	if e, known := otlpEncodings[contentType]; known {
		return e, true
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	e, known := otlpEncodings[mediaType]
	return e, known && err == nil
}

// Accepts says whether the content type is one of OTLP's.
func (e *otlpEndpoint) Accepts(contentType string) bool {
	_, known := otlpEncoding(contentType)
	return known
}

// Decode turns the body's records into a batch.
func (e *otlpEndpoint) Decode(r *receiver.Request) func(context.Context) receiver.Answer {
	encoding, _ := otlpEncoding(r.ContentType)
	batch := e.intake.begin(r, schema.Path_PATH_OTLP)
	if err := e.decode(encoding, r, batch); err != nil {
		batch.Close(false)
		return func(context.Context) receiver.Answer {
			return e.Refusal(r.ContentType, http.StatusBadRequest, "the body is not a valid OTLP request")
		}
	}
	r.Passage.Decoded(encoding.String(), batch.Accepted(), batch.Rejected())
	return func(ctx context.Context) receiver.Answer {
		rejected := batch.Rejected()
		if err := e.intake.store(ctx, batch, r.Passage); err != nil {
			return unstored(e, r.ContentType, err)
		}
		body := otlp.Success(encoding, e.signal, rejected, "records over 400 days old, over 10 minutes ahead or without a time were refused")
		return receiver.Answer{Status: http.StatusOK, ContentType: encoding.ContentType(), Body: body}
	}
}

func (e *otlpEndpoint) decode(encoding otlp.Encoding, r *receiver.Request, sink otlp.Sink) (err error) {
	d := e.decoders.Get().(*otlp.Decoder)
	defer e.decoders.Put(d)
	if encoding == otlp.JSON {
		err = d.JSON(e.signal, r.Body, sink)
	} else {
		err = d.Protobuf(e.signal, r.Body, sink)
	}
	r.Own = d.Own()
	return err
}

// rpcCodes are gRPC's words for HTTP's statuses.
var rpcCodes = map[int]int32{
	http.StatusBadRequest: 3, http.StatusUnauthorized: 16, http.StatusForbidden: 7, http.StatusMethodNotAllowed: 12,
	http.StatusRequestTimeout: 4, http.StatusRequestEntityTooLarge: 8, http.StatusUnsupportedMediaType: 12,
	http.StatusTooManyRequests: 8, http.StatusInternalServerError: 13, http.StatusServiceUnavailable: 14,
}

// Refusal is a google.rpc.Status in the request's encoding; JSON where that is
// none of OTLP's.
func (e *otlpEndpoint) Refusal(contentType string, status int, message string) receiver.Answer {
	encoding, known := otlpEncoding(contentType)
	if !known {
		encoding = otlp.JSON
	}
	return receiver.Answer{
		Status: status, ContentType: encoding.ContentType(), Body: otlp.Status(encoding, rpcCodes[status], message),
	}
}
