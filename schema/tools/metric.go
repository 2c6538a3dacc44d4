package tools

import (
	"errors"

	"github.com/uptake-telemetry/uptake/schema"
)

// MetricRule makes a reading of a point of a metric.
type MetricRule struct {
	Name string

	when    []condition
	measure choices[schema.Measure]
	model   []ref
	scale   float64
}

func (b *compiler) metric(f *MetricFile) (rule *MetricRule, err error) {
	if f.Name == "" {
		return nil, errors.New("name: say which metric the rule is for")
	}
	rule = &MetricRule{Name: f.Name, model: b.refs(f.Model), scale: f.Scale}
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
	for _, choice := range rule.measure {
		if _, err := b.file.evidence("metrics", factOfMeasure[choice.is]); err != nil {
			return nil, err
		}
	}
	return rule, nil
}

// Measure returns what the point measures; unspecified when the rule leaves it out.
func (r *MetricRule) Measure(rec *Record) schema.Measure { return r.measure.of(rec) }

// Value returns the point's value in the unit of the measure.
func (r *MetricRule) Value(rec *Record) float64 { return rec.Value * r.scale }

// Model returns the model that the point names.
func (r *MetricRule) Model(rec *Record) string { return firstOf(r.model, rec) }
