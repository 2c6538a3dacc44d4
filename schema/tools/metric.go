package tools

import (
	"errors"
	"fmt"

	"github.com/uptake-telemetry/uptake/schema"
)

// MetricRule makes a reading of a point of a metric.
type MetricRule struct {
	Name string

	when      []condition
	measure   choices[schema.Measure]
	initiator choices[schema.Initiator]
	decision  choices[schema.Decision]
	model     []ref
	scale     float64
	// counts says that the point's count is its value, not its sum.
	counts bool
	// evidence by measure.
	evidence []schema.Evidence
}

func (b *compiler) metric(f *MetricFile) (rule *MetricRule, err error) {
	if f.Name == "" {
		return nil, errors.New("name: say which metric the rule is for")
	}
	if f.Value != "" && f.Value != "sum" && f.Value != "count" {
		return nil, fmt.Errorf("value: %q must be sum or count", f.Value)
	}
	rule = &MetricRule{Name: f.Name, model: b.refs(f.Model), scale: f.Scale, counts: f.Value == "count"}
	if rule.scale == 0 {
		rule.scale = 1
	}
	if rule.when, err = b.conditions(f.When); err != nil {
		return nil, err
	}
	if rule.measure, err = compileChoices(b, "measure", f.Measure, schema.MeasureByName); err != nil {
		return nil, err
	}
	if len(rule.measure) == 0 {
		return nil, errors.New("measure: say what the metric counts")
	}
	if rule.initiator, err = compileChoices(b, "initiator", f.Initiator, schema.InitiatorByName); err != nil {
		return nil, err
	}
	if rule.decision, err = compileChoices(b, "decision", f.Decision, schema.DecisionByName); err != nil {
		return nil, err
	}
	rule.evidence = make([]schema.Evidence, len(schema.Measure_name))
	for _, choice := range rule.measure {
		if rule.evidence[choice.is], err = b.file.evidence("metrics", factOfMeasure[choice.is]); err != nil {
			return nil, err
		}
	}
	return rule, nil
}

// Fill writes into the event what the point says beside its value.
func (r *MetricRule) Fill(rec *Record, measure schema.Measure, e *schema.UsageEvent) {
	e.Evidence = r.evidence[measure]
	if e.Initiator = r.initiator.of(rec); e.Initiator == schema.Initiator_INITIATOR_UNSPECIFIED {
		e.Initiator = schema.Initiator_INITIATOR_USER
	}
	e.Decision = r.decision.of(rec)
	e.Model = firstOf(r.model, rec)
}

// Measure returns what the point measures; unspecified when the rule leaves it out.
func (r *MetricRule) Measure(rec *Record) schema.Measure { return r.measure.of(rec) }

// Value returns the point's value in the unit of the measure.
func (r *MetricRule) Value(rec *Record) float64 {
	if r.counts {
		return float64(rec.Count) * r.scale
	}
	return rec.Value * r.scale
}
