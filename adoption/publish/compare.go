package publish

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Compare makes the rows of a draft beside those that are published and counts
// the rows that only one of both sides has, whatever their states and
// watermarks. What is published stays as it is. before is the period's publication.
func Compare(ctx context.Context, conn driver.Conn, draft *Draft, before Publication, config Config) (differing uint64, err error) {
	if before.Settled() {
		if err := draft.keepHidden(ctx, conn); err != nil {
			return 0, err
		}
	}
	door, err := Open(draft, config.Least())
	if err != nil {
		return 0, err
	}
	l := newLoad(door, conn)
	err = l.apart(ctx, func(ctx context.Context) error {
		if err := l.fill(ctx, &before, false); err != nil {
			return err
		}
		return conn.QueryRow(ctx, `SELECT sum(abs(side)) FROM
(
    SELECT content, sum(side) AS side FROM
    (
        SELECT `+contentSQL+` AS content, 1 AS side FROM `+l.rows+`
        UNION ALL
        SELECT `+contentSQL+`, -1 FROM figure WHERE grain = '`+draft.Grain+`' AND period = toDate('`+Date{draft.Period}.String()+`')
    )
    GROUP BY content
)`).Scan(&differing)
	})
	if err != nil {
		return 0, fmt.Errorf("compare the %s of %s: %w", draft.Grain, Date{draft.Period}, err)
	}
	return differing, nil
}

// CountRows counts what is published of a period.
func CountRows(ctx context.Context, conn driver.Conn, grain string, period time.Time) (rows uint64, err error) {
	err = conn.QueryRow(ctx, "SELECT count() FROM figure WHERE grain = ? AND period = toDate(?)", grain, Date{period}.String()).Scan(&rows)
	if err != nil {
		return 0, fmt.Errorf("count the rows of the %s of %s: %w", grain, Date{period}, err)
	}
	return rows, nil
}
