package figure

import (
	"context"
	"fmt"
	"time"
)

// weekActsSQL has everybody's acts of each week, counted from the first of the history.
func (c *calculation) weekActsSQL() string {
	return fmt.Sprintf(`
            SELECT person, sumForEach(arrayMap(n -> if(n = week, acts, 0), range(%[1]d))) AS acts
            FROM (SELECT person, intDiv(toInt32(local_day) - %[2]d, 7) AS week, sum(acts) AS acts
                FROM act_day WHERE local_day BETWEEN '%[3]s' AND '%[4]s' AND tool != '%[5]s' GROUP BY person, week)
            GROUP BY person`, c.Week().since(c.history.First)+1, c.history.First.number(), c.history.First.Monday(), c.last().Format(time.DateOnly), extension)
}

// firstPowerSQL has the teams with power users, and the first week in which
// somebody who was in the team then was one.
func (c *calculation) firstPowerSQL() string {
	return fmt.Sprintf(`
        SELECT placed.team AS team, min(v) AS first
        FROM (SELECT person, team, intDiv(toInt32(period) - %[1]d, 7) AS v FROM population
            WHERE grain = 'week' AND period BETWEEN '%[2]s' AND '%[3]s' AND has(eligible, '%[4]s')) AS placed
        INNER JOIN (%[5]s) AS done ON done.person = placed.person
        INNER JOIN (SELECT person, intDiv(%[6]s - %[1]d, 7) AS week FROM roster GROUP BY person) AS started ON started.person = placed.person
        WHERE if(v - greatest(started.week, 0) >= 11,
            arrayCount(n -> n > 0, arraySlice(acts, v - 10, 12)) >= 9 AND arraySum(arraySlice(acts, v - 10, 12)) >= 180,
            v >= 3 AND arrayCount(n -> n > 0, arraySlice(acts, v - 2, 4)) = 4 AND arraySum(arraySlice(acts, v - 2, 4)) >= 60)
        GROUP BY team`, c.history.First.number(), c.history.First.Monday(), c.Name(), anyTool, c.weekActsSQL(), mondayOf("min(toInt32(valid_from))"))
}

// How many weeks ago the first power user appeared, and for how many before
// that a team mate must have done nothing.
const (
	powerAppeared = 4
	waited        = 12
)

// afterPowerSQL counts team mates without an act before, and those who began.
func (c *calculation) afterPowerSQL(s Statistic) string {
	now := c.Week().since(c.history.First)
	return fmt.Sprintf(`
SELECT toInt64(%[1]s), toInt64(%[2]s)
FROM
(
    SELECT arraySum(arraySlice(acts, %[3]d)) > 0 AS followed
    FROM (SELECT person, team FROM population WHERE grain = 'week' AND period = '%[4]s' AND has(eligible, '%[5]s')) AS placed
    LEFT JOIN (%[6]s) AS done ON done.person = placed.person
    WHERE team IN (SELECT team FROM (%[7]s) WHERE first = %[8]d) AND arraySum(arraySlice(acts, %[9]d, %[10]d)) = 0
)
SETTINGS join_use_nulls = 0`, s.Numerator, s.Denominator, now-powerAppeared+2, c.Name(), anyTool, c.weekActsSQL(), c.firstPowerSQL(), now-powerAppeared, max(1, now-powerAppeared-waited+1), min(waited, now-powerAppeared))
}

func readAfterPowerUser(ctx context.Context, c *calculation, m Metric, s Statistic) ([]Table, error) {
	t := c.table(m, s)
	t.People = make([]int64, len(t.Numerator))
	if c.Week().since(c.history.First) > powerAppeared {
		if err := c.conn.QueryRow(ctx, c.afterPowerSQL(s)).Scan(&t.Numerator[0], &t.Denominator[0]); err != nil {
			return nil, err
		}
	}
	t.People[0] = t.Denominator[0]
	return []Table{t}, nil
}
