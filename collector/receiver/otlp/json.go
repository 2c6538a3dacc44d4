package otlp

import (
	"strings"

	"github.com/uptake-telemetry/uptake/schema/tools"
)

// names are the keys of a signal's request, from outside in.
type names struct{ resources, scopes, items string }

var namesOf = map[tools.Signal]names{
	tools.Logs:    {"resourceLogs", "scopeLogs", "logRecords"},
	tools.Metrics: {"resourceMetrics", "scopeMetrics", "metrics"},
	tools.Spans:   {"resourceSpans", "scopeSpans", "spans"},
}

// jsonDecoder is a Decoder on one JSON body. What must be known before a member
// can be read may stand behind it; then the member is kept as it is and read
// when its object has ended.
type jsonDecoder struct {
	*Decoder
	*reader
	names names
	// of is the attribute that is being read, where rules may read its members.
	of string
}

// JSON decodes an export request of the signal in OTLP's JSON form. The body
// must stay unchanged until the sink has used its records.
func (d *Decoder) JSON(signal tools.Signal, body []byte, sink Sink) error {
	d.begin(signal, sink)
	defer d.end()
	j := &jsonDecoder{Decoder: d, reader: newReader(body), names: namesOf[signal]}
	if j.dec.PeekKind() != '{' {
		return ErrMalformed
	}
	err := j.object(func(name string) error {
		if name != j.names.resources {
			return j.skip()
		}
		return j.array(j.resourceGroup)
	})
	if err != nil {
		return ErrMalformed
	}
	return j.reader.end()
}

// later returns a decoder for a member that was kept.
func (j *jsonDecoder) later(raw []byte) *jsonDecoder {
	return &jsonDecoder{Decoder: j.Decoder, reader: newReader(raw), names: j.names}
}

func (j *jsonDecoder) resourceGroup() error {
	j.beginResource()
	known := false
	var kept []byte
	err := j.object(func(name string) (err error) {
		switch {
		case name == "resource":
			known = true
			return j.resource()
		case name != j.names.scopes:
			return j.skip()
		case known:
			return j.array(j.scopeGroup)
		default:
			kept, err = j.value()
			return err
		}
	})
	if err != nil || kept == nil {
		return err
	}
	l := j.later(kept)
	return l.array(l.scopeGroup)
}

func (j *jsonDecoder) resource() error {
	return j.object(func(name string) error {
		if name != "attributes" {
			return j.skip()
		}
		return j.array(func() error {
			return j.keyValue(func(key string) error {
				slot, read := j.resourceSlot(key)
				if !read {
					return j.skip()
				}
				v, err := j.anyValue()
				j.setResource(key, slot, v)
				return err
			})
		})
	})
}

func (j *jsonDecoder) scopeGroup() error {
	scope, known := "", false
	var kept []byte
	err := j.object(func(name string) (err error) {
		switch {
		case name == "scope":
			known = true
			scope, err = j.scope()
			j.beginScope(scope)
			return err
		case name != j.names.items:
			return j.skip()
		case known:
			return j.array(j.item)
		default:
			kept, err = j.value()
			return err
		}
	})
	if err != nil || kept == nil {
		return err
	}
	j.beginScope(scope)
	l := j.later(kept)
	return l.array(l.item)
}

func (j *jsonDecoder) scope() (scope string, err error) {
	err = j.object(func(name string) (err error) {
		if name != "name" {
			return j.skip()
		}
		scope, err = j.string()
		return err
	})
	return scope, err
}

func (j *jsonDecoder) item() error {
	if j.rec.Signal == tools.Metrics {
		return j.metric()
	}
	j.rec.Reset()
	member := j.logMember
	if j.rec.Signal == tools.Spans {
		member = j.spanMember
	}
	if err := j.object(member); err != nil {
		return err
	}
	j.emit()
	return nil
}

func (j *jsonDecoder) logMember(name string) (err error) {
	rec := j.rec
	switch name {
	case "timeUnixNano":
		rec.Time, err = j.time()
	case "observedTimeUnixNano":
		rec.Observed, err = j.time()
	case "eventName":
		rec.EventName, err = j.string()
	case "traceId":
		err = j.traceID(rec)
	case "spanId":
		err = j.spanID(rec)
	case "attributes":
		err = j.attributes(false)
	case "body":
		if !rec.Tool.ReadsBody() {
			return j.skip()
		}
		err = j.body()
	default:
		err = j.skip()
	}
	return err
}

func (j *jsonDecoder) spanMember(name string) (err error) {
	rec := j.rec
	switch name {
	case "name":
		rec.Name, err = j.string()
	case "startTimeUnixNano":
		rec.Start, err = j.time()
	case "endTimeUnixNano":
		rec.Time, err = j.time()
	case "traceId":
		err = j.traceID(rec)
	case "spanId":
		err = j.spanID(rec)
	case "parentSpanId":
		err = j.parent(rec)
	case "kind":
		rec.Kind, err = j.enumeration(spanKinds)
	case "status":
		err = j.object(func(name string) (err error) {
			if name != "code" {
				return j.skip()
			}
			rec.Status, err = j.enumeration(statusCodes)
			return err
		})
	case "attributes":
		err = j.attributes(false)
	default:
		err = j.skip()
	}
	return err
}

// parent reads the id of a span's parent; some clients write zeros for none, in
// hexadecimal digits or in base64.
func (j *jsonDecoder) parent(rec *tools.Record) error {
	word, err := j.string()
	rec.HasParent = strings.Trim(word, "0A=") != ""
	setParentID(rec, idOf(word))
	return err
}

// attributes reads those of a record that a rule reads.
func (j *jsonDecoder) attributes(fingerprinted bool) error {
	return j.array(func() error {
		return j.keyValue(func(key string) error {
			slot, read := j.recordSlot(key)
			if !read && !fingerprinted {
				return j.skip()
			}
			if read {
				j.of = key
			}
			v, err := j.anyValue()
			j.of = ""
			if read {
				j.rec.Attributes.Set(slot, v)
			}
			if fingerprinted {
				fingerprint(&j.rec.Fingerprint, key, v)
			}
			return err
		})
	})
}
