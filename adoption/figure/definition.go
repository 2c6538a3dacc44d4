package figure

import (
	"slices"
	"strings"
)

// Definition is a metric as it is told to readers.
type Definition struct {
	Metric  string   `json:"metric"`
	ID      string   `json:"id"`
	Version int      `json:"version"`
	Words   string   `json:"words"`
	Formula string   `json:"formula"`
	Unit    string   `json:"unit"`
	Source  string   `json:"source"`
	Grains  []string `json:"grains"`
	SQL     string   `json:"sql"`
	// Statistics are its further rows, by what their dimensions say.
	Statistics []StatisticDefinition `json:"statistics"`
}

// StatisticDefinition is a further kind of row of a metric.
type StatisticDefinition struct {
	Dimensions map[string]string `json:"dimensions"`
	Words      string            `json:"words"`
}

// Definitions are all metrics, in their order.
func Definitions() []Definition {
	var all []Definition
	for _, m := range metrics {
		d := Definition{Metric: m.Name, ID: m.ID(), Version: m.Version, Words: m.Words, Formula: m.Formula, Unit: m.Unit, Source: m.Source,
			Grains: m.grains(), SQL: m.Statistics[0].expression(), Statistics: []StatisticDefinition{}}
		for _, s := range m.Statistics {
			if s.Dimensions != nil {
				d.Statistics = append(d.Statistics, StatisticDefinition{s.Dimensions, s.Words})
			}
		}
		all = append(all, d)
	}
	return all
}

func (m Metric) grains() []string {
	var grains []string
	for _, s := range m.Statistics {
		for _, g := range s.Grains {
			if !slices.Contains(grains, string(g)) {
				grains = append(grains, string(g))
			}
		}
	}
	return grains
}

// expression is the value over a group of rows of the standing, one per person
// and row by tool.
func (s Statistic) expression() string {
	switch {
	case s.Value != "":
		return s.Value
	case s.Denominator == "":
		return s.Numerator
	}
	return s.Numerator + " / " + s.Denominator
}

// countIf counts people who carry all the marks.
func countIf(marks []Mark) string {
	var all []string
	for _, m := range marks {
		all = append(all, string(m))
	}
	return "countIf(" + strings.Join(all, " AND ") + ")"
}
