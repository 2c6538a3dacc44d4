package normalize

import (
	"encoding/hex"
	"math"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// streamIdentifier keeps the pseudonyms of streams apart from those of persons.
const streamIdentifier schema.IdentifierKind = "stream:"

// point takes a point of a metric as a reading. A point of zero says nothing
// that its absence would not.
func (b *Batch) point(rec *tools.Record) {
	rule := rec.Tool.MetricRule(rec)
	if rule == nil || !b.countable(rec) {
		b.Ignore(rec.Tool, 1)
		b.mark(rec)
		return
	}
	measure := rule.Measure(rec)
	if measure == schema.Measure_MEASURE_UNSPECIFIED || rule.Value(rec) == 0 {
		b.Ignore(rec.Tool, 1)
		b.mark(rec)
		return
	}
	b.readingOf(rec, rule, measure)
}

// countable says whether the point belongs to a counter.
func (b *Batch) countable(rec *tools.Record) bool {
	return rec.HasValue && rec.Monotonic && rec.Value >= 0 && rec.Value <= math.MaxInt64 && rec.Temporality != schema.Temporality_TEMPORALITY_UNSPECIFIED
}

func (b *Batch) readingOf(rec *tools.Record, rule *tools.MetricRule, measure schema.Measure) {
	e := b.begin(rec.Occurred())
	b.describe(rec, e)
	rule.Fill(rec, measure, e)
	if !ModelName(e.Model) {
		e.Model = ""
	}
	r := &b.reading
	r.Reset()
	r.Stream = b.stream(rec, rule, measure)
	r.StartedAtUnixNano = rec.Start
	r.Measure = measure
	r.Value = rule.Value(rec)
	r.Temporality = rec.Temporality
	e.Reading = r
	b.id = b.readingID(r, e.OccurredAtUnixNano)
	e.EventId = b.id[:]
	b.settle(e)
}

// stream identifies the counter: the process and all attributes of the point.
// It goes through the identity key, because the attributes of a client without
// session ids could be guessed.
func (b *Batch) stream(rec *tools.Record, rule *tools.MetricRule, measure schema.Measure) []byte {
	d := b.digest("stream")
	d.String(rec.Tool.ID)
	d.String(rule.Name)
	d.Uint64(uint64(measure))
	person, _ := rec.Tool.Person(rec)
	for _, part := range []string{person, rec.Tool.Device(rec), rec.Tool.Session(rec)} {
		d.String(part)
	}
	b.n.catalogue.Process(rec, func(v tools.Value) { d.String(v.String()) })
	d.Uint64(rec.Fingerprint[0])
	d.Uint64(rec.Fingerprint[1])
	sum := d.Sum()
	return b.n.pseudonymizer.Append(nil, streamIdentifier, hex.EncodeToString(sum[:]))
}

func (b *Batch) readingID(r *schema.Reading, readAt uint64) [schema.EventIDSize]byte {
	d := b.digest("reading")
	d.Bytes(r.Stream)
	d.Uint64(r.StartedAtUnixNano)
	d.Uint64(readAt)
	return d.Sum()
}
