package rollup

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// Work is what Stale found to be done.
type Work struct {
	// Hours hold rows that came after their days were last rebuilt.
	Hours []Hour
	// Days are to be rebuilt: local days and days of UTC, in order, none of
	// them closed. There may be none although there are hours, when all that
	// came is for closed days.
	Days []Day
	// people is the import in force, rebuilt the one of the last rebuild.
	people, rebuilt uuid.UUID
}

// Hour is an hour of UTC with the rows that were seen in it.
type Hour struct {
	Start time.Time
	Rows  uint64
}

// Stale says which days must be rebuilt: those with new rows, those whose
// copies or increments hang on new rows, and those of people whose aliases,
// periods or time zones an import changed.
func Stale(ctx context.Context, conn driver.Conn) (Work, error) {
	ctx = settings(ctx)
	work, err := readImports(ctx, conn)
	if err != nil {
		return Work{}, err
	}
	if work.Hours, err = readTouched(ctx, conn); err != nil {
		return Work{}, err
	}
	hours, err := work.stale(ctx, conn)
	if err != nil {
		return Work{}, err
	}
	days, err := daysOf(ctx, conn, hours)
	if err != nil {
		return Work{}, err
	}
	work.Days, err = withoutClosed(ctx, conn, days)
	return work, err
}

// Settle notes that the days of the work were rebuilt.
func Settle(ctx context.Context, conn driver.Conn, work Work) error {
	ctx = settings(ctx)
	if err := settleHours(ctx, conn, work.Hours); err != nil {
		return fmt.Errorf("note the hours that were rebuilt: %w", err)
	}
	if work.people == work.rebuilt {
		return nil
	}
	// Later than the newest row even where the clock was set back.
	const insert = "INSERT INTO rebuilt_import SELECT ?, greatest(now64(6), (SELECT max(rebuilt_at) FROM rebuilt_import) + INTERVAL 1 MICROSECOND)"
	if err := conn.Exec(ctx, insert, work.people.String()); err != nil {
		return fmt.Errorf("note the import that was rebuilt with: %w", err)
	}
	return nil
}

func settleHours(ctx context.Context, conn driver.Conn, hours []Hour) error {
	if len(hours) == 0 {
		return nil
	}
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO rebuilt_hour (hour, rows, rebuilt_at)")
	if err != nil {
		return err
	}
	defer batch.Close()
	now := time.Now()
	for _, h := range hours {
		if err := batch.Append(h.Start, h.Rows, now); err != nil {
			return err
		}
	}
	return batch.Send()
}

// readTouched finds the hours that hold more than was seen. What was seen only
// grows, so the greatest count says it whatever the clocks said.
func readTouched(ctx context.Context, conn driver.Conn) ([]Hour, error) {
	rows, err := conn.Query(ctx, `
SELECT touched.hour, touched.rows
FROM (SELECT hour, sum(rows) AS rows FROM touched_hour GROUP BY hour) AS touched
LEFT JOIN (SELECT hour, max(rows) AS rows FROM rebuilt_hour GROUP BY hour) AS seen ON touched.hour = seen.hour
WHERE touched.rows > seen.rows
ORDER BY touched.hour`)
	if err != nil {
		return nil, fmt.Errorf("read the hours that were touched: %w", err)
	}
	defer rows.Close()
	var hours []Hour
	for rows.Next() {
		var h Hour
		if err := rows.Scan(&h.Start, &h.Rows); err != nil {
			return nil, fmt.Errorf("read the hours that were touched: %w", err)
		}
		hours = append(hours, h)
	}
	return hours, rows.Err()
}

// stale are all hours whose days are to be rebuilt.
func (w Work) stale(ctx context.Context, conn driver.Conn) ([]hour, error) {
	touched := make([]hour, len(w.Hours))
	for i, h := range w.Hours {
		touched[i] = hour(h.Start.Unix() / secondsPerHour)
	}
	hours := touched
	if len(touched) > 0 {
		dependent, err := readHours(ctx, conn, dependentHours(touched))
		if err != nil {
			return nil, fmt.Errorf("find what hangs on the hours that were touched: %w", err)
		}
		hours = append(hours, dependent...)
	}
	if w.people != w.rebuilt {
		moved, err := readHours(ctx, conn, movedHours(w.rebuilt, w.people))
		if err != nil {
			return nil, fmt.Errorf("find the days that the import of people changed: %w", err)
		}
		hours = append(hours, moved...)
	}
	return hours, nil
}

func readHours(ctx context.Context, conn driver.Conn, query string) ([]hour, error) {
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var hours []hour
	for rows.Next() {
		var h int64
		if err := rows.Scan(&h); err != nil {
			return nil, err
		}
		hours = append(hours, hour(h))
	}
	return hours, rows.Err()
}

// hourOf is the expression for the hour of a time.
func hourOf(column string) string {
	return "toInt64(intDiv(toUnixTimestamp(" + column + "), 3600))"
}

// dependentHours selects the hours of other copies of events in the given
// hours, and of the points that follow a counter's points in them.
func dependentHours(hours []hour) string {
	in := make([]string, len(hours))
	var days []Day
	for i, h := range hours {
		in[i] = strconv.FormatInt(int64(h), 10)
		days = append(days, h.day())
	}
	event := fmt.Sprintf("toDate(occurred_at) IN (%s) AND %s IN (%s)", list(distinct(days)), hourOf("occurred_at"), strings.Join(in, ", "))
	reading := fmt.Sprintf("%s IN (%s)", hourOf("read_at"), strings.Join(in, ", "))
	return fmt.Sprintf(`
SELECT DISTINCT %[1]s FROM event
WHERE path != 'otlp' AND event_id IN (SELECT event_id FROM event WHERE path != 'otlp' AND %[2]s)
UNION DISTINCT
SELECT DISTINCT %[3]s FROM
(
    SELECT read_at, leadInFrame(read_at) OVER (PARTITION BY stream, started_at ORDER BY read_at ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS following
    FROM reading
    WHERE temporality = 'cumulative' AND stream IN (SELECT stream FROM reading WHERE temporality = 'cumulative' AND %[4]s)
)
WHERE %[4]s AND following > read_at`, hourOf("occurred_at"), event, hourOf("following"), reading)
}

// daysOf are the local days of the hours in all zones that anybody has, or had
// when the days were last rebuilt.
func daysOf(ctx context.Context, conn driver.Conn, hours []hour) ([]Day, error) {
	if len(hours) == 0 {
		return nil, nil
	}
	zones, err := readZones(ctx, conn, "SELECT groupUniqArray(toString(timezone)) FROM roster_version WHERE import IN (SELECT "+importInForce+" UNION ALL SELECT "+importRebuilt+")")
	if err != nil {
		return nil, err
	}
	return localDays(hours, zones), nil
}

// withoutClosed leaves out closed days, and sorts.
func withoutClosed(ctx context.Context, conn driver.Conn, days []Day) ([]Day, error) {
	if len(days) == 0 {
		return nil, nil
	}
	var closed []int32
	if err := conn.QueryRow(ctx, "SELECT groupUniqArray(toInt32(day)) FROM closed_day").Scan(&closed); err != nil {
		return nil, fmt.Errorf("read the closed days: %w", err)
	}
	isClosed := make(map[Day]bool, len(closed))
	for _, day := range closed {
		isClosed[Day(day)] = true
	}
	var open []Day
	for _, d := range distinct(append([]Day(nil), days...)) {
		if !isClosed[d] {
			open = append(open, d)
		}
	}
	return open, nil
}
