package figure

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

var stickiness = Metric{
	Name:    "stickiness",
	Version: 1,
	Words: "On how many of the five working days the week's people come back: the mean number of people active on a working day, each counted where the roster had them that day, by the people active in the week. " +
		"0.2 is one day a week, 1 is every day.",
	Formula: "mean over Monday to Friday of the people active that day ÷ people active in the week",
	Unit:    "share of the week's people, 0 to 1",
	Source:  "daily by weekly active users, as user analytics have it",
	Statistics: []Statistic{
		{
			Grains: []Grain{Weekly}, Form: Ratio, Scale: workingDays, Numerator: "0", Denominator: "countIf(active)", People: "countIf(active)", PeopleOf: []Mark{Active},
			amend: countWorkingDays,
		},
		{
			Dimensions: map[string]string{"statistic": "wau_28d"}, Words: "people active in the week by people active in the 28 days",
			Grains: []Grain{Weekly}, LookBack: 3, Form: PeopleRate, Numerator: "countIf(active)", Denominator: "0", People: "0", OfWindow: true,
			amend: countWindow,
		},
	},
}

const workingDays = 5

// workingDaysSQL has a row per scope and cell: how many people were active there on
// each working day, together.
func (h *History) workingDaysSQL(s span) string {
	// What a cut leaves out is the type's default, which is a value of an enumeration and none of a text.
	var values []string
	for _, name := range Dimensions {
		values = append(values, "toString(roster."+name+") AS "+name)
	}
	return fmt.Sprintf(`
SELECT toUInt64(grouping(%[1]s)), %[2]s, toString(scope), toInt64(count())
FROM
(
    SELECT DISTINCT roster.person AS person, done.day AS day, done.scope AS scope, %[6]s
    FROM (SELECT person, day, scope FROM (%[3]s) ARRAY JOIN %[4]s AS scope) AS done
    INNER JOIN roster ON roster.person = done.person
    WHERE done.day BETWEEN valid_from AND valid_to
)
GROUP BY %[5]s
SETTINGS group_by_use_nulls = 0, force_grouping_standard_compatibility = 1`,
		strings.Join(Dimensions, ", "), asStrings(Dimensions), acts(s.Start, s.friday()), h.scopesOf("tool"), groupingSets("scope"), strings.Join(values, ", "))
}

// countWorkingDays counts people where the roster had them on each day. Who was in a
// group on a day only, and in another in the week, may leave a group that the
// week does not have.
func countWorkingDays(ctx context.Context, c *calculation, t *Table) error {
	rows, err := c.conn.Query(ctx, c.history.workingDaysSQL(c.span))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		at, err := c.scan(rows, &n)
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil {
			return err
		}
		t.Numerator[at] = n
	}
	return rows.Err()
}

// countWindow takes over how many people the 28 days have.
func countWindow(_ context.Context, c *calculation, t *Table) error {
	t.People = t.Denominator
	if c.window == nil {
		return nil
	}
	for _, w := range c.window.Tables {
		if w.Metric.Name != activePeople.Name {
			continue
		}
		for j, cell := range c.window.Cells {
			if at, known := c.at[cell]; known {
				for i := range c.Scopes {
					t.Denominator[i*len(c.Cells)+at] = w.Numerator[i*len(c.window.Cells)+j]
				}
			}
		}
	}
	return nil
}
