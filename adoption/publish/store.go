package publish

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// columns of the table figure, in the order of insert and scan.
const columns = "metric, definition, grain, period, dimensions, tool, value, low, high, numerator, denominator, `group`, band, coverage, state, watermark, suppressed"

// Publication is what was last published of a period.
type Publication struct {
	Grain, State string
	Period       time.Time
	PublishedAt  time.Time
	Watermark    time.Time
	// Fingerprint is of all rows but for their states and watermarks.
	Fingerprint string
}

// Settled says that readers may have seen the period as final.
func (p Publication) Settled() bool { return p.State == Final || p.State == Corrected }

// Latest returns the newest publication of each period of a grain.
func Latest(ctx context.Context, conn driver.Conn, grain string) (map[time.Time]Publication, error) {
	rows, err := conn.Query(ctx, `
SELECT toString(grain), period, max(published_at), toString(argMax(state, published_at)), argMax(watermark, published_at), argMax(fingerprint, published_at)
FROM publication WHERE grain = ? GROUP BY grain, period HAVING argMax(fingerprint, published_at) != ''`, grain)
	if err != nil {
		return nil, fmt.Errorf("read what is published: %w", err)
	}
	defer rows.Close()
	all := map[time.Time]Publication{}
	for rows.Next() {
		var p Publication
		if err := rows.Scan(&p.Grain, &p.Period, &p.PublishedAt, &p.State, &p.Watermark, &p.Fingerprint); err != nil {
			return nil, fmt.Errorf("read what is published: %w", err)
		}
		all[p.Period.UTC()] = p
	}
	return all, rows.Err()
}

// next is the time of the following publication: later, whatever the clock says.
func (p Publication) next(now time.Time) time.Time {
	if !now.After(p.PublishedAt) {
		return p.PublishedAt.Add(time.Microsecond)
	}
	return now
}

// Publish opens the door for a draft and replaces what is published of its
// period, if that says something else. before is the period's publication so
// far, its zero value where there is none. It tells whether anything changed.
func Publish(ctx context.Context, conn driver.Conn, draft *Draft, before Publication, config Config, now time.Time) (bool, error) {
	if before.Settled() && (draft.Regrouped || now.Sub(before.PublishedAt) > freshFor) {
		if err := draft.keepHidden(ctx, conn); err != nil {
			return false, err
		}
	}
	door, err := Open(draft, config.Least())
	if err != nil {
		return false, err
	}
	next := Publication{Grain: draft.Grain, Period: draft.Period, PublishedAt: before.next(now), Watermark: draft.Watermark,
		State: Provisional, Fingerprint: door.fingerprint()}
	if next.Fingerprint == before.Fingerprint && (before.Settled() || !draft.Final) {
		return false, nil
	}
	if draft.Final {
		next.State = Final
	}
	if err := door.replace(ctx, conn, &next, before.Settled()); err != nil {
		return false, fmt.Errorf("publish the %s of %s: %w", draft.Grain, Date{draft.Period}, err)
	}
	return true, note(ctx, conn, next, config.Least())
}

// freshFor is how long a version counts as not yet read. While a past week
// arrives in pieces its first versions need more cells hidden than the whole;
// the pattern that is chosen on eligible people is the same in all of them.
const freshFor = time.Hour

// key orders the dimensions, so that equal ones are equal.
func key(dimensions map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		b.WriteString("\x00" + name + "\x01" + dimensions[name])
	}
	return b.String()
}

func note(ctx context.Context, conn driver.Conn, p Publication, k int) error {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"async_insert": 0}))
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO publication (grain, period, published_at, state, watermark, fingerprint, minimum_group)")
	if err != nil {
		return fmt.Errorf("note the publication: %w", err)
	}
	defer batch.Close()
	if err := batch.Append(p.Grain, p.Period, p.PublishedAt, p.State, p.Watermark, p.Fingerprint, uint32(k)); err != nil {
		return fmt.Errorf("note the publication: %w", err)
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("note the publication: %w", err)
	}
	return nil
}

// Withdraw takes back a period that has no figures any more.
func Withdraw(ctx context.Context, conn driver.Conn, was Publication, config Config, now time.Time) error {
	if err := conn.Exec(ctx, fmt.Sprintf("ALTER TABLE figure DROP PARTITION ('%s', '%s')", was.Grain, Date{was.Period})); err != nil {
		return fmt.Errorf("withdraw the %s of %s: %w", was.Grain, Date{was.Period}, err)
	}
	was.PublishedAt, was.Fingerprint = was.next(now), ""
	return note(ctx, conn, was, config.Least())
}
