package tools

import (
	"math"
	"math/bits"
	"strconv"

	"github.com/uptake-telemetry/uptake/schema"
)

// Attributes with a meaning of their own.
const (
	EventNameAttribute   = "event.name"
	ServiceNameAttribute = "service.name"
)

// processAttributes of a resource tell processes apart.
var processAttributes = []string{"service.instance.id", "process.pid"}

// Slot is the place of an attribute in a record.
type Slot uint16

// Signal is the kind of telemetry a record came in.
type Signal uint8

// The signals.
const (
	Logs Signal = iota + 1
	Spans
	Metrics
)

// String is the signal's name in settings and metrics.
func (s Signal) String() string { return [...]string{"", "logs", "spans", "metrics"}[s] }

// Schema returns the signal in the schema's numbers.
func (s Signal) Schema() schema.Signal { return schema.Signal(s) }

// Record is one log record, span or point of a metric, in the form that rules
// read. Its strings share the memory of the body it was decoded from: a record
// must not be kept longer than that body.
type Record struct {
	Tool   *Tool
	Signal Signal
	// Name of the span or metric.
	Name string
	// EventName and Body are set for log records, Body only when the tool's names
	// stand there: as a string, or as the first of a list, whose second is Detail.
	EventName, Body, Detail string

	// SpanID and TraceID are those of a span, or of the span a log record was made in.
	SpanID  [8]byte
	TraceID [16]byte
	// HasParent, ParentID, Kind and Status are those of a span, the last two by
	// OTLP's numbers.
	HasParent    bool
	ParentID     [8]byte
	Kind, Status uint8

	// In nanoseconds since 1970. Start is that of a span or of a metric's stream.
	Time, Observed, Start uint64

	// Value of a sum's point, or the sum of a histogram's.
	Value    float64
	HasValue bool
	// Count of a histogram's point.
	Count       uint64
	Temporality schema.Temporality
	Monotonic   bool
	// Fingerprint tells the streams of a metric apart: all attributes of the
	// point, whatever their order.
	Fingerprint [2]uint64

	Resource   Attributes
	Attributes Attributes

	// scratch holds a value that is made while a rule looks at it, text what
	// finds it in a text.
	scratch Value
	text    *textReader
}

// NewRecord returns a record with room for every attribute that a tool reads.
func (c *Catalogue) NewRecord() *Record {
	return &Record{Resource: newAttributes(len(c.slots)), Attributes: newAttributes(len(c.slots)), text: &textReader{}}
}

// Reset empties the record but for what belongs to the resource.
func (r *Record) Reset() {
	r.Attributes.Reset()
	*r = Record{Tool: r.Tool, Signal: r.Signal, Resource: r.Resource, Attributes: r.Attributes, text: r.text}
}

// Clear empties the record and lets go of the body it was decoded from.
func (r *Record) Clear() {
	r.Resource.clear()
	r.Attributes.clear()
	r.text.clear()
	*r = Record{Resource: r.Resource, Attributes: r.Attributes, text: r.text}
}

// Occurred is the time of the record, or else when an exporter saw it.
func (r *Record) Occurred() uint64 {
	if r.Time != 0 {
		return r.Time
	}
	return r.Observed
}

// Attributes holds the values of the attributes that rules read, by slot.
type Attributes struct {
	values []Value
	has    []uint64
	// used says which values were there since the last clear, so that clearing
	// costs by what bodies hold and not by what the catalogue knows.
	used []uint64
}

func newAttributes(n int) Attributes {
	words := (n + 63) / 64
	return Attributes{values: make([]Value, n), has: make([]uint64, words), used: make([]uint64, words)}
}

// Reset empties the attributes.
func (a *Attributes) Reset() {
	for word, has := range a.has {
		a.used[word] |= has
		a.has[word] = 0
	}
}

// clear empties the attributes and lets go of their memory.
func (a *Attributes) clear() {
	a.Reset()
	for word, used := range a.used {
		for ; used != 0; used &= used - 1 {
			a.values[word*64+bits.TrailingZeros64(used)] = Value{}
		}
		a.used[word] = 0
	}
}

// Set puts a value; of one that is sent twice the first stands.
func (a *Attributes) Set(slot Slot, v Value) {
	word, bit := slot/64, uint64(1)<<(slot%64)
	if a.has[word]&bit == 0 {
		a.has[word] |= bit
		a.values[slot] = v
	}
}

// Get returns the value of the slot, or one of KindNone.
func (a *Attributes) Get(slot Slot) Value {
	if a.has[slot/64]&(1<<(slot%64)) == 0 {
		return Value{}
	}
	return a.values[slot]
}

// at is Get without a copy.
func (a *Attributes) at(slot Slot) *Value {
	if a.has[slot/64]&(1<<(slot%64)) == 0 {
		return &noValue
	}
	return &a.values[slot]
}

// Kind is the type of an attribute's value.
type Kind uint8

// The kinds. KindOther are arrays, maps and bytes, of which only the presence is known.
const (
	KindNone Kind = iota
	KindString
	KindInt
	KindFloat
	KindBool
	KindOther
)

// Value of an attribute.
type Value struct {
	Kind  Kind
	Bool  bool
	Str   string
	Int   int64
	Float float64
}

// String returns what the value says as a word: clients disagree on whether a
// number or a truth is sent as a string.
func (v *Value) String() string {
	if v.Kind == KindString {
		return v.Str
	}
	return v.spelled()
}

func (v *Value) spelled() string {
	switch v.Kind {
	case KindInt:
		return strconv.FormatInt(v.Int, 10)
	case KindFloat:
		return strconv.FormatFloat(v.Float, 'g', -1, 64)
	case KindBool:
		return strconv.FormatBool(v.Bool)
	default:
		return ""
	}
}

// Number returns the value as a number, also when it was sent as a string.
func (v *Value) Number() (float64, bool) {
	n := 0.0
	switch v.Kind {
	case KindInt:
		n = float64(v.Int)
	case KindFloat:
		n = v.Float
	case KindString:
		parsed, err := strconv.ParseFloat(v.Str, 64)
		if err != nil {
			return 0, false
		}
		n = parsed
	default:
		return 0, false
	}
	return n, !math.IsNaN(n) && !math.IsInf(n, 0)
}

// Truth returns the value as a truth, also when it was sent as a string.
func (v *Value) Truth() (truth, ok bool) {
	switch {
	case v.Kind == KindBool:
		return v.Bool, true
	case v.Kind == KindString && (v.Str == "true" || v.Str == "false"):
		return v.Str == "true", true
	default:
		return false, false
	}
}

// Process calls each with the resource attributes that tell processes apart.
func (c *Catalogue) Process(rec *Record, each func(Value)) {
	for _, name := range processAttributes {
		each(rec.Resource.Get(c.slots[name]))
	}
}
