package figure

import (
	"fmt"
	"strings"
)

// Mark is something that a person is, or is not, in a row of a period.
type Mark string

// The marks of a person in a row: any tool, a category or a tool.
const (
	// Active: an act in the period with a tool of the row.
	Active Mark = "active"
	// Eligible: rule 8 of docs/definitions.md. All eligible people are employed.
	Eligible Mark = "eligible"
	// Employed: on the roster on 3 or more working days, leave included.
	Employed Mark = "employed"
	// Heard: anything was heard of the person in the 28 days that end with the period.
	Heard Mark = "heard"
)

// Metric is a definition. Its file says all that is to be known of it.
type Metric struct {
	// Name is what rows and filters call it, Version counts its changes.
	Name    string
	Version int
	// Words say what it means, Formula how it follows, Unit what the value is.
	Words, Formula, Unit string
	// Source says where the definition comes from.
	Source string
	// Grains are "day", "week" and "28d".
	Grains []string
	// LookBack is the number of weeks before the period's own that it looks at.
	LookBack int
	// Numerator and Denominator are the marks of the people who are counted.
	// Without a denominator the value is the numerator. Nil for other metrics.
	Numerator, Denominator []Mark
	// ByTool counts something else than people: per tool of the total, and
	// "any" for all of them. Its SQL is what it runs.
	ByTool func(week Week) (sql string)
}

// ID names the definition with its version, as in "adoption_rate.v1".
func (m Metric) ID() string { return fmt.Sprintf("%s.v%d", m.Name, m.Version) }

// metrics in the order in which readers are told of them.
var metrics = []Metric{activePeople, adoptionRate, reach, coverage, unattributedShare}

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
}

// Definitions are all metrics, in their order.
func Definitions() []Definition {
	var all []Definition
	for _, m := range metrics {
		all = append(all, Definition{Metric: m.Name, ID: m.ID(), Version: m.Version, Words: m.Words, Formula: m.Formula,
			Unit: m.Unit, Source: m.Source, Grains: m.Grains, SQL: m.sql()})
	}
	return all
}

// sql is the metric as an expression over the people of a period and row.
func (m Metric) sql() string {
	switch {
	case m.ByTool != nil:
		return strings.TrimSpace(m.ByTool(Week{}))
	case m.Denominator == nil:
		return fmt.Sprintf("countIf(%s)", condition(m.Numerator))
	}
	return fmt.Sprintf("countIf(%s) / countIf(%s)", condition(m.Numerator), condition(m.Denominator))
}

// condition is true of people who carry all the marks.
func condition(marks []Mark) string {
	var all []string
	for _, m := range marks {
		all = append(all, string(m))
	}
	return strings.Join(all, " AND ")
}
