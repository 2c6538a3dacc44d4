package rollup

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Difference is a day whose rows are others than those that events and readings
// give now.
type Difference struct {
	Day Day
	// Table is person_day, of local days, or act_day, of days of UTC.
	Table string
	// Rows are those that only one of both sides has.
	Rows uint64
}

// OpenDays are the days from one on that have person-days or act-days, or
// events to make some from, and are not closed: those that can be made again.
func OpenDays(ctx context.Context, conn driver.Conn, from Day) ([]Day, error) {
	var days []int32
	err := conn.QueryRow(ctx, fmt.Sprintf(`
SELECT groupUniqArray(toInt32(day)) FROM
(
    SELECT DISTINCT day FROM person_day
    UNION DISTINCT SELECT DISTINCT day FROM act_day
    UNION DISTINCT SELECT DISTINCT toDate(hour) AS day FROM touched_hour
)
WHERE day >= '%s'`, from)).Scan(&days)
	if err != nil {
		return nil, fmt.Errorf("read which days have events: %w", err)
	}
	all := make([]Day, len(days))
	for i, d := range days {
		all[i] = Day(d)
	}
	return withoutClosed(ctx, conn, all)
}

// Verify makes the days again beside those that are there, changes none of
// them, and returns the differences. Closed days are passed over.
func Verify(ctx context.Context, conn driver.Conn, authority Authority, days []Day) ([]Difference, error) {
	ctx = settings(ctx)
	open, err := withoutClosed(ctx, conn, days)
	if err != nil {
		return nil, err
	}
	var all []Difference
	err = stage(ctx, conn, open, func(staged *staging, some []Day, zones []*time.Location) error {
		if err := staged.fill(ctx, authority, some, zones); err != nil {
			return err
		}
		found, err := staged.compare(ctx, some)
		all = append(all, found...)
		return err
	})
	return all, err
}

// What a row of each table says.
const (
	personDayRow = "person, day, tool, acts, passive, agent, prompts, sessions, requests, tool_uses, tokens_input_uncached, tokens_cache_read, tokens_cache_write, tokens_output, tokens_reasoning, " +
		"cost_micro_usd, lines_added, lines_removed, commits"
	actDayRow = "day, tool, person, local_day, acts, prompts"
)

func (s *staging) compare(ctx context.Context, days []Day) ([]Difference, error) {
	var all []Difference
	for _, t := range []struct{ table, staged, row string }{{"person_day", s.personDays, personDayRow}, {"act_day", s.actDays, actDayRow}} {
		found, err := s.compareTable(ctx, t.table, t.staged, t.row, days)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func (s *staging) compareTable(ctx context.Context, table, staged, row string, days []Day) ([]Difference, error) {
	rows, err := s.conn.Query(ctx, fmt.Sprintf(`
SELECT toInt32(day), toUInt64(sum(abs(side))) FROM
(
    SELECT %[1]s, sum(side) AS side FROM
    (
        SELECT %[1]s, 1 AS side FROM %[2]s WHERE day IN (%[4]s)
        UNION ALL
        SELECT %[1]s, -1 AS side FROM %[3]s WHERE day IN (%[4]s)
    )
    GROUP BY %[1]s
)
WHERE side != 0 GROUP BY day ORDER BY day`, row, staged, table, list(days)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Difference
	for rows.Next() {
		d := Difference{Table: table}
		if err := rows.Scan((*int32)(&d.Day), &d.Rows); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, rows.Err()
}
