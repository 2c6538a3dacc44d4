package adoption

import (
	"slices"
	"time"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// draftOf hands the exact figures to the door.
func draftOf(e *figure.Exact, final bool, watermark time.Time) *publish.Draft {
	d := &publish.Draft{
		Grain: weekGrain, Period: e.Week.Start(), Final: final, Watermark: watermark.Truncate(time.Microsecond),
		Placements: e.Placements, Eligible: e.Eligible, EligibleOf: marksOf([]figure.Mark{figure.Eligible}),
	}
	for i, scope := range e.Scopes {
		d.Scopes = append(d.Scopes, publish.Scope{Name: scope.Name, Parent: scope.Parent, Silent: e.Silent[i]})
	}
	for _, cell := range e.Cells {
		d.Cells = append(d.Cells, publish.Cell{Dimensions: cell.Dimensions()})
	}
	for _, t := range e.Tables {
		d.Tables = append(d.Tables, publish.Table{
			Metric: t.Metric.Name, Definition: t.Metric.ID(), Form: formOf(t.Metric), Numerator: t.Numerator, Denominator: t.Denominator,
			NumeratorOf: marksOf(t.Metric.Numerator), DenominatorOf: marksOf(t.Metric.Denominator), AddsOverTools: t.Metric.ByTool != nil,
		})
	}
	return d
}

func formOf(m figure.Metric) publish.Form {
	switch {
	case m.ByTool != nil:
		return publish.Ratio
	case m.Denominator == nil:
		return publish.Count
	}
	return publish.PeopleRate
}

// marksOf adds what the marks imply: who is eligible is employed, of who is
// active something was heard.
func marksOf(marks []figure.Mark) []string {
	var all []string
	for _, m := range marks {
		all = append(all, string(m))
	}
	if slices.Contains(marks, figure.Eligible) {
		all = append(all, string(figure.Employed))
	}
	if slices.Contains(marks, figure.Active) {
		all = append(all, string(figure.Heard))
	}
	slices.Sort(all)
	return slices.Compact(all)
}
