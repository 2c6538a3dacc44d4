package receivertest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// SendRPC sends a request over gRPC, on a connection of its own, byte by byte as
// it is told to: a client of gRPC would refuse to send most of what must be refused.
func SendRPC(method, url, contentType, encoding, token string, content []byte) (a Answer, err error) {
	r, err := http.NewRequestWithContext(context.Background(), method, url, bytes.NewReader(frame(encoding, content)))
	if err != nil {
		return a, err
	}
	if contentType == "application/x-protobuf" {
		contentType = "application/grpc"
	}
	for name, value := range map[string]string{"Content-Type": contentType, "Grpc-Encoding": encoding, "Te": "trailers"} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(r)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	return readAnswer(res)
}

func frame(encoding string, content []byte) []byte {
	framed := make([]byte, 5, 5+len(content))
	if encoding != "" && encoding != "identity" {
		framed[0] = 1
	}
	binary.BigEndian.PutUint32(framed[1:], uint32(len(content)))
	return append(framed, content...)
}

// statusOf are HTTP's words for gRPC's.
var statusOf = map[codes.Code]int{
	codes.OK: http.StatusOK, codes.InvalidArgument: http.StatusBadRequest, codes.Unauthenticated: http.StatusUnauthorized,
	codes.PermissionDenied: http.StatusForbidden, codes.ResourceExhausted: http.StatusRequestEntityTooLarge,
	codes.Unavailable: http.StatusServiceUnavailable,
}

func readAnswer(res *http.Response) (a Answer, err error) {
	if a.Body, err = io.ReadAll(res.Body); err != nil {
		return a, err
	}
	a.Header = res.Header
	if res.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "application/grpc" {
		return a, fmt.Errorf("no answer of gRPC: %s, %v", res.Status, res.Header)
	}
	refused := a.Header.Get("Grpc-Status") != ""
	if !refused {
		a.Header = res.Trailer
	}
	code, err := strconv.ParseUint(a.Header.Get("Grpc-Status"), 10, 32)
	if err != nil || refused != (code != uint64(codes.OK)) || refused != (len(a.Body) == 0) {
		return a, fmt.Errorf("no answer of gRPC: %v, %d bytes, %v, %v", res.Header, len(a.Body), res.Trailer, err)
	}
	a.Status = statusOf[codes.Code(code)]
	if codes.Code(code) == codes.Unimplemented {
		a.Status = http.StatusUnsupportedMediaType
		if a.Header.Get("Allow") != "" {
			a.Status = http.StatusMethodNotAllowed
		}
	}
	return a, readDetails(a.Header)
}

// readDetails turns when to come again into the words of HTTP.
func readDetails(h http.Header) error {
	packed, err := base64.RawStdEncoding.DecodeString(h.Get("Grpc-Status-Details-Bin"))
	if err != nil || len(packed) == 0 {
		return err
	}
	var s status.Status
	if err := proto.Unmarshal(packed, &s); err != nil {
		return err
	}
	for _, detail := range s.Details {
		var retry errdetails.RetryInfo
		if err := detail.UnmarshalTo(&retry); err != nil {
			return err
		}
		h.Set("Retry-After", fmt.Sprint(retry.RetryDelay.AsDuration().Seconds()))
	}
	if fmt.Sprint(s.Code) != h.Get("Grpc-Status") {
		return fmt.Errorf("the status is %s, its details say %d", h.Get("Grpc-Status"), s.Code)
	}
	return nil
}
