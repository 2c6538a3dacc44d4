package otlp

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/uptake-telemetry/uptake/schema/tools"
)

// reader reads JSON token by token. Its strings share the body's memory where
// they have no escapes. It is strict in grammar (repeated names and trailing bytes
// are errors) and lenient in what clients get wrong: numbers as strings and the
// other way round, null anywhere, half a character where a text was cut.
type reader struct {
	body   []byte
	buffer bytes.Buffer
	dec    jsontext.Decoder
}

func newReader(body []byte) *reader {
	r := &reader{body: body}
	r.buffer = *bytes.NewBuffer(body)
	r.dec.Reset(&r.buffer, jsontext.AllowInvalidUTF8(true))
	return r
}

// value returns the raw next value, which shares the body's memory.
func (r *reader) value() ([]byte, error) {
	v, err := r.dec.ReadValue()
	if err != nil {
		return nil, ErrMalformed
	}
	end := r.dec.InputOffset()
	return r.body[end-int64(len(v)) : end], nil
}

func (r *reader) skip() error {
	if r.dec.SkipValue() != nil {
		return ErrMalformed
	}
	return nil
}

// end says whether nothing follows.
func (r *reader) end() error {
	if _, err := r.dec.ReadToken(); err != io.EOF {
		return ErrMalformed
	}
	return nil
}

// enter reads the opening of an object or array; a null is passed over and
// not entered.
func (r *reader) enter(kind jsontext.Kind) (bool, error) {
	switch r.dec.PeekKind() {
	case 'n':
		return false, r.skip()
	case kind:
		_, err := r.dec.ReadToken()
		return err == nil, err
	default:
		return false, ErrMalformed
	}
}

func (r *reader) leave() error {
	if _, err := r.dec.ReadToken(); err != nil {
		return ErrMalformed
	}
	return nil
}

// object calls each with every name; each must read or skip the value.
func (r *reader) object(each func(name string) error) error {
	if entered, err := r.enter('{'); !entered {
		return err
	}
	for r.dec.PeekKind() == '"' {
		name, err := r.string()
		if err == nil {
			err = each(name)
		}
		if err != nil {
			return err
		}
	}
	return r.leave()
}

// array calls each for every element; each must read or skip it.
func (r *reader) array(each func() error) error {
	if entered, err := r.enter('['); !entered {
		return err
	}
	for {
		switch r.dec.PeekKind() {
		case ']':
			return r.leave()
		case 0:
			return ErrMalformed
		}
		if err := each(); err != nil {
			return err
		}
	}
}

// string reads a string; null is the empty one.
func (r *reader) string() (string, error) {
	raw, err := r.value()
	if err != nil {
		return "", err
	}
	return unquote(raw)
}

func unquote(raw []byte) (string, error) {
	if len(raw) < 2 || raw[0] != '"' {
		if string(raw) == "null" {
			return "", nil
		}
		return "", ErrMalformed
	}
	if bytes.IndexByte(raw, '\\') >= 0 {
		// The grammar was checked before; an error here is half a character, which
		// was replaced.
		plain, _ := jsontext.AppendUnquote(nil, raw)
		return alias(plain), nil
	}
	return text(raw[1 : len(raw)-1]), nil
}

// number reads a number or a string of one; null is none.
func (r *reader) number() (word string, err error) {
	raw, err := r.value()
	if err != nil {
		return "", err
	}
	switch raw[0] {
	case '"', 'n':
		return unquote(raw)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return alias(raw), nil
	default:
		return "", ErrMalformed
	}
}

// time reads nanoseconds since 1970.
func (r *reader) time() (uint64, error) {
	word, err := r.number()
	if err != nil || word == "" {
		return 0, err
	}
	n, err := strconv.ParseUint(word, 10, 64)
	if err != nil {
		return 0, ErrMalformed
	}
	return n, nil
}

// Names of enumerations, which protobuf's JSON may write in place of numbers.
var (
	spanKinds   = []string{"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"}
	statusCodes = []string{"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"}
)

// enumeration reads a value by number or by name; one of a newer version is as
// good as none.
func (r *reader) enumeration(names []string) (uint8, error) {
	word, err := r.number()
	if err != nil {
		return 0, err
	}
	if i := slices.Index(names, word); i > 0 {
		return uint8(i), nil
	}
	n, err := strconv.ParseUint(word, 10, 8)
	if err != nil {
		return 0, nil
	}
	return uint8(n), nil
}

// integer reads a 64-bit integer, also one that a client wrote with a fraction
// of zero or an exponent.
func (r *reader) integer() (int64, bool, error) {
	word, err := r.number()
	if err != nil || word == "" {
		return 0, false, err
	}
	if n, err := strconv.ParseInt(word, 10, 64); err == nil {
		return n, true, nil
	}
	f, err := strconv.ParseFloat(word, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false, ErrMalformed
	}
	return int64(f), true, nil
}

// double reads a number; NaN and the infinities are written as strings.
func (r *reader) double() (float64, bool, error) {
	word, err := r.number()
	if err != nil || word == "" {
		return 0, false, err
	}
	f, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return 0, false, ErrMalformed
	}
	return f, true, nil
}

func (r *reader) truth() (bool, error) {
	raw, err := r.value()
	if err != nil {
		return false, err
	}
	switch string(raw) {
	case "true", `"true"`:
		return true, nil
	case "false", `"false"`, "null":
		return false, nil
	default:
		return false, ErrMalformed
	}
}

func (r *reader) spanID(rec *tools.Record) error {
	word, err := r.string()
	setSpanID(rec, idOf(word))
	return err
}

func (r *reader) traceID(rec *tools.Record) error {
	word, err := r.string()
	setTraceID(rec, idOf(word))
	return err
}

// idOf reads an id in hexadecimal digits, as OTLP wants it, or in base64, as
// protobuf's own JSON writes it. Anything else is none.
func idOf(word string) []byte {
	id, err := hex.DecodeString(word)
	if err != nil {
		id, _ = base64.StdEncoding.DecodeString(word)
	}
	return id
}
