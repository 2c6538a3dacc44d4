// Package events decodes the events that scripts, the browser extension and
// other programs post as JSON, and writes the answers.
//
// It promises
//   - that a field which docs/sending.md does not name is refused: there is no way
//     in for content;
//   - that one bad event refuses itself and not its neighbours, and that the
//     reason names the field and the mend, never a value that was sent;
//   - that a body which is not JSON is refused whole; of newline-delimited JSON
//     only the bad line is;
//   - that memory does not grow with anything but the body itself.
//
// Names of objects that are repeated, text that is not UTF-8 and numbers that
// are not whole are refused by the same rule in every form.
package events

import (
	"bytes"
	"errors"
	"mime"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// Form is one of the forms that a body may have.
type Form uint8

// The forms.
const (
	// JSON is an event or an array of them.
	JSON Form = iota + 1
	// Lines is newline-delimited JSON.
	Lines
	// CloudEvent and CloudEventBatch are CloudEvents in structured mode.
	CloudEvent
	CloudEventBatch
)

var forms = map[string]Form{
	"application/json":                   JSON,
	"application/x-ndjson":               Lines,
	"application/cloudevents+json":       CloudEvent,
	"application/cloudevents-batch+json": CloudEventBatch,
}

// String returns the name of the form.
func (f Form) String() string {
	return [...]string{JSON: "json", Lines: "ndjson", CloudEvent: "cloudevent", CloudEventBatch: "cloudevent-batch"}[f]
}

// FormOf returns the form of a content type.
func FormOf(contentType string) (Form, bool) {
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return 0, false
	}
	if charset, named := parameters["charset"]; named && !strings.EqualFold(charset, "utf-8") {
		return 0, false
	}
	form, known := forms[mediaType]
	return form, known
}

// Event is an event as it was sent: the usage without names, which are still
// those of persons, devices and sessions. Strings share the body's memory.
type Event struct {
	Usage                       schema.UsageEvent
	ID, Person, Device, Session string
	// UnknownTool is the word of a tool that no catalogue file has, set where that
	// is all that is wrong.
	UnknownTool string

	seen, seenTokens uint64
	// faulty says that more is wrong than an unknown tool.
	faulty bool
}

// Sink takes what a body holds, in order. An event is valid during the call only.
type Sink interface {
	Event(index int, e *Event)
	// Reject takes a refused event. The event holds those of its fields that
	// were good.
	Reject(index int, r *schema.Rejection, e *Event)
}

// ErrMalformed says that a body is not JSON of its form. A caller keeps nothing
// of it.
var ErrMalformed = errors.New("the body is not valid JSON of its content type")

// Decoder decodes one body at a time; it is not safe for concurrent use.
type Decoder struct {
	catalogue *tools.Catalogue
	reader    reader
	event     Event
	envelope  envelope
	sink      Sink
	index     int
}

// NewDecoder returns a decoder that knows the catalogue's tools.
func NewDecoder(catalogue *tools.Catalogue) *Decoder { return &Decoder{catalogue: catalogue} }

// Decode hands the events of the body to the sink. The body must stay unchanged
// until the sink has used them.
func (d *Decoder) Decode(form Form, body []byte, sink Sink) error {
	d.sink, d.index = sink, 0
	defer d.end()
	if form == Lines {
		d.lines(body)
		return nil
	}
	d.reader.begin(body)
	one := d.one
	if form == CloudEvent || form == CloudEventBatch {
		one = d.cloudEvent
	}
	if err := d.document(form, one); err != nil {
		return ErrMalformed
	}
	return d.reader.finish()
}

// end lets go of the body, so that a pooled decoder does not keep it alive.
func (d *Decoder) end() {
	d.sink = nil
	d.reader.begin(nil)
	d.event = Event{}
	d.envelope = envelope{}
}

// document reads one event, or an array of them where the form allows it.
func (d *Decoder) document(form Form, one func() error) error {
	isArray := d.reader.dec.PeekKind() == '['
	if !isArray && form != CloudEventBatch {
		return one()
	}
	if !isArray || form == CloudEvent {
		return ErrMalformed
	}
	if _, err := d.reader.dec.ReadToken(); err != nil {
		return err
	}
	for d.reader.dec.PeekKind() != ']' {
		if err := one(); err != nil {
			return err
		}
	}
	_, err := d.reader.dec.ReadToken()
	return err
}

