package ingest

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/uptake-telemetry/uptake/schema"
)

const day = 24 * time.Hour

// closedDays are the days, counted from 1970, that are never rebuilt again.
type closedDays struct {
	days atomic.Pointer[map[int64]struct{}]
}

func (c *closedDays) holds(t time.Time) bool {
	days := c.days.Load()
	if days == nil {
		return false
	}
	_, closed := (*days)[dayNumber(t)]
	return closed
}

func dayNumber(t time.Time) int64 { return t.Unix() / int64(day/time.Second) }

func (c *closedDays) reject(e *schema.UsageEvent) *schema.Rejection {
	if !c.holds(time.Unix(0, int64(e.OccurredAtUnixNano))) {
		return nil
	}
	return schema.Reject(schema.CodeClosedDay, "time", "its day is closed: the first events of that day have reached the end of their 90 days")
}

func (i *Ingest) loadClosedDays(ctx context.Context) error {
	rows, err := i.deps.Conn.Query(ctx, "SELECT DISTINCT day FROM closed_day")
	if err != nil {
		return fmt.Errorf("read the closed days: %w", err)
	}
	defer rows.Close()
	days := map[int64]struct{}{}
	for rows.Next() {
		var d time.Time
		if err := rows.Scan(&d); err != nil {
			return fmt.Errorf("read the closed days: %w", err)
		}
		days[dayNumber(d)] = struct{}{}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the closed days: %w", err)
	}
	i.closed.days.Store(&days)
	return nil
}

// watchClosedDays keeps what it knows when the table cannot be read.
func (i *Ingest) watchClosedDays(ctx context.Context) {
	tick := time.NewTicker(i.config.ClosedDaysInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := i.loadClosedDays(ctx); err != nil && ctx.Err() == nil {
			i.logger.Warn("the closed days are those of the last reading", "error", err)
		}
	}
}
