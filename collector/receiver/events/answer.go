package events

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/uptake-telemetry/uptake/schema"
)

// Answer gathers what the sender is told.
type Answer struct {
	Accepted int
	// Message is why the request as a whole was not taken.
	Message  string
	rejected []byte
	n        int
}

// Reject notes a refused event.
func (a *Answer) Reject(index int, r *schema.Rejection) {
	if a.n++; a.n > 1 {
		a.rejected = append(a.rejected, ',')
	}
	b := append(a.rejected, `{"index":`...)
	b = strconv.AppendInt(b, int64(index), 10)
	b = append(b, `,"code":`...)
	b = appendString(b, string(r.Code))
	b = append(b, `,"field":`...)
	b = appendString(b, r.Field)
	b = append(b, `,"message":`...)
	b = appendString(b, r.Message)
	a.rejected = append(b, '}')
}

// Rejected is the number of events refused.
func (a *Answer) Rejected() int { return a.n }

// Size is how much memory the answer takes.
func (a *Answer) Size() int { return len(a.rejected) }

// JSON returns the body of the answer.
func (a *Answer) JSON() []byte {
	b := append([]byte(nil), `{"accepted":`...)
	b = strconv.AppendInt(b, int64(a.Accepted), 10)
	b = append(b, `,"rejected":[`...)
	b = append(append(b, a.rejected...), ']')
	if a.Message != "" {
		b = append(b, `,"message":`...)
		b = appendString(b, a.Message)
	}
	return append(b, "}\n"...)
}

// appendString quotes one of our own words, which are always UTF-8.
func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}
