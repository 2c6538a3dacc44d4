package tools

import (
	"bytes"
	"strings"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// textReader finds members in texts of JSON. It is made once for a record and
// allocates nothing for a text without escapes.
type textReader struct {
	text   string
	buffer bytes.Buffer
	dec    jsontext.Decoder
}

// member returns what stands under the key of an object in JSON, if that is a
// number, a word or a truth; of any other text nothing. A word shares the text's
// memory.
func (r *textReader) member(text, key string) Value {
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return Value{}
	}
	r.text = text
	r.buffer = *bytes.NewBuffer(unsafe.Slice(unsafe.StringData(text), len(text)))
	r.dec.Reset(&r.buffer)
	if _, err := r.dec.ReadToken(); err != nil {
		return Value{}
	}
	for r.dec.PeekKind() == '"' {
		name, err := r.dec.ReadValue()
		if err != nil {
			return Value{}
		}
		if r.plain(name) == key {
			return r.scalar()
		}
		if r.dec.SkipValue() != nil {
			return Value{}
		}
	}
	return Value{}
}

// clear lets go of the text.
func (r *textReader) clear() {
	if r.text == "" {
		return
	}
	r.text, r.buffer = "", bytes.Buffer{}
	r.dec.Reset(&r.buffer)
}

func (r *textReader) scalar() Value {
	raw, err := r.dec.ReadValue()
	if err != nil {
		return Value{}
	}
	switch raw.Kind() {
	case '0', '"':
		return Value{Kind: KindString, Str: r.plain(raw)}
	case 't', 'f':
		return Value{Kind: KindBool, Bool: raw.Kind() == 't'}
	default:
		return Value{}
	}
}

// plain returns what the value that was just read says.
func (r *textReader) plain(raw jsontext.Value) string {
	if bytes.IndexByte(raw, '\\') >= 0 {
		unquoted, _ := jsontext.AppendUnquote(nil, raw)
		return string(unquoted)
	}
	end := int(r.dec.InputOffset())
	return strings.Trim(r.text[end-len(raw):end], `"`)
}
