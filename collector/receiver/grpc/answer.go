package grpc

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of an answer. That of a refusal is no trailer but a header: no
// message comes between the two.
const (
	statusField  = "Grpc-Status"
	messageField = "Grpc-Message"
	detailsField = "Grpc-Status-Details-Bin"
)

// WriteMessage answers a call with the message and OK.
func WriteMessage(w http.ResponseWriter, message []byte) {
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set(http.TrailerPrefix+statusField, "0")
	framed := make([]byte, prefixBytes, prefixBytes+len(message))
	binary.BigEndian.PutUint32(framed[1:], uint32(len(message)))
	// An error here means that the sender has gone; it will send again.
	_, _ = w.Write(append(framed, message...))
}

// WriteStatus refuses a call with a google.rpc.Status. A sender may come again
// after retryAfter, or not at all where that is nothing.
func WriteStatus(w http.ResponseWriter, status []byte, retryAfter time.Duration) {
	h := w.Header()
	h.Set("Content-Type", ContentType)
	code, message := readStatus(status)
	h.Set(statusField, strconv.FormatUint(code, 10))
	h.Set(messageField, url.PathEscape(message))
	if retryAfter > 0 {
		h.Set(detailsField, base64.RawStdEncoding.EncodeToString(appendRetry(status, retryAfter)))
	}
	w.WriteHeader(http.StatusOK)
}

// Numbers of the fields of google.rpc.Status.
const (
	codeNumber    = 1
	messageNumber = 2
	detailsNumber = 3
)

// unknown is the code of a status that has none.
const unknown = 2

// readStatus reads a status that this process has written.
func readStatus(status []byte) (code uint64, message string) {
	code = unknown
	for len(status) > 0 {
		number, kind, tag := protowire.ConsumeTag(status)
		if tag < 0 {
			return code, message
		}
		value := status[tag:]
		size := protowire.ConsumeFieldValue(number, kind, value)
		if size < 0 {
			return code, message
		}
		switch number {
		case codeNumber:
			code, _ = protowire.ConsumeVarint(value)
		case messageNumber:
			message, _ = protowire.ConsumeString(value)
		}
		status = value[size:]
	}
	return code, message
}

// retryType is the name of a google.rpc.RetryInfo among a status's details.
const retryType = "type.googleapis.com/google.rpc.RetryInfo"

// appendRetry adds to a status when its sender may come again: an Any, of a
// RetryInfo, of a Duration.
func appendRetry(status []byte, after time.Duration) []byte {
	duration := appendVarint(nil, 1, uint64(after/time.Second))
	duration = appendVarint(duration, 2, uint64(after%time.Second))
	detail := appendBytes(nil, 1, []byte(retryType))
	detail = appendBytes(detail, 2, appendBytes(nil, 1, duration))
	return appendBytes(status[:len(status):len(status)], detailsNumber, detail)
}

func appendVarint(b []byte, number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), v)
}

func appendBytes(b []byte, number protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), v)
}