// lines reads newline-delimited JSON. A line that is not JSON is one event
// refused.
func (d *Decoder) lines(body []byte) {
	for len(body) > 0 {
		line, rest, _ := bytes.Cut(body, []byte{'\n'})
		body = rest
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		d.reader.begin(line)
		d.event.reset()
		rejection, err := d.read()
		if err != nil || d.reader.finish() != nil {
			rejection = schema.Reject(schema.CodeBadValue, "", "the line is not one valid JSON object")
			d.event.reset()
		}
		d.hand(rejection)
	}
}

// one reads an event of a JSON document.
func (d *Decoder) one() error {
	d.event.reset()
	rejection, err := d.read()
	if err != nil {
		return err
	}
	d.hand(rejection)
	return nil
}

func (d *Decoder) hand(rejection *schema.Rejection) {
	if rejection == nil {
		d.sink.Event(d.index, &d.event)
	} else {
		d.sink.Reject(d.index, rejection, &d.event)
	}
	d.index++
}

// read reads an event and says what is wrong with it, if anything.
func (d *Decoder) read() (*schema.Rejection, error) {
	rejection, err := d.object("", (*Decoder).eventField, &d.event.seen)
	if err != nil {
		return nil, err
	}
	return d.event.settle(rejection), nil
}

// settle says what is wrong with the event, and leaves in it only what is sure
// to be its own.
func (e *Event) settle(rejection *schema.Rejection) *schema.Rejection {
	if rejection == nil {
		return e.missing()
	}
	if e.faulty || e.Usage.OccurredAtUnixNano == 0 || e.Usage.Action == 0 {
		e.UnknownTool = ""
	}
	if rejection.Code == schema.CodeBadTime {
		// Where the field is there twice, the other one may have been read.
		e.Usage.OccurredAtUnixNano = 0
	}
	return rejection
}

func (e *Event) reset() {
	e.Usage.Reset()
	e.ID, e.Person, e.Device, e.Session, e.UnknownTool, e.seen, e.faulty = "", "", "", "", "", 0, false
}

// missing names the first field that an event must have and this one has not.
func (e *Event) missing() *schema.Rejection {
	for _, required := range []struct {
		field string
		has   bool
	}{
		{"time", e.Usage.OccurredAtUnixNano != 0},
		{"tool", e.Usage.Tool != ""},
		{"action", e.Usage.Action != 0},
	} {
		if !required.has {
			return schema.Reject(schema.CodeMissingField, required.field, "an event has a %s", required.field)
		}
	}
	return nil
}

// object reads an object field by field. The first fault is the one reported;
// the rest is still read, so that what is good of the event is known.
func (d *Decoder) object(parent string, field func(d *Decoder, name string) (bit int, r *schema.Rejection, err error), seen *uint64) (fault *schema.Rejection, err error) {
	r := &d.reader
	if r.dec.PeekKind() != '{' {
		if r.dec.PeekKind() == 0 {
			return nil, ErrMalformed
		}
		return schema.Reject(schema.CodeBadType, "", "an event is a JSON object"), r.skip()
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return nil, err
	}
	for r.dec.PeekKind() == '"' {
		name, err := r.name()
		if err != nil {
			return nil, err
		}
		bit, rejection, err := field(d, name)
		if err != nil {
			return nil, err
		}
		repeated := bit >= 0 && *seen&(1<<bit) != 0
		if rejection == nil && repeated {
			rejection = schema.Reject(schema.CodeBadValue, parent+name, "the field is there twice")
		}
		if bit >= 0 {
			*seen |= 1 << bit
		}
		d.event.faulty = d.event.faulty || repeated || rejection != nil && rejection.Code != schema.CodeUnknownTool
		if fault == nil {
			fault = rejection
		}
	}
	token, err := r.dec.ReadToken()
	if err != nil || token.Kind() != '}' {
		return nil, ErrMalformed
	}
	return fault, nil
}

var options = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
