package figure

import (
	"context"
	"fmt"
)

var spread = Metric{
	Name:    "spread",
	Version: 1,
	Words: "Whether use spreads within teams: the share of teams in which three people or more have made a habit of it (tiers power and habitual). " +
		"For the total, by region and by department; teams are those with an eligible person.",
	Formula: "teams with 3 or more habitual people ÷ teams with an eligible person",
	Unit:    "share of teams, 0 to 1",
	Source:  "our own, after the observation that gains of power users do not spread",
	Statistics: []Statistic{
		{Grains: []Grain{Weekly}, LookBack: 3, Form: Ratio, Cuts: OfTeams, Numerator: "countIf(habitual >= 3)", Denominator: "count()", read: readSpread},
		{
			Dimensions: map[string]string{"statistic": "after_power_user"},
			Words:      "of team mates without an act before, in teams whose first power user appeared four weeks ago, the share active since",
			Grains:     []Grain{Weekly}, LookBack: 3, Form: PeopleRate, Rows: AnyTool, Cuts: OnlyTotal, Numerator: "countIf(followed)", Denominator: "count()",
			read: readAfterPowerUser,
		},
	},
}

// spreadSQL counts teams within the whole and the cuts that they lie in.
func (c *calculation) spreadSQL(s Statistic) string {
	return fmt.Sprintf(`
SELECT left_out, region, department, '', '', '', '', scope, toInt64(%s), toInt64(%s)
FROM
(
    SELECT toUInt64(grouping(region, department)) AS left_out, toString(region) AS region, toString(department) AS department, toString(scope) AS scope, team,
        countIf(tier IN ('power', 'habitual')) AS habitual
    FROM %s WHERE eligible
    GROUP BY GROUPING SETS ((scope, team), (scope, team, region), (scope, team, department))
    SETTINGS group_by_use_nulls = 0, force_grouping_standard_compatibility = 1
)
GROUP BY left_out, region, department, scope`, s.Numerator, s.Denominator, c.standing)
}

func readSpread(ctx context.Context, c *calculation, m Metric, s Statistic) ([]Table, error) {
	t := c.table(m, s)
	rows, err := c.conn.Query(ctx, c.spreadSQL(s))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var leftOut uint64
		var values place
		var scope string
		var numerator, denominator int64
		if err := rows.Scan(&leftOut, &values[0], &values[1], &values[2], &values[3], &values[4], &values[5], &scope, &numerator, &denominator); err != nil {
			return nil, err
		}
		at, known := c.at[Cell{cutOfTeams(leftOut), values}]
		if !known {
			return nil, errMoved
		}
		t.Numerator[c.rowOf[scope]*len(c.Cells)+at], t.Denominator[c.rowOf[scope]*len(c.Cells)+at] = numerator, denominator
	}
	return []Table{t}, rows.Err()
}

// cutOfTeams is the cut by what grouping left out of region and department.
func cutOfTeams(leftOut uint64) int {
	return map[uint64]int{0b11: cutNamed(), 0b01: cutNamed("region"), 0b10: cutNamed("department")}[leftOut]
}
