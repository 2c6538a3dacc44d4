package adoption

import (
	"slices"
	"time"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// draftOf hands the exact figures to the door. veiled are the cells of a week
// whose 28 days are hidden, k the minimum group.
func draftOf(e *figure.Exact, final bool, watermark time.Time, veiled []bool, k int) *publish.Draft {
	d := &publish.Draft{
		Grain: string(e.Period.Grain), Period: e.Period.Start, Final: final, Watermark: watermark.Truncate(time.Microsecond),
		Placements: e.Placements, Eligible: e.Eligible, EligibleOf: marksOf([]figure.Mark{figure.Eligible}),
	}
	for i, scope := range e.Scopes {
		d.Scopes = append(d.Scopes, publish.Scope{Name: scope.Name, Parent: scope.Parent, Silent: e.Silent[i]})
	}
	for _, cell := range e.Cells {
		d.Cells = append(d.Cells, publish.Cell{Dimensions: cell.Dimensions()})
	}
	for i := range e.Tables {
		d.Tables = append(d.Tables, tableOf(&e.Tables[i], veiled, k))
	}
	return d
}

// forms of figures, as the door knows them.
var forms = map[figure.Form]publish.Form{
	figure.Count: publish.Count, figure.PeopleRate: publish.PeopleRate, figure.Ratio: publish.Ratio, figure.Level: publish.Level,
}

func tableOf(t *figure.Table, veiled []bool, k int) publish.Table {
	s := t.Statistic
	table := publish.Table{
		Metric: t.Metric.Name, Definition: t.Metric.ID(), Dimensions: t.Dimensions, Form: forms[s.Form],
		Numerator: t.Numerator, Denominator: t.Denominator, Scale: float64(s.Scale), Values: t.Values, Low: t.Low, High: t.High,
		LeastPeople: s.Least, People: t.People, HiddenWith: t.HiddenWith, Mixes: t.Mixes, Unknown: t.Unknown, Single: t.Single, Beside: t.Beside,
		NumeratorOf: marksOf(s.NumeratorOf), DenominatorOf: marksOf(s.DenominatorOf), PeopleOf: marksOf(s.PeopleOf), AddsOverTools: s.AddsOverTools, Uses: s.Uses, Twice: s.Twice,
	}
	if t.HiddenWith != nil {
		// Both groups show all of their numbers.
		table.LeastPeople = max(s.Least, 4*int64(k))
	}
	if s.OfWindow {
		table.Veiled = veiled
	}
	return table
}

// marksOf adds what the marks imply: who is eligible is employed, of who is
// active something was heard.
func marksOf(marks []figure.Mark) []string {
	if marks == nil {
		return nil
	}
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
