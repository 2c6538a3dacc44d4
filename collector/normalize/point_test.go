package normalize

import (
	"bytes"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

func (f *fixture) point(value float64, attributes ...string) *tools.Record {
	rec := f.record("claude-code", "", attributes...)
	rec.Signal, rec.Name = tools.Metrics, "claude_code.lines_of_code.count"
	rec.Value, rec.HasValue, rec.Monotonic = value, true, true
	rec.Temporality, rec.Start = schema.Temporality_TEMPORALITY_CUMULATIVE, uint64(now.Add(-time.Hour).UnixNano())
	return rec
}

func TestPointsOfCountersAreReadings(t *testing.T) {
	f := setUp(t)
	added := f.point(4, "type", "added", "session.id", "s", "model", "claude-sonnet-5")
	again := f.point(4, "type", "added", "session.id", "s", "model", "claude-sonnet-5")
	removed := f.point(4, "type", "removed", "session.id", "s", "model", "claude-sonnet-5")
	later := f.point(9, "type", "added", "session.id", "s", "model", "claude-sonnet-5")
	later.Time += uint64(time.Second)
	other := f.point(4, "type", "added", "session.id", "s")
	other.Fingerprint[0] = 1
	events, _ := f.events(t, Sender{}, added, again, removed, later, other)
	r := events[0].Reading
	if r.Measure != schema.Measure_MEASURE_LINES_ADDED || r.Value != 4 || r.Temporality != schema.Temporality_TEMPORALITY_CUMULATIVE || r.StartedAtUnixNano != added.Start || events[0].Model != "claude-sonnet-5" {
		t.Errorf("got %v", events[0])
	}
	if !bytes.Equal(events[0].EventId, events[1].EventId) {
		t.Error("a repeated point is another reading")
	}
	if events[2].Reading.Measure != schema.Measure_MEASURE_LINES_REMOVED || bytes.Equal(r.Stream, events[2].Reading.Stream) {
		t.Error("added and removed lines are one stream")
	}
	if !bytes.Equal(r.Stream, events[3].Reading.Stream) || bytes.Equal(events[0].EventId, events[3].EventId) {
		t.Error("a later point is another stream, or the same reading")
	}
	if bytes.Equal(r.Stream, events[4].Reading.Stream) {
		t.Error("points of other attributes are one stream")
	}
}

func TestPointsThatSayNothingAreIgnored(t *testing.T) {
	f := setUp(t)
	zero, gauge, other := f.point(0, "type", "added"), f.point(4, "type", "added"), f.point(4, "type", "moved")
	gauge.Monotonic = false
	if events, letters := f.events(t, Sender{}, zero, gauge, other); len(events) != 0 || len(letters) != 0 {
		t.Errorf("got %v, %v", events, letters)
	}
	if got := testutil.ToFloat64(f.metrics.ignoredOf(f.catalogue.Tool("claude-code"))); got != 3 {
		t.Errorf("%v are counted as ignored, want 3", got)
	}
}
