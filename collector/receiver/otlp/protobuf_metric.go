package otlp

import "github.com/uptake-telemetry/uptake/schema"

// pointShape says where the fields of a kind of data point are.
type pointShape struct {
	start, time, attributes, count, sum int32
	number                              bool
}

var (
	numberPoint      = pointShape{start: 2, time: 3, attributes: 7, number: true}
	histogramPoint   = pointShape{start: 2, time: 3, attributes: 9, count: 4, sum: 5}
	exponentialPoint = pointShape{start: 2, time: 3, attributes: 1, count: 4, sum: 5}
	summaryPoint     = pointShape{start: 2, time: 3, attributes: 7, count: 4, sum: 5}
)

// metric reads the name first, because it says whether the points are read.
func (d *Decoder) metric(message []byte) error {
	name := ""
	f := walk(message)
	for f.next() {
		if f.bytes(1) {
			f.string(&name)
		}
	}
	if f.err != nil {
		return f.err
	}
	for f = walk(message); f.next(); {
		var err error
		switch {
		case f.bytes(5): // gauge
			err = d.points(name, f.data, &numberPoint, false)
		case f.bytes(7): // sum
			err = d.points(name, f.data, &numberPoint, true)
		case f.bytes(9):
			err = d.points(name, f.data, &histogramPoint, true)
		case f.bytes(10):
			err = d.points(name, f.data, &exponentialPoint, true)
		case f.bytes(11):
			err = d.points(name, f.data, &summaryPoint, false)
		}
		if err != nil {
			return err
		}
	}
	return f.err
}

// points reads the data points of a metric. Only sums say themselves whether
// they are monotonic; the sum of a histogram of counts is.
func (d *Decoder) points(name string, message []byte, shape *pointShape, counter bool) error {
	temporality, monotonic, n := uint64(0), shape.sum != 0, 0
	f := walk(message)
	for f.next() {
		switch {
		case f.bytes(1):
			n++
		case f.varint(2):
			temporality = f.bits
		case f.varint(3) && shape.number:
			monotonic = f.bits != 0
		}
	}
	if f.err != nil {
		return f.err
	}
	if d.beginMetric(name); d.rec.Tool == nil {
		d.unknown(n)
		return nil
	}
	for f = walk(message); f.next(); {
		if !f.bytes(1) {
			continue
		}
		d.rec.Reset()
		d.rec.Name = name
		d.rec.Temporality = temporalityOf(temporality, counter)
		d.rec.Monotonic = monotonic && counter
		if err := d.point(f.data, shape); err != nil {
			return err
		}
		d.sink.Telemetry(d.rec)
	}
	return f.err
}

// temporalityOf reads OTLP's enumeration.
func temporalityOf(v uint64, counter bool) schema.Temporality {
	switch {
	case counter && v == 1:
		return schema.Temporality_TEMPORALITY_DELTA
	case counter && v == 2:
		return schema.Temporality_TEMPORALITY_CUMULATIVE
	default:
		return schema.Temporality_TEMPORALITY_UNSPECIFIED
	}
}

func (d *Decoder) point(message []byte, shape *pointShape) error {
	rec := d.rec
	read := rec.Tool.ReadsMetric(rec.Name)
	f := walk(message)
	for f.next() {
		switch num := int32(f.num); {
		case f.bytes(f.num) && num == shape.attributes:
			if err := d.attribute(f.data, read); err != nil {
				return err
			}
		case !f.fixed64(f.num):
		case num == shape.start:
			rec.Start = f.bits
		case num == shape.time:
			rec.Time = f.bits
		case num == 4 && shape.number, num == shape.sum:
			rec.Value, rec.HasValue = f.double(), true
		case num == shape.count:
			rec.Count = f.bits
		case num == 6 && shape.number:
			rec.Value, rec.HasValue = float64(int64(f.bits)), true
		}
	}
	return f.err
}
