package otlp

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/uptake-telemetry/uptake/schema/tools"
)

// Protobuf decodes an export request of the signal. The body must stay
// unchanged until the sink has used its records.
func (d *Decoder) Protobuf(signal tools.Signal, body []byte, sink Sink) error {
	d.begin(signal, sink)
	defer d.end()
	f := walk(body)
	for f.next() {
		if f.bytes(1) {
			if err := d.resourceGroup(f.data); err != nil {
				return err
			}
		}
	}
	return f.err
}

// resourceGroup is a ResourceLogs, ResourceMetrics or ResourceSpans. The
// resource is read first, wherever it stands.
func (d *Decoder) resourceGroup(message []byte) error {
	d.beginResource()
	f := walk(message)
	for f.next() {
		if f.bytes(1) {
			if err := d.resource(f.data); err != nil {
				return err
			}
		}
	}
	if f.err != nil {
		return f.err
	}
	for f = walk(message); f.next(); {
		if f.bytes(2) {
			if err := d.scopeGroup(f.data); err != nil {
				return err
			}
		}
	}
	return f.err
}

func (d *Decoder) resource(message []byte) error {
	f := walk(message)
	for f.next() {
		if !f.bytes(1) {
			continue
		}
		key, value, err := keyValue(f.data)
		if err != nil {
			return err
		}
		slot, read := d.resourceSlot(key)
		if !read {
			continue
		}
		v, err := anyValue(value)
		if err != nil {
			return err
		}
		d.setResource(key, slot, v)
	}
	return f.err
}

// scopeGroup is a ScopeLogs, ScopeMetrics or ScopeSpans.
func (d *Decoder) scopeGroup(message []byte) error {
	scope, err := scopeName(message)
	if err != nil {
		return err
	}
	d.beginScope(scope)
	f := walk(message)
	for f.next() {
		if f.bytes(2) {
			if err := d.item(f.data); err != nil {
				return err
			}
		}
	}
	return f.err
}

// scopeName reads the scope's name, wherever it stands.
func scopeName(message []byte) (name string, err error) {
	f := walk(message)
	for f.next() {
		if !f.bytes(1) {
			continue
		}
		scope := walk(f.data)
		for scope.next() {
			if scope.bytes(1) {
				scope.string(&name)
			}
		}
		if scope.err != nil {
			return "", scope.err
		}
	}
	return name, f.err
}

func (d *Decoder) item(message []byte) error {
	switch d.rec.Signal {
	case tools.Logs:
		return d.logRecord(message)
	case tools.Spans:
		return d.span(message)
	default:
		return d.metric(message)
	}
}

func (d *Decoder) logRecord(message []byte) error {
	rec := d.rec
	rec.Reset()
	f := walk(message)
	for f.next() {
		var err error
		switch {
		case f.fixed64(1):
			rec.Time = f.bits
		case f.fixed64(11):
			rec.Observed = f.bits
		case f.bytes(6):
			err = d.attribute(f.data, false)
		case f.bytes(12):
			f.string(&rec.EventName)
		case f.bytes(9):
			setTraceID(rec, f.data)
		case f.bytes(10):
			setSpanID(rec, f.data)
		case f.bytes(5) && rec.Tool.ReadsBody():
			err = d.body(f.data)
		}
		if err != nil {
			return err
		}
	}
	if f.err == nil {
		d.emit()
	}
	return f.err
}

func setSpanID(rec *tools.Record, id []byte) {
	rec.SpanID = [8]byte{}
	if len(id) == len(rec.SpanID) {
		copy(rec.SpanID[:], id)
	}
}

func setParentID(rec *tools.Record, id []byte) {
	rec.ParentID = [8]byte{}
	if len(id) == len(rec.ParentID) {
		copy(rec.ParentID[:], id)
	}
}

func setTraceID(rec *tools.Record, id []byte) {
	rec.TraceID = [16]byte{}
	if len(id) == len(rec.TraceID) {
		copy(rec.TraceID[:], id)
	}
}

