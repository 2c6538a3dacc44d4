package figure

import (
	"context"
	"fmt"
)

var idleSeats = Metric{
	Name:    "idle_seats",
	Version: 1,
	Words: "Named seats that nobody uses: valid on the Friday and 28 days old or more, the holder on the roster and not on long leave, and no act with the tool in the 28 days that end with the week. " +
		"The total has the seats of people who left besides. Rows over several tools add up their seats.",
	Formula:    "seats never used + seats not used for 28 days, for the total + seats of people who left",
	Unit:       "seats",
	Source:     "licence reviews: what could be given to somebody else",
	Statistics: idle(),
}

// idle are the seats, what they are made of, and what they cost.
func idle() []Statistic {
	seats := func(statistic, words, numerator string) Statistic {
		s := Statistic{Words: words, Grains: []Grain{Weekly}, LookBack: 3, Form: Count, Numerator: numerator, People: "countIf(holder)", AddsOverTools: true}
		if statistic != "" {
			s.Dimensions = map[string]string{"statistic": statistic}
		}
		return s
	}
	all := seats("", "", "sum(never_used) + sum(dormant)")
	all.amend = addLeft("count()")
	left := seats("left", "seats of people who are no longer on the roster", "0")
	left.Cuts, left.amend = OnlyTotal, addLeft("count()")
	dollars := seats("monthly_usd", "what the idle seats cost a month, in dollars", "sum(idle_micro_usd)")
	dollars.Scale, dollars.amend = 1_000_000, addLeft("sum(micro_usd)")
	return []Statistic{all, seats("never_used", "no act with the tool ever", "sum(never_used)"), seats("dormant", "acts with the tool, none in 28 days", "sum(dormant)"), left, dollars}
}

// leftSQL counts per row by tool the seats of people who were on the roster
// before the Friday and are not on it.
func (h *History) leftSQL(s span, what string) string {
	friday := Period{Day, s.friday()}
	return fmt.Sprintf(`
SELECT toString(scope), toInt64(%s) FROM (%s) ARRAY JOIN %s AS scope
WHERE person IN (SELECT person FROM roster WHERE valid_to < '%s') AND person NOT IN (SELECT person FROM roster WHERE %s)
GROUP BY scope`, what, s.seatsSQL(), h.scopesOf("tool"), friday.Name(), friday.touches("valid_from", "valid_to"))
}

// addLeft adds to the total of each row by tool what seats of people who left
// count.
func addLeft(what string) amender {
	return func(ctx context.Context, c *calculation, t *Table) error {
		if !c.history.named {
			return nil
		}
		rows, err := c.conn.Query(ctx, c.history.leftSQL(c.span, what))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var scope string
			var n int64
			if err := rows.Scan(&scope, &n); err != nil {
				return err
			}
			t.Numerator[c.rowOf[scope]*len(c.Cells)] += n
		}
		return rows.Err()
	}
}
