package ledger

import (
	"context"
	"fmt"
	"time"
)

// touched is what the person took part in, to be calculated again.
type touched struct {
	// hours are hours of UTC with facts of the person.
	hours []time.Time
	// first is the first day of which anything speaks.
	first time.Time
}

// lookAhead is more than any figure looks ahead, such as those of cohorts: a
// period that begins so long before the person's first day cannot hang on the person.
const lookAhead = 32 * 7 * 24 * time.Hour

// look reads what the person took part in, while it is there.
func (e *erasing) look(ctx context.Context) error {
	keys := quoted(e.person.keys())
	err := e.conn.QueryRow(ctx, fmt.Sprintf(`
SELECT groupUniqArray(hour) FROM
(
    SELECT toStartOfHour(toDateTime(occurred_at, 'UTC')) AS hour FROM event WHERE person IN (%[1]s) OR person = '' AND device IN (%[1]s)
    UNION ALL
    SELECT toStartOfHour(toDateTime(read_at, 'UTC')) AS hour FROM reading WHERE person IN (%[1]s) OR person = '' AND device IN (%[1]s)
)`, keys)).Scan(&e.touched.hours)
	if err != nil {
		return fmt.Errorf("read which hours the person took part in: %w", err)
	}
	err = e.conn.QueryRow(ctx, fmt.Sprintf(`
SELECT toDateTime(min(day), 'UTC') FROM
(
    SELECT min(day) AS day FROM person_day WHERE person IN (%[1]s) HAVING count() > 0
    UNION ALL
    SELECT min(period) AS day FROM population WHERE person IN (%[1]s) HAVING count() > 0
    UNION ALL
    SELECT min(toDate(greatest(valid_from, toDate32('1970-01-02')))) AS day FROM roster_version WHERE person IN (%[1]s) HAVING count() > 0
    UNION ALL
    SELECT min(toDate(greatest(valid_from, toDate32('1970-01-02')))) AS day FROM seat_version WHERE person IN (%[1]s) HAVING count() > 0
    UNION ALL
    SELECT min(day) AS day FROM heard WHERE person IN (%[1]s) OR device IN (%[1]s) HAVING count() > 0
)`, keys)).Scan(&e.touched.first)
	if err != nil {
		return fmt.Errorf("read since when the person took part: %w", err)
	}
	return nil
}

// mark has the days rebuilt from the events that stay, which also takes out
// again what a rebuild under way may put back, and the periods calculated again.
func (e *erasing) mark(ctx context.Context) error {
	if len(e.touched.hours) > 0 {
		hours := make([]any, 0, len(e.touched.hours))
		for _, hour := range e.touched.hours {
			hours = append(hours, hour.Unix())
		}
		err := e.conn.Exec(ctx, "INSERT INTO touched_hour (hour, rows) SELECT toDateTime(arrayJoin(?), 'UTC'), 1", hours)
		if err != nil {
			return fmt.Errorf("mark the days that the person took part in: %w", err)
		}
	}
	if e.touched.first.Unix() <= 0 {
		return nil
	}
	err := e.conn.Exec(ctx, `INSERT INTO touched_period (grain, period, touched_at)
SELECT DISTINCT grain, period, now64(6) FROM calculated_period WHERE period >= toDate(?)`, max(e.touched.first.Add(-lookAhead).Unix(), 0)/86400)
	if err != nil {
		return fmt.Errorf("mark the periods that the person was counted in: %w", err)
	}
	return nil
}