func (d *Decoder) span(message []byte) error {
	rec := d.rec
	rec.Reset()
	f := walk(message)
	for f.next() {
		var err error
		switch {
		case f.bytes(1):
			setTraceID(rec, f.data)
		case f.bytes(2):
			setSpanID(rec, f.data)
		case f.bytes(4):
			rec.HasParent = isParent(f.data)
			setParentID(rec, f.data)
		case f.bytes(5):
			f.string(&rec.Name)
		case f.varint(6):
			rec.Kind = enumeration(f.bits)
		case f.fixed64(7):
			rec.Start = f.bits
		case f.fixed64(8):
			rec.Time = f.bits
		case f.bytes(9):
			err = d.attribute(f.data, false)
		case f.bytes(15):
			rec.Status, err = spanStatus(f.data)
		}
		if err != nil {
			return err
		}
	}
	if f.err == nil {
		d.emit()
	}
	return f.err
}

// isParent says whether the id is that of a span: some clients write zeros for none.
func isParent(id []byte) bool {
	for _, b := range id {
		if b != 0 {
			return true
		}
	}
	return false
}

// enumeration keeps numbers that no version of OTLP has from becoming others.
func enumeration(bits uint64) uint8 { return uint8(min(bits, math.MaxUint8)) }

// spanStatus reads the code only: the message is the program's text.
func spanStatus(message []byte) (code uint8, err error) {
	f := walk(message)
	for f.next() {
		if f.varint(3) {
			code = enumeration(f.bits)
		}
	}
	return code, f.err
}

// attribute reads a KeyValue into the record if a rule reads it, and into the
// fingerprint of a point if that is asked.
func (d *Decoder) attribute(message []byte, fingerprinted bool) error {
	key, value, err := keyValue(message)
	if err != nil {
		return err
	}
	slot, read := d.recordSlot(key)
	if !read && !fingerprinted {
		return nil
	}
	v, err := anyValue(value)
	if err != nil {
		return err
	}
	if read {
		d.rec.Attributes.Set(slot, v)
		if v.Kind == tools.KindOther {
			if err := d.members(key, value); err != nil {
				return err
			}
		}
	}
	if fingerprinted {
		fingerprint(&d.rec.Fingerprint, key, v)
	}
	return nil
}

// keyValue splits a KeyValue. The key is only ever compared, so whether it is
// UTF-8 does not matter.
func keyValue(message []byte) (key string, value []byte, err error) {
	if b := message; len(b) >= 2 && b[0] == 0x0a && b[1] < 0x80 {
		// A short key and then a short value, and nothing else: nearly all are so.
		end := 2 + int(b[1])
		if end+2 <= len(b) && b[end] == 0x12 && b[end+1] < 0x80 && end+2+int(b[end+1]) == len(b) {
			return alias(b[2:end]), b[end+2:], nil
		}
	}
	f := walk(message)
	for f.next() {
		switch {
		case f.bytes(1):
			key = alias(f.data)
		case f.bytes(2):
			value = f.data
		}
	}
	return key, value, f.err
}

// anyValue reads one scalar; of arrays, maps and bytes only that they are there.
func anyValue(message []byte) (v tools.Value, err error) {
	f := walk(message)
	for f.next() {
		switch {
		case f.bytes(1):
			v = tools.Value{Kind: tools.KindString}
			f.string(&v.Str)
		case f.varint(2):
			v = tools.Value{Kind: tools.KindBool, Bool: protowire.DecodeBool(f.bits)}
		case f.varint(3):
			v = tools.Value{Kind: tools.KindInt, Int: int64(f.bits)}
		case f.fixed64(4):
			v = tools.Value{Kind: tools.KindFloat, Float: f.double()}
		case f.bytes(5), f.bytes(6), f.bytes(7):
			v = tools.Value{Kind: tools.KindOther}
		}
	}
	return v, f.err
}
