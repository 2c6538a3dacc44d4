package receivertest

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

var ids = regexp.MustCompile(`("(?:traceId|spanId|parentSpanId)":\s*)"([0-9a-f]*)"`)

// ReadJSON reads a body of OTLP's JSON by protobuf's own library, which wants
// ids as base64, where OTLP has them in hexadecimal digits.
func ReadJSON(body []byte, into proto.Message) (err error) {
	body = ids.ReplaceAllFunc(body, func(id []byte) []byte {
		parts := ids.FindSubmatch(id)
		binary, wrong := hex.DecodeString(string(parts[2]))
		if wrong != nil {
			err = fmt.Errorf("%s: %w", id, wrong)
		}
		return fmt.Appendf(nil, "%s%q", parts[1], base64.StdEncoding.EncodeToString(binary))
	})
	if err != nil {
		return err
	}
	return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, into)
}
