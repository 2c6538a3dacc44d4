// Package otlp decodes OTLP 1.x, protobuf and JSON, into the records that the
// catalogue's rules read, and writes OTLP's answers.
//
// It promises
//   - that only attributes which the recognised tool's file names are looked at;
//     everything else is passed over unread;
//   - that a malformed body is one error for the whole body, found before or
//     after some of its records were handed on: a caller keeps nothing of a body
//     that ends in an error;
//   - that memory does not grow with anything but the body itself, whatever
//     lengths and depths the body claims;
//   - that both encodings of the same telemetry give the same records.
//
// It keeps nothing between bodies but memory to use again, and knows nothing of
// the way a body came.
package otlp

import (
	"errors"
	"strings"
	"unsafe"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// Sink takes what a body holds. Records and names are valid during the call only.
type Sink interface {
	Telemetry(rec *tools.Record)
	// Unknown counts records that are no known tool's and of which nothing is read.
	Unknown(from tools.Origin, n int)
}

// ErrMalformed says that a body is not what its content type says.
var ErrMalformed = errors.New("malformed OTLP request")

// Decoder decodes one body at a time; it is not safe for concurrent use.
type Decoder struct {
	catalogue *tools.Catalogue
	rec       *tools.Record
	sink      Sink
	service   string
	scopeName string
	own       bool
	// tool is whose the records of the scope are.
	tool    *tools.Tool
	watcher Watcher
}

// Watcher sees what a decoder passes over. It is for those who look at one body.
type Watcher interface {
	Scope(service, scope string)
	Unread(attribute string)
}

// Watch tells the watcher of all bodies that follow.
func (d *Decoder) Watch(w Watcher) { d.watcher = w }

// NewDecoder returns a decoder that recognises the catalogue's tools.
func NewDecoder(catalogue *tools.Catalogue) *Decoder {
	return &Decoder{catalogue: catalogue, rec: catalogue.NewRecord()}
}

func (d *Decoder) begin(signal tools.Signal, sink Sink) {
	d.sink, d.own = sink, false
	d.rec.Signal = signal
}

// end lets go of the body, so that a pooled decoder does not keep it alive.
func (d *Decoder) end() {
	d.sink, d.service, d.scopeName, d.tool = nil, "", "", nil
	d.rec.Clear()
}

// Own says whether the last body held telemetry of a collector of Uptake.
func (d *Decoder) Own() bool { return d.own }

// beginResource forgets the last resource.
func (d *Decoder) beginResource() {
	d.rec.Resource.Reset()
	d.service = ""
}

// beginScope settles whose records follow. Where neither service nor scope is
// known, each record's attributes tell it.
func (d *Decoder) beginScope(scope string) {
	if d.watcher != nil {
		d.watcher.Scope(d.service, scope)
	}
	d.scopeName = scope
	d.tool = d.catalogue.Recognise(d.service, scope)
	if d.tool == nil && d.rec.Signal != tools.Metrics {
		d.tool = d.catalogue.Unnamed()
	}
	d.rec.Tool = d.tool
}

// beginMetric settles whose the points are that follow.
func (d *Decoder) beginMetric(name string) {
	if d.rec.Tool = d.tool; d.tool == nil {
		d.rec.Tool = d.catalogue.OfMetric(name)
	}
}

// emit hands the record on.
func (d *Decoder) emit() {
	d.catalogue.Settle(d.rec)
	if d.rec.Tool == nil {
		d.unknown(1)
	} else {
		d.sink.Telemetry(d.rec)
	}
	d.rec.Tool = d.tool
}

func (d *Decoder) unknown(n int) {
	d.sink.Unknown(tools.Origin{Signal: d.rec.Signal, Service: d.service, Scope: d.scopeName}, n)
}

// resourceSlot returns where to put an attribute of a resource. The tool is not
// known before its resource is, so these are all that any tool reads.
func (d *Decoder) resourceSlot(key string) (tools.Slot, bool) {
	slot, read := d.catalogue.Slot(key)
	if !read && d.watcher != nil {
		d.watcher.Unread(key)
	}
	return slot, read
}

func (d *Decoder) setResource(key string, slot tools.Slot, v tools.Value) {
	d.rec.Resource.Set(slot, v)
	if key == tools.ServiceNameAttribute && d.service == "" {
		d.service = v.Str
		d.own = d.own || v.Str == schema.TelemetryService
	}
}

// recordSlot returns where to put an attribute of a record of the tool.
func (d *Decoder) recordSlot(key string) (tools.Slot, bool) {
	slot, known := d.catalogue.Slot(key)
	read := known && d.rec.Tool.Reads(slot)
	if !read && d.watcher != nil {
		d.watcher.Unread(key)
	}
	return slot, read
}

// text returns the bytes as a string that shares their memory. Clients cut long
// texts in the middle of a character, which must not cost the body's other
// records, so that what is no UTF-8 is replaced.
func text(b []byte) string { return strings.ToValidUTF8(alias(b), "\uFFFD") }

// alias returns the bytes as a string that shares their memory.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
