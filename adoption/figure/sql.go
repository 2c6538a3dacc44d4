package figure

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Ask names one published figure.
type Ask struct {
	Metric string
	Period Period
	// Tool is the row by tool, Dimensions are all that the row has: those of its
	// cell and those of its statistic.
	Tool       string
	Dimensions map[string]string
	// Blunted says that only a rounded value or a band was published; Edge is
	// then the denominator of its outer bands: 5 where that is 0.2 and 0.8.
	Blunted bool
	Edge    int
}

// AskError says why there is no such figure.
type AskError struct{ Problem string }

func (e *AskError) Error() string { return e.Problem }

// sqlOf is a figure on its way to a statement.
type sqlOf struct {
	Ask
	span
	history   *History
	metric    Metric
	statistic Statistic
	scope     Scope
	// cell is the condition on the columns of a place.
	cell string
}

// SQL is the statement that gives a figure again from the tables, as it was
// published: the columns value, numerator, denominator and band. Cohorts are
// followed up to lastFinal. The error is an *AskError.
func (h *History) SQL(a Ask, lastFinal Week) (string, error) {
	q := sqlOf{Ask: a, span: newSpan(a.Period, lastFinal), history: h}
	if err := q.find(); err != nil {
		return "", err
	}
	return fmt.Sprintf("SELECT %s\nFROM\n(\n%s\n)\nSETTINGS join_use_nulls = 0", q.shown(), q.exact()), nil
}

// find looks up the statistic, the row by tool and the cell.
func (q *sqlOf) find() error {
	m := slices.IndexFunc(metrics, func(m Metric) bool { return m.Name == q.Metric })
	if m < 0 {
		return &AskError{"there is no metric " + q.Metric}
	}
	q.metric = metrics[m]
	s := slices.IndexFunc(q.metric.Statistics, func(s Statistic) bool { return s.of(q.Grain) && q.isOf(s) })
	if s < 0 {
		return &AskError{fmt.Sprintf("%s has no such rows: %v", q.Metric, q.Dimensions)}
	}
	q.statistic = q.metric.Statistics[s]
	scope := slices.IndexFunc(q.history.Scopes, func(s Scope) bool { return s.Name == q.Tool })
	if scope < 0 {
		return &AskError{"no row by tool is called " + q.Tool}
	}
	q.scope = q.history.Scopes[scope]
	q.cell = q.conditions()
	q.history = q.history.of(q.scope, strings.Contains(q.statistic.Numerator, "categories"))
	return nil
}

// isOf tells whether the row's dimensions are those of the statistic, further
// ones of the metric, and a cell's.
func (q *sqlOf) isOf(s Statistic) bool {
	own := maps.Clone(q.Dimensions)
	maps.DeleteFunc(own, func(name, _ string) bool {
		return slices.Contains(Dimensions, name) || slices.Contains([]string{"role_a", "role_b", "seniority_a", "seniority_b"}, name)
	})
	return maps.Equal(own, s.Dimensions)
}

// conditions choose the people of the cell.
func (q *sqlOf) conditions() string {
	all := []string{"1"}
	for _, name := range Dimensions {
		if value, cut := q.Dimensions[name]; cut {
			all = append(all, fmt.Sprintf("%s = %s", name, text(value)))
		}
	}
	return strings.Join(all, " AND ")
}

// of is the history with as few rows by tool as one of them needs, so that the
// statement is one that can be read.
func (h *History) of(scope Scope, categories bool) *History {
	few := *h
	few.Scopes = []Scope{h.Scopes[0]}
	if scope.Parent >= 0 {
		few.Scopes = append(few.Scopes, Scope{scope.Name, 0, scope.Tools})
	}
	if categories {
		few.Scopes = h.Scopes
	}
	return &few
}

// shown makes what was published of n, d and v: numerator, denominator and a
// value that is no quotient.
func (q *sqlOf) shown() string {
	scale, n := max(q.statistic.Scale, 1), "n"
	if scale > 1 {
		n = fmt.Sprintf("n / %d", scale)
	}
	switch {
	case !q.Blunted && q.valued():
		return "v AS value, NULL AS numerator, d AS denominator, '' AS band"
	case !q.Blunted && q.statistic.Form == Count:
		return fmt.Sprintf("%[1]s AS value, %[1]s AS numerator, NULL AS denominator, '' AS band", n)
	case !q.Blunted:
		return fmt.Sprintf("if(d > 0, %[1]s / d, NULL) AS value, %[1]s AS numerator, d AS denominator, '' AS band", n)
	case q.statistic.Form == Count:
		return "NULL AS value, NULL AS numerator, NULL AS denominator, '' AS band"
	case q.valued():
		return q.bluntedValue()
	}
	return q.bluntedRate(scale)
}

// valued tells whether the value is no quotient of counts.
func (q *sqlOf) valued() bool {
	return q.statistic.Value != "" || q.metric.Name == roleGap.Name || q.metric.Name == trainingEffect.Name
}

func (q *sqlOf) bluntedRate(scale int64) string {
	band := fmt.Sprintf("multiIf(n * %[1]d <= d * %[2]d, '<=%[3]s', n * %[1]d >= d * %[2]d * (%[1]d - 1), '>=%[4]s', '')", q.Edge, scale, q.low(), q.high())
	if q.statistic.Form == Level {
		band = "''"
	}
	return fmt.Sprintf("if(d > 0, %s, '') AS band, if(d > 0 AND band = '', intDiv(20 * n + d * %[2]d, 2 * d * %[2]d) / 10, NULL) AS value, NULL AS numerator, NULL AS denominator", band, scale)
}

func (q *sqlOf) bluntedValue() string {
	return "if(isNull(v), NULL, floor(v * 10 + 0.5) / 10) AS value, NULL AS numerator, NULL AS denominator, '' AS band"
}

func (q *sqlOf) low() string {
	if q.Edge == 5 {
		return "0.2"
	}
	return "0.1"
}

func (q *sqlOf) high() string {
	if q.Edge == 5 {
		return "0.8"
	}
	return "0.9"
}
