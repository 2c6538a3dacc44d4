package figure

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// CalculateDays reads the exact figures of some days whose people were placed, all
// in two queries. A day on which nobody was on the roster is left out.
func CalculateDays(ctx context.Context, conn driver.Conn, h *History, days []Period) (map[Period]*Exact, error) {
	calculations, err := readDays(ctx, conn, h, days)
	if err != nil {
		return nil, fmt.Errorf("read the places of the %s: %w", days[0], err)
	}
	if err := countDays(ctx, conn, h, days, calculations); err != nil {
		return nil, fmt.Errorf("count the people of the %s: %w", days[0], err)
	}
	exact := map[Period]*Exact{}
	for day, c := range calculations {
		exact[day] = c.Exact
	}
	return exact, nil
}

// named are the names of periods as SQL writes them between the brackets of IN.
func named(periods []Period) string {
	var names []string
	for _, p := range periods {
		names = append(names, text(p.Name()))
	}
	return strings.Join(names, ", ")
}

func readDays(ctx context.Context, conn driver.Conn, h *History, days []Period) (map[Period]*calculation, error) {
	rows, err := conn.Query(ctx, fmt.Sprintf("SELECT DISTINCT period, %s FROM %s WHERE grain = 'day' AND period IN (%s) ORDER BY ALL", asStrings(Dimensions), Population, named(days)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	places := map[Period][]place{}
	for rows.Next() {
		var day time.Time
		var p place
		if err := rows.Scan(&day, &p[0], &p[1], &p[2], &p[3], &p[4], &p[5]); err != nil {
			return nil, err
		}
		places[DayPeriod(day)] = append(places[DayPeriod(day)], p)
	}
	calculations := map[Period]*calculation{}
	for day, some := range places {
		calculations[day] = newCalculation(conn, h, newSpan(day, day.Week()), some)
	}
	return calculations, rows.Err()
}

// daysSQL has a row per day and cell: how many people are eligible, and how many
// were active, for each of the rows by tool. Days ask for so little of a person
// that their rows by tool need not be told apart before they are counted.
func daysSQL(h *History, days []Period) string {
	return fmt.Sprintf(`
SELECT period, toUInt64(grouping(%[1]s)), %[2]s, sumForEach(eligibles), sumForEach(actives)
FROM
(
    SELECT %[1]s, period, %[3]s AS eligibles, arrayMap(mask -> bitAnd(used.mask, mask) != 0, %[4]s) AS actives
    FROM population
    LEFT JOIN (SELECT person, local_day AS day, groupBitOr(%[5]s) AS mask FROM act_day WHERE %[6]s GROUP BY person, local_day) AS used ON used.person = population.person AND used.day = population.period
    WHERE grain = 'day' AND period IN (%[7]s)
)
GROUP BY %[8]s
SETTINGS join_use_nulls = 0, group_by_use_nulls = 0, force_grouping_standard_compatibility = 1`,
		strings.Join(Dimensions, ", "), asStrings(Dimensions), h.able(), h.masks(), h.bit("tool"), acted(days[0].Start, days[len(days)-1].Start), named(days), groupingSets("period"))
}

// countDays fills the tables of all days.
func countDays(ctx context.Context, conn driver.Conn, h *History, days []Period, calculations map[Period]*calculation) error {
	for _, c := range calculations {
		c.Eligible = make([]int64, len(c.Scopes)*len(c.Cells))
		_ = c.statistics(func(m Metric, s Statistic) error {
			c.Tables = append(c.Tables, c.table(m, s))
			return nil
		})
	}
	rows, err := conn.Query(ctx, daysSQL(h, days))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var start time.Time
		var cut uint64
		var cell Cell
		var eligible, active []uint64
		v := &cell.values
		if err := rows.Scan(&start, &cut, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &eligible, &active); err != nil {
			return err
		}
		cell.cut = cutOf(cut)
		if err := calculations[DayPeriod(start)].takeDay(cell, eligible, active); err != nil {
			return err
		}
	}
	return rows.Err()
}

// takeDay puts the numbers of a cell of a day in their places; all that days
// tell is who was active.
func (c *calculation) takeDay(cell Cell, eligible, active []uint64) error {
	if c == nil {
		return errMoved
	}
	for i, scope := range c.Scopes {
		at, err := c.locate(cell, scope.Name)
		if err != nil {
			return err
		}
		c.Eligible[at] = int64(eligible[i])
		for _, t := range c.Tables {
			t.Numerator[at] = int64(active[i])
		}
	}
	return nil
}
