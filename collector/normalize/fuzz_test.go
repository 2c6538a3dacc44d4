package normalize

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// recordOf makes a record of whatever bytes: which tool, which name, which
// attributes with which values.
func recordOf(f *fixture, names, attributes, words []string, data []byte) *tools.Record {
	all := f.catalogue.Tools()
	take := func(n int) []byte {
		n = min(n, len(data))
		taken := data[:n]
		data = data[n:]
		return taken
	}
	number := func() uint64 {
		var b [8]byte
		copy(b[:], take(8))
		return binary.LittleEndian.Uint64(b[:])
	}
	small := func() int {
		if b := take(1); len(b) == 1 {
			return int(b[0])
		}
		return 0
	}
	rec := f.catalogue.NewRecord()
	rec.Tool = all[small()%len(all)]
	rec.Signal = tools.Signal(small()%3) + tools.Logs
	rec.Name = names[(small()<<8|small())%len(names)]
	rec.HasParent, rec.Kind, rec.Status = small()%2 == 0, uint8(small()), uint8(small())
	rec.Time, rec.Observed, rec.Start = number(), number(), number()
	rec.Value, rec.HasValue, rec.Monotonic = math.Float64frombits(number()), small()%2 == 0, small()%4 != 0
	rec.Temporality = schema.Temporality(small() % 3)
	f.set(rec, "event.name", rec.Name)
	for len(data) > 0 {
		name := attributes[(small()<<8|small())%len(attributes)]
		if kind := small(); kind%2 == 0 {
			f.set(rec, name, words[kind%len(words)])
		} else {
			f.set(rec, name, string(take(small()%40)))
		}
	}
	return rec
}

// vocabulary is what the catalogue's rules look at: names of records and of
// attributes, and the words they compare with.
func vocabulary(c *tools.Catalogue) (records, attributes, words []string) {
	for _, tool := range c.Tools() {
		f := tool.File()
		for _, set := range [][]tools.RuleFile{f.Logs.Records, f.Spans.Records} {
			for i := range set {
				records = append(records, set[i].Name)
				attributes = append(attributes, set[i].ID...)
				for _, when := range set[i].When {
					attributes, words = append(attributes, when.Attribute), append(append(words, when.In...), when.Prefix...)
				}
			}
		}
		for _, m := range f.Metrics {
			records = append(records, m.Name)
		}
		for _, id := range f.Identity {
			attributes = append(attributes, id.Attribute)
		}
		attributes = append(append(append(attributes, f.Device...), f.Session...), f.Version...)
	}
	attributes = slices.DeleteFunc(attributes, func(name string) bool { return strings.ContainsAny(name, "#") || strings.HasPrefix(name, "span:") })
	return append(records, "x"), append(attributes, otherAttributes...), append(words, "x")
}

// otherAttributes hold numbers and words that rules take as they are.
var otherAttributes = []string{
	"model", "input_tokens", "output_tokens", "input_token_count", "cached_token_count", "duration_ms", "success", "cost_usd", "metadata",
	"gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.operation.name", "query_source", "type",
}

// FuzzMapping holds the mapping to what ingest takes: whatever a client sends,
// each message decodes, and each event that is not refused is valid.
func FuzzMapping(f *testing.F) {
	fixture := setUp(f)
	records, attributes, words := vocabulary(fixture.catalogue)
	for i := range records {
		f.Add(append([]byte{byte(i), byte(i), byte(i), 0, 0, 0, 0, 0, 0, 0}, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789"...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b := fixture.Begin(Sender{}, now)
		defer b.Close(false)
		b.Telemetry(recordOf(fixture, records, attributes, words, data))
		if len(b.Entries()) > 1 {
			t.Errorf("one record is %d messages", len(b.Entries()))
		}
		decoded(t, b)
	})
}
