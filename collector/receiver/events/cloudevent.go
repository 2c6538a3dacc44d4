package events

import "github.com/uptake-telemetry/uptake/schema"

// envelope is what is read of a CloudEvent around its data.
type envelope struct {
	id           string
	time         uint64
	typ, version bool
	hasData      bool
	seen         uint64
}

const (
	bitVersion = iota
	bitType
	bitID
	bitTime
	bitData
)

// cloudEvent reads a CloudEvent: its data is the event, its id and time are the
// event's. Other attributes are passed over unread.
func (d *Decoder) cloudEvent() error {
	d.event.reset()
	d.envelope = envelope{}
	v := &d.envelope
	rejection, err := d.object("", (*Decoder).envelopeField, &v.seen)
	if err != nil {
		return err
	}
	if fault := v.fault(); fault != nil {
		d.event.faulty = true
		if rejection == nil {
			rejection = fault
		}
	}
	d.event.ID = v.id
	if v.time != 0 {
		d.event.Usage.OccurredAtUnixNano = v.time
	}
	d.hand(d.event.settle(rejection))
	return nil
}

func (d *Decoder) envelopeField(name string) (bit int, r *schema.Rejection, err error) {
	v, in := &d.envelope, &d.reader
	s := ""
	switch name {
	case "specversion":
		bit = bitVersion
		if s, r, err = in.string(name, maxWord); r == nil && err == nil && s != "1.0" {
			r = schema.Reject(schema.CodeBadValue, name, "send CloudEvents of version 1.0")
		}
		v.version = true
	case "type":
		bit = bitType
		if s, r, err = in.string(name, maxWord); r == nil && err == nil && s != schema.EventType {
			r = schema.Reject(schema.CodeBadValue, name, "send CloudEvents of the type %s", schema.EventType)
		}
		v.typ = true
	case "id":
		bit = bitID
		v.id, r, err = in.string(name, maxID)
	case "time":
		bit = bitTime
		v.time, r, err = in.time(name)
	case "data":
		bit, v.hasData = bitData, true
		r, err = d.object("", (*Decoder).eventField, &d.event.seen)
	case "data_base64":
		bit, r, err = -1, schema.Reject(schema.CodeBadValue, name, "send the data as JSON in data"), in.skip()
	default:
		bit, err = -1, in.skip()
	}
	return bit, r, err
}

// fault names the first attribute that a CloudEvent must have and this one has not.
func (v *envelope) fault() *schema.Rejection {
	for _, required := range []struct {
		field string
		has   bool
	}{{"specversion", v.version}, {"type", v.typ}, {"id", v.id != ""}, {"data", v.hasData}} {
		if !required.has {
			return schema.Reject(schema.CodeMissingField, required.field, "a CloudEvent has %s", required.field)
		}
	}
	return nil
}
