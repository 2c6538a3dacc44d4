package events

import (
	"bytes"
	"io"
	"math"
	"strconv"
	"unicode/utf8"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/uptake-telemetry/uptake/schema"
)

// reader reads JSON values with the checks of an event. An error is one of
// grammar, after which nothing more can be read; a rejection is one of the value.
type reader struct {
	body   []byte
	buffer bytes.Buffer
	dec    jsontext.Decoder
}

// begin starts on a body. Repeated names and invalid UTF-8 are left to the
// checks here, so that they refuse one event and not the body.
func (r *reader) begin(body []byte) {
	r.body = body
	r.buffer = *bytes.NewBuffer(body)
	r.dec.Reset(&r.buffer, options...)
}

// finish says whether nothing follows.
func (r *reader) finish() error {
	if _, err := r.dec.ReadToken(); err != io.EOF {
		return ErrMalformed
	}
	return nil
}

func (r *reader) skip() error { return r.dec.SkipValue() }

// value returns the next raw value, which shares the body's memory.
func (r *reader) value() ([]byte, error) {
	v, err := r.dec.ReadValue()
	if err != nil {
		return nil, err
	}
	end := r.dec.InputOffset()
	return r.body[end-int64(len(v)) : end], nil
}

// name reads the name of a field. One that is not UTF-8 is no name of any field.
func (r *reader) name() (string, error) {
	raw, err := r.value()
	if err != nil {
		return "", err
	}
	s, _ := unquote(raw)
	return s, nil
}

func unquote(raw []byte) (s string, valid bool) {
	if bytes.IndexByte(raw, '\\') >= 0 {
		plain, err := jsontext.AppendUnquote(nil, raw)
		return string(plain), err == nil
	}
	raw = raw[1 : len(raw)-1]
	if len(raw) == 0 {
		return "", true
	}
	return unsafe.String(&raw[0], len(raw)), utf8.Valid(raw)
}

// string reads a string of 1 to most characters.
func (r *reader) string(field string, most int) (string, *schema.Rejection, error) {
	raw, err := r.value()
	if err != nil {
		return "", nil, err
	}
	if raw[0] != '"' {
		return "", schema.Reject(schema.CodeBadType, field, "send a string"), nil
	}
	s, valid := unquote(raw)
	switch {
	case !valid:
		return "", schema.Reject(schema.CodeBadValue, field, "send UTF-8"), nil
	case s == "":
		return "", schema.Reject(schema.CodeBadValue, field, "leave the field out instead of sending it empty"), nil
	case len(s) > most && utf8.RuneCountInString(s) > most:
		return "", schema.Reject(schema.CodeTooLong, field, "at most %d characters", most), nil
	}
	return s, nil, nil
}

// count reads a whole number from 0 to most.
func (r *reader) count(field string, most uint64) (uint64, *schema.Rejection, error) {
	raw, err := r.value()
	if err != nil {
		return 0, nil, err
	}
	if raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, schema.Reject(schema.CodeBadType, field, "send a number"), nil
	}
	n, ok := whole(raw)
	if !ok || n > most {
		return 0, schema.Reject(schema.CodeBadValue, field, "send a whole number from 0 to %d", most), nil
	}
	return n, nil, nil
}

// whole reads a number that is whole, also when it is written as 1.0 or 1e3.
func whole(raw []byte) (uint64, bool) {
	word := unsafe.String(&raw[0], len(raw))
	if n, err := strconv.ParseUint(word, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(word, 64)
	if err != nil || f < 0 || f > 1<<53 || f != math.Trunc(f) {
		return 0, false
	}
	return uint64(f), true
}

func (r *reader) truth(field string) (bool, *schema.Rejection, error) {
	raw, err := r.value()
	if err != nil {
		return false, nil, err
	}
	if raw[0] != 't' && raw[0] != 'f' {
		return false, schema.Reject(schema.CodeBadType, field, "send true or false"), nil
	}
	return raw[0] == 't', nil, nil
}

// word reads one of the words of an enumeration.
func word[E ~int32](r *reader, field string, values map[string]E) (E, *schema.Rejection, error) {
	s, rejection, err := r.string(field, maxWord)
	if rejection != nil || err != nil {
		return 0, rejection, err
	}
	value, known := values[s]
	if !known {
		return 0, schema.Reject(schema.CodeBadValue, field, "the value is none of those that the field can have"), nil
	}
	return value, nil, nil
}
