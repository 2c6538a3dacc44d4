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
	cols := &columns{}
	cols.count(countIf([]Mark{Eligible}))
	counted, err := countDaily(ctx, conn, h, days, calculations, cols)
	if err != nil {
		return nil, fmt.Errorf("count the people of the %s: %w", days[0], err)
	}
	exact := map[Period]*Exact{}
	for day, c := range calculations {
		c.Eligible = counted[day].counts[0]
		for _, a := range c.daily(cols) {
			c.Tables = append(c.Tables, c.fill(a, counted[day]))
		}
		exact[day] = c.Exact
	}
	return exact, nil
}

// daily asks for what days have.
func (c *calculation) daily(cols *columns) (all []asked) {
	_ = c.statistics(func(m Metric, s Statistic) error {
		all = append(all, cols.ask(m, s))
		return nil
	})
	return all
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

// standingOfDays has the standing of each of some days.
func (h *History) standingOfDays(days []Period) string {
	return fmt.Sprintf(`
    SELECT %[1]s, placed.period AS period, placed.scope AS scope, placed.eligible AS eligible, used.active AS active
    FROM
    (
        SELECT %[1]s, period, person, scope, able AS eligible
        FROM population ARRAY JOIN %[2]s AS scope, arrayMap(s -> has(eligible, s), %[2]s) AS able
        WHERE grain = 'day' AND period IN (%[3]s)
    ) AS placed
    LEFT JOIN
    (
        SELECT person, day, scope, true AS active FROM (%[4]s) ARRAY JOIN %[5]s AS scope GROUP BY person, day, scope
    ) AS used ON used.person = placed.person AND used.day = placed.period AND used.scope = placed.scope`,
		strings.Join(Dimensions, ", "), quoted(h.names()), named(days), acts(days[0].Start, days[len(days)-1].Start), h.scopesOf("tool"))
}

func countDaily(ctx context.Context, conn driver.Conn, h *History, days []Period, calculations map[Period]*calculation, cols *columns) (map[Period]counted, error) {
	all := map[Period]counted{}
	for day, c := range calculations {
		c.daily(cols)
		all[day] = c.room(cols)
	}
	rows, err := conn.Query(ctx, cols.sql("("+h.standingOfDays(days)+")", "period"))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var counts []int64
		var values []float64
		var start time.Time
		cell, scope, err := scanCell(rows, &counts, &values, &start)
		if err != nil {
			return nil, err
		}
		c := calculations[DayPeriod(start)]
		if c == nil {
			return nil, errMoved
		}
		at, err := c.locate(cell, scope)
		if err != nil {
			return nil, err
		}
		all[DayPeriod(start)].take(at, counts, values)
	}
	return all, rows.Err()
}
