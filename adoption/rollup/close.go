package rollup

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Retention is how long events and readings are kept from their receipt, as
// their tables say.
const Retention = 90 * 24 * time.Hour

// closeBefore is how long before that their days close.
const closeBefore = 24 * time.Hour

// CloseDays closes the days of which the first event or reading is about to
// expire, or one of a counter from which a later one is told, and returns
// them. They are rebuilt a last time: before, because a closed day must be
// right, and after, for what was on its way while they closed. Of a day whose
// first events may be gone already the person-days stay as they are.
//
// Call it before Stale, so that such a day is not rebuilt from what is left.
func CloseDays(ctx context.Context, conn driver.Conn, authority Authority, now time.Time) ([]Day, error) {
	ctx = settings(ctx)
	gone, err := dueDays(ctx, conn, hoursReceivedBefore(now.Add(-Retention))+" UNION DISTINCT "+hoursWithoutRows(now.Add(-Retention)))
	if err != nil {
		return nil, err
	}
	due, err := dueDays(ctx, conn, hoursReceivedBefore(now.Add(closeBefore-Retention)))
	if err != nil {
		return nil, err
	}
	whole := without(due, gone)
	if err := rebuild(ctx, conn, authority, whole); err != nil {
		return nil, err
	}
	closed := distinct(append(gone, whole...))
	if err := insertClosed(ctx, conn, closed, now); err != nil {
		return nil, fmt.Errorf("close %d days: %w", len(closed), err)
	}
	return closed, rebuild(ctx, conn, authority, whole)
}

func dueDays(ctx context.Context, conn driver.Conn, query string) ([]Day, error) {
	hours, err := readHours(ctx, conn, query)
	if err != nil {
		return nil, fmt.Errorf("find the days to close: %w", err)
	}
	days, err := daysOf(ctx, conn, hours)
	if err != nil {
		return nil, err
	}
	return withoutClosed(ctx, conn, days)
}

// hoursReceivedBefore selects the hours with rows that were received by then,
// and of the points that follow such points of a counter.
func hoursReceivedBefore(limit time.Time) string {
	return fmt.Sprintf(`
SELECT DISTINCT %[1]s FROM event WHERE received_at <= fromUnixTimestamp64Micro(%[2]d)
UNION DISTINCT
SELECT DISTINCT %[3]s FROM reading WHERE received_at <= fromUnixTimestamp64Micro(%[2]d)
UNION DISTINCT
SELECT DISTINCT %[4]s FROM
(
    SELECT read_at, received_at, leadInFrame(read_at) OVER (PARTITION BY stream, started_at ORDER BY read_at ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS following
    FROM reading
    WHERE temporality = 'cumulative' AND stream IN (SELECT stream FROM reading WHERE received_at <= fromUnixTimestamp64Micro(%[2]d))
)
WHERE received_at <= fromUnixTimestamp64Micro(%[2]d) AND following > read_at`, hourOf("occurred_at"), limit.UnixMicro(), hourOf("read_at"), hourOf("following"))
}

// hoursWithoutRows selects the hours before then that had rows and have none.
func hoursWithoutRows(limit time.Time) string {
	day := DayOf(limit.UTC())
	return fmt.Sprintf(`
SELECT DISTINCT %[1]s FROM touched_hour WHERE hour < toDateTime('%[2]s 00:00:00', 'UTC')
    AND %[1]s NOT IN (SELECT %[3]s FROM event WHERE toDate(occurred_at) < '%[2]s')
    AND %[1]s NOT IN (SELECT %[4]s FROM reading WHERE read_at < toDateTime64('%[2]s 00:00:00', 9, 'UTC'))`, hourOf("hour"), day, hourOf("occurred_at"), hourOf("read_at"))
}

func without(days, left []Day) []Day {
	leave := make(map[Day]bool, len(left))
	for _, d := range left {
		leave[d] = true
	}
	var rest []Day
	for _, d := range days {
		if !leave[d] {
			rest = append(rest, d)
		}
	}
	return rest
}

func insertClosed(ctx context.Context, conn driver.Conn, days []Day, now time.Time) error {
	if len(days) == 0 {
		return nil
	}
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO closed_day (day, closed_at)")
	if err != nil {
		return err
	}
	defer batch.Close()
	for _, d := range days {
		if err := batch.Append(d.Time(), now); err != nil {
			return err
		}
	}
	return batch.Send()
}
