package otlp

import (
	"fmt"
	"strings"

	collected "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// dump is a sink that writes down what it gets.
type dump struct {
	catalogue *tools.Catalogue
	lines     []string
	unknown   int
}

func (d *dump) Unknown(_ tools.Origin, n int) { d.unknown += n }

func (d *dump) Telemetry(rec *tools.Record) { d.lines = append(d.lines, describe(d.catalogue, rec)) }

func (d *dump) String() string {
	return fmt.Sprintf("%s\nunknown %d", strings.Join(d.lines, "\n"), d.unknown)
}

// watched are attributes that rules read, of every kind of use.
var watched = []string{
	"event.name", "session.id", "user.email", "user.id", "input_tokens", "model", "decision", "type", "success",
	"conversation.id", "installation.id", "interactive", "prompt_id", "duration_ms", "gen_ai.operation.name", "gen_ai.system",
	"metadata", "metadata#model_added_lines",
}

func describe(c *tools.Catalogue, rec *tools.Record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d name=%q event=%q body=%q detail=%q span=%x trace=%x parent=%x time=%d observed=%d start=%d", rec.Tool.ID, rec.Signal, rec.Name, rec.EventName, rec.Body, rec.Detail, rec.SpanID, rec.TraceID, rec.ParentID, rec.Time, rec.Observed, rec.Start)
	fmt.Fprintf(&b, " value=%v,%v count=%d %s,%v print=%x", rec.Value, rec.HasValue, rec.Count, rec.Temporality.Name(), rec.Monotonic, rec.Fingerprint)
	fmt.Fprintf(&b, " parent=%v kind=%d status=%d", rec.HasParent, rec.Kind, rec.Status)
	for _, name := range watched {
		slot, _ := c.Slot(name)
		if v := rec.Attributes.Get(slot); v.Kind != tools.KindNone {
			fmt.Fprintf(&b, " %s=%d:%q", name, v.Kind, v.String())
		}
		if v := rec.Resource.Get(slot); v.Kind != tools.KindNone {
			fmt.Fprintf(&b, " resource:%s=%d:%q", name, v.Kind, v.String())
		}
	}
	return b.String()
}

// reference reads requests that the official library has decoded.
type reference struct {
	dump
	rec *tools.Record
	// tool is whose the scope is, nil where its records tell.
	tool *tools.Tool
}

func newReference(c *tools.Catalogue, signal tools.Signal) *reference {
	r := &reference{dump: dump{catalogue: c}, rec: c.NewRecord()}
	r.rec.Signal = signal
	return r
}

func referenceValue(v *collected.AnyValue) tools.Value {
	switch x := v.GetValue().(type) {
	case *collected.AnyValue_StringValue:
		return tools.Value{Kind: tools.KindString, Str: x.StringValue}
	case *collected.AnyValue_BoolValue:
		return tools.Value{Kind: tools.KindBool, Bool: x.BoolValue}
	case *collected.AnyValue_IntValue:
		return tools.Value{Kind: tools.KindInt, Int: x.IntValue}
	case *collected.AnyValue_DoubleValue:
		return tools.Value{Kind: tools.KindFloat, Float: x.DoubleValue}
	case *collected.AnyValue_ArrayValue, *collected.AnyValue_KvlistValue, *collected.AnyValue_BytesValue:
		return tools.Value{Kind: tools.KindOther}
	default:
		return tools.Value{}
	}
}

func (r *reference) group(attributes []*collected.KeyValue, scope string) {
	r.rec.Resource.Reset()
	service := ""
	for _, a := range attributes {
		slot, known := r.catalogue.Slot(a.GetKey())
		if !known {
			continue
		}
		v := referenceValue(a.GetValue())
		r.rec.Resource.Set(slot, v)
		if a.GetKey() == tools.ServiceNameAttribute && service == "" {
			service = v.Str
		}
	}
	r.tool = r.catalogue.Recognise(service, scope)
}

// begin empties the record. What no service or scope tells its attributes may.
func (r *reference) begin() {
	r.rec.Reset()
	if r.rec.Tool = r.tool; r.tool == nil {
		r.rec.Tool = r.catalogue.Unnamed()
	}
}

func (r *reference) emit() {
	if r.catalogue.Settle(r.rec); r.rec.Tool == nil {
		r.unknown++
		return
	}
	r.Telemetry(r.rec)
}

func (r *reference) attributes(attributes []*collected.KeyValue, fingerprinted bool) {
	for _, a := range attributes {
		v := referenceValue(a.GetValue())
		if slot, known := r.catalogue.Slot(a.GetKey()); known && r.rec.Tool.Reads(slot) {
			r.rec.Attributes.Set(slot, v)
			r.members(a)
		}
		if fingerprinted {
			fingerprint(&r.rec.Fingerprint, a.GetKey(), v)
		}
	}
}

// members are those of an attribute that is a list of keys and values.
func (r *reference) members(a *collected.KeyValue) {
	for _, m := range a.GetValue().GetKvlistValue().GetValues() {
		if slot, known := r.catalogue.Slot(a.GetKey() + "#" + m.GetKey()); known && r.rec.Tool.Reads(slot) {
			r.rec.Attributes.Set(slot, referenceValue(m.GetValue()))
		}
	}
}

func (r *reference) logs(data *logs.LogsData) {
	for _, group := range data.GetResourceLogs() {
		for _, scope := range group.GetScopeLogs() {
			r.group(group.GetResource().GetAttributes(), scope.GetScope().GetName())
			for _, l := range scope.GetLogRecords() {
				r.begin()
				r.rec.Time, r.rec.Observed, r.rec.EventName = l.GetTimeUnixNano(), l.GetObservedTimeUnixNano(), l.GetEventName()
				if r.rec.Tool.ReadsBody() {
					r.rec.Body = l.GetBody().GetStringValue()
					for n, v := range l.GetBody().GetArrayValue().GetValues() {
						setBody(r.rec, n, tools.Value{Str: v.GetStringValue()})
					}
				}
				setSpanID(r.rec, l.GetSpanId())
				setTraceID(r.rec, l.GetTraceId())
				r.attributes(l.GetAttributes(), false)
				r.emit()
			}
		}
	}
}

func (r *reference) spans(data *trace.TracesData) {
	for _, group := range data.GetResourceSpans() {
		for _, scope := range group.GetScopeSpans() {
			r.group(group.GetResource().GetAttributes(), scope.GetScope().GetName())
			for _, s := range scope.GetSpans() {
				r.begin()
				r.rec.Name, r.rec.Start, r.rec.Time = s.GetName(), s.GetStartTimeUnixNano(), s.GetEndTimeUnixNano()
				setSpanID(r.rec, s.GetSpanId())
				setTraceID(r.rec, s.GetTraceId())
				setParentID(r.rec, s.GetParentSpanId())
				r.rec.HasParent = strings.Trim(string(s.GetParentSpanId()), "\x00") != ""
				r.rec.Kind, r.rec.Status = byteOf(s.GetKind()), byteOf(s.GetStatus().GetCode())
				r.attributes(s.GetAttributes(), false)
				r.emit()
			}
		}
	}
}

// byteOf is an enumeration's number, of which none is over 255.
func byteOf[E ~int32](v E) uint8 { return uint8(min(uint64(v), 255)) }

// anyPoint is a data point of any kind.
type anyPoint struct {
	start, time uint64
	attributes  []*collected.KeyValue
	value       float64
	has         bool
	count       uint64
}

func (r *reference) metrics(data *metrics.MetricsData) {
	for _, group := range data.GetResourceMetrics() {
		for _, scope := range group.GetScopeMetrics() {
			r.group(group.GetResource().GetAttributes(), scope.GetScope().GetName())
			for _, m := range scope.GetMetrics() {
				r.metric(m)
			}
		}
	}
}

func (r *reference) metric(m *metrics.Metric) {
	var points []anyPoint
	temporality, monotonic, counter := metrics.AggregationTemporality(0), false, true
	numbers := func(dps []*metrics.NumberDataPoint) {
		for _, p := range dps {
			a := anyPoint{start: p.GetStartTimeUnixNano(), time: p.GetTimeUnixNano(), attributes: p.GetAttributes()}
			switch v := p.GetValue().(type) {
			case *metrics.NumberDataPoint_AsDouble:
				a.value, a.has = v.AsDouble, true
			case *metrics.NumberDataPoint_AsInt:
				a.value, a.has = float64(v.AsInt), true
			}
			points = append(points, a)
		}
	}
	switch d := m.GetData().(type) {
	case *metrics.Metric_Sum:
		temporality, monotonic = d.Sum.GetAggregationTemporality(), d.Sum.GetIsMonotonic()
		numbers(d.Sum.GetDataPoints())
	case *metrics.Metric_Gauge:
		counter = false
		numbers(d.Gauge.GetDataPoints())
	case *metrics.Metric_Histogram:
		temporality, monotonic = d.Histogram.GetAggregationTemporality(), true
		for _, p := range d.Histogram.GetDataPoints() {
			points = append(points, anyPoint{p.GetStartTimeUnixNano(), p.GetTimeUnixNano(), p.GetAttributes(), p.GetSum(), p.Sum != nil, p.GetCount()})
		}
	case *metrics.Metric_ExponentialHistogram:
		temporality, monotonic = d.ExponentialHistogram.GetAggregationTemporality(), true
		for _, p := range d.ExponentialHistogram.GetDataPoints() {
			points = append(points, anyPoint{p.GetStartTimeUnixNano(), p.GetTimeUnixNano(), p.GetAttributes(), p.GetSum(), p.Sum != nil, p.GetCount()})
		}
	case *metrics.Metric_Summary:
		counter = false
		for _, p := range d.Summary.GetDataPoints() {
			points = append(points, anyPoint{p.GetStartTimeUnixNano(), p.GetTimeUnixNano(), p.GetAttributes(), p.GetSum(), true, p.GetCount()})
		}
	}
	for i := range points {
		r.point(m.GetName(), &points[i], temporalityOf(uint64(temporality), counter), monotonic && counter)
	}
}

func (r *reference) point(name string, p *anyPoint, temporality schema.Temporality, monotonic bool) {
	r.rec.Reset()
	if r.rec.Tool = r.tool; r.tool == nil {
		r.rec.Tool = r.catalogue.OfMetric(name)
	}
	if r.rec.Tool == nil {
		r.unknown++
		return
	}
	r.rec.Name, r.rec.Start, r.rec.Time = name, p.start, p.time
	r.rec.Value, r.rec.HasValue, r.rec.Temporality, r.rec.Monotonic = p.value, p.has, temporality, monotonic
	r.rec.Count = p.count
	r.attributes(p.attributes, r.rec.Tool.ReadsMetric(name))
	r.Telemetry(r.rec)
}
