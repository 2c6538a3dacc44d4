package figure

import (
	"context"
	"fmt"
	"time"
)

// firstPowerSQL has for each person of the period's population the week, counted from
// the first of the history, in which they first were a power user, -1 for
// never, and their acts of each week.
func (c *calculation) firstPowerSQL() string {
	return fmt.Sprintf(`
        SELECT placed.person AS person, placed.team AS team, has(placed.eligible, '%[1]s') AS eligible, arrayResize(done.acts, %[2]d, toUInt64(0)) AS acts,
            arrayFirstIndex(v -> if(v - greatest(started.week, 0) >= 11,
                arrayCount(n -> n > 0, arraySlice(acts, v - 10, 12)) >= 9 AND arraySum(arraySlice(acts, v - 10, 12)) >= 180,
                v >= 3 AND arrayCount(n -> n > 0, arraySlice(acts, v - 2, 4)) = 4 AND arraySum(arraySlice(acts, v - 2, 4)) >= 60), range(%[2]d)) - 1 AS power
        FROM (SELECT person, team, eligible FROM population WHERE grain = 'week' AND period = '%[3]s') AS placed
        LEFT JOIN
        (
            SELECT person, sumForEach(arrayMap(n -> if(n = week, acts, 0), range(%[2]d))) AS acts
            FROM (SELECT person, intDiv(toInt32(local_day) - %[4]d, 7) AS week, sum(acts) AS acts
                FROM act_day WHERE local_day BETWEEN '%[5]s' AND '%[6]s' AND tool != '%[7]s' GROUP BY person, week)
            GROUP BY person
        ) AS done ON done.person = placed.person
        LEFT JOIN (SELECT person, intDiv(%[8]s - %[4]d, 7) AS week FROM roster GROUP BY person) AS started ON started.person = placed.person`,
		anyTool, c.Week().since(c.history.First)+1, c.Name(), c.history.First.number(), c.history.First.Monday(), c.last().Format(time.DateOnly), extension, mondayOf("min(toInt32(valid_from))"))
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
    FROM (SELECT *, minIf(power, power >= 0) OVER (PARTITION BY team) AS first, countIf(power >= 0) OVER (PARTITION BY team) AS powers FROM (%[4]s))
    WHERE eligible AND powers > 0 AND first = %[5]d AND arraySum(arraySlice(acts, %[6]d, %[7]d)) = 0
)
SETTINGS join_use_nulls = 0`, s.Numerator, s.Denominator, now-powerAppeared+2, c.firstPowerSQL(), now-powerAppeared, max(1, now-powerAppeared-waited+1), min(waited, now-powerAppeared))
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
