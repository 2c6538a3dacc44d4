package otlp

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// fields walks over the fields of a protobuf message without copying. A field
// of another wire type than expected is passed over, as protobuf does.
type fields struct {
	rest []byte
	num  protowire.Number
	typ  protowire.Type
	// data of a length-delimited field; bits of a number.
	data []byte
	bits uint64
	err  error
}

func walk(message []byte) fields { return fields{rest: message} }

// next moves to the next field; false at the end or at an error. Nearly all
// fields have a tag and a length of one byte.
func (f *fields) next() bool {
	b := f.rest
	if len(b) == 0 {
		return false
	}
	if len(b) >= 2 && b[0]&0x87 == 2 && b[0] >= 8 && b[1] < 0x80 {
		if end := 2 + int(b[1]); end <= len(b) {
			f.num, f.typ = protowire.Number(b[0]>>3), protowire.BytesType
			f.data, f.rest = b[2:end], b[end:]
			return true
		}
	}
	return f.nextSlow()
}

// nextSlow takes any field.
func (f *fields) nextSlow() bool {
	if f.err != nil {
		return false
	}
	num, typ, n := protowire.ConsumeTag(f.rest)
	if n < 0 {
		return f.fail()
	}
	f.num, f.typ, f.rest = num, typ, f.rest[n:]
	switch typ {
	case protowire.BytesType:
		f.data, n = protowire.ConsumeBytes(f.rest)
	case protowire.VarintType:
		f.bits, n = protowire.ConsumeVarint(f.rest)
	case protowire.Fixed64Type:
		f.bits, n = protowire.ConsumeFixed64(f.rest)
	default:
		n = protowire.ConsumeFieldValue(num, typ, f.rest)
	}
	if n < 0 {
		return f.fail()
	}
	f.rest = f.rest[n:]
	return true
}

func (f *fields) fail() bool {
	f.err, f.rest = ErrMalformed, nil
	return false
}

// bytes says whether the field is the length-delimited one of the number.
func (f *fields) bytes(num protowire.Number) bool {
	return f.num == num && f.typ == protowire.BytesType
}

func (f *fields) fixed64(num protowire.Number) bool {
	return f.num == num && f.typ == protowire.Fixed64Type
}

func (f *fields) varint(num protowire.Number) bool {
	return f.num == num && f.typ == protowire.VarintType
}

func (f *fields) double() float64 { return math.Float64frombits(f.bits) }

// string reads the field as text into s.
func (f *fields) string(s *string) { *s = text(f.data) }
