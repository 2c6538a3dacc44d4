package adoption

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// Explanation says of one published figure what it means and where it comes from.
type Explanation struct {
	Row        publish.Row
	Definition figure.Definition
	// Words are those of the row's statistic, empty for the metric's own value.
	Words string
	// Excluded says what was left out and why, in classes; nil for a figure that
	// is not shown.
	Excluded []Left
	// SQL gives the figure again, empty where there is none to give.
	SQL string
}

// Left is how much was left out for a reason.
type Left struct {
	Reason string `json:"reason"`
	// Count is a class, such as "fewer than 5" or "about 35".
	Count string `json:"count"`
}

// Explainer explains published figures.
type Explainer struct{ *round }

// NewExplainer reads what figures are made from besides their days.
func NewExplainer(ctx context.Context, config Config, deps Deps) (*Explainer, error) {
	r, err := survey(ctx, config, deps)
	if err != nil {
		return nil, err
	}
	return &Explainer{r}, nil
}

// Explain a published row. A suppressed one, and one of which nothing is known,
// is explained without what it was made from.
func (e *Explainer) Explain(ctx context.Context, row publish.Row) (Explanation, error) {
	x := Explanation{Row: row}
	for _, d := range figure.Definitions() {
		if d.Metric == row.Metric {
			x.Definition = d
		}
	}
	for _, s := range x.Definition.Statistics {
		if within(s.Dimensions, row.Dimensions) {
			x.Words = s.Words
		}
	}
	if row.Suppressed || row.State == publish.Unknown {
		return x, nil
	}
	excluded, err := e.history.ReadExcluded(ctx, e.conn, e.ask(row))
	if err != nil {
		return x, err
	}
	x.Excluded = e.left(excluded, row)
	x.SQL, err = e.SQL(row)
	return x, err
}

// SQL is the statement that gives a shown row again.
func (e *Explainer) SQL(row publish.Row) (string, error) {
	if row.Suppressed || row.State == publish.Unknown {
		return "", errors.New("nothing is shown that a statement could give")
	}
	return e.history.SQL(e.ask(row), e.lastFinal())
}

// ask is what the row is called where figures are made.
func (e *Explainer) ask(row publish.Row) figure.Ask {
	a := figure.Ask{Metric: row.Metric, Period: figure.Period{Grain: figure.Grain(row.Grain), Start: row.Period.UTC()}, Tool: row.Tool, Dimensions: row.Dimensions}
	if row.Group == nil || !strings.Contains(string(*row.Group), "-") {
		return a
	}
	a.Blunted, a.Edge = true, 10
	if strings.HasPrefix(string(*row.Group), fmt.Sprint(e.config.Publish.Least(), "-")) {
		a.Edge = 5
	}
	return a
}

func within(some, all map[string]string) bool {
	for name, value := range some {
		if all[name] != value {
			return false
		}
	}
	return true
}

// left puts counts into classes; acts are left out of figures of acts alone.
func (e *Explainer) left(x figure.Excluded, row publish.Row) []Left {
	all := []Left{
		{"people with too few working days on the roster", e.class(x.FewDays)},
		{"people on long leave", e.class(x.OnLeave)},
		{"people not entitled to the tool", e.class(x.NotEntitled)},
		{"acts of agents and schedules", e.class(x.Agent)},
		{"acts of nobody on the roster", e.class(x.Nobodys)},
	}
	cut := slices.ContainsFunc(figure.Dimensions, func(name string) bool { return row.Dimensions[name] != "" })
	if cut {
		return all[:4]
	}
	return all
}

// class tells how many, roughly: that few of them exist is all that is said of few.
func (e *Explainer) class(n int64) string {
	least := int64(e.config.Publish.Least())
	if n < least {
		return fmt.Sprintf("fewer than %d", least)
	}
	return fmt.Sprintf("about %d", max(least, (n+2)/5*5))
}
