package figure

import (
	"context"
	"fmt"
)

var unattributedShare = Metric{
	Name:    "unattributed_share",
	Version: 1,
	Words: "Of the acts of the week, by days of UTC, the share that belongs to nobody on the roster that day: nobody was named, or somebody who is not on it. " +
		"For the total, any tool and each tool. The target is under 2 %.",
	Formula: "acts of nobody on the roster ÷ all acts",
	Unit:    "share of acts, 0 to 1",
	Source:  "our own: how much of the use the roster does not explain",
	Statistics: []Statistic{{
		Grains: []Grain{Weekly}, Form: Ratio, Cuts: OnlyTotal, AddsOverTools: true,
		Numerator: "sumIf(acts, local_day = toDate(0))", Denominator: "sum(acts)", read: readUnattributed,
	}},
}

// readUnattributed counts acts, not people: a row for any tool and each single one.
func readUnattributed(ctx context.Context, c *calculation, m Metric, s Statistic) ([]Table, error) {
	t := c.table(m, s)
	for i, scope := range c.Scopes {
		if scope.Parent >= 0 && !scope.single() {
			t.Numerator[i*len(c.Cells)] = NoRow
		}
	}
	rows, err := c.conn.Query(ctx, fmt.Sprintf("SELECT toString(tool), toInt64(%s), toInt64(%s) FROM act_day WHERE %s AND tool != '%s' GROUP BY tool",
		s.Numerator, s.Denominator, c.between("day"), extension))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var tool string
		var numerator, denominator int64
		if err := rows.Scan(&tool, &numerator, &denominator); err != nil {
			return nil, err
		}
		for _, name := range []string{anyTool, tool} {
			if i, known := c.rowOf[name]; known {
				t.Numerator[i*len(c.Cells)] += numerator
				t.Denominator[i*len(c.Cells)] += denominator
			}
		}
	}
	return []Table{t}, rows.Err()
}
