package adoption

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/rollup"
)

// Status is how far the figures are.
type Status struct {
	// DaysToRebuild are those whose events changed since they were rebuilt.
	DaysToRebuild int
	// PeriodsToPublish are days and weeks that are marked and not yet calculated.
	PeriodsToPublish int
	// LastPublishedWeek is a Monday, zero where nothing is published.
	LastPublishedWeek time.Time
	// Published says that everything that was stored before the call is
	// rebuilt and published.
	Published bool
}

// ReadStatus asks the tables, so that any process may.
func ReadStatus(ctx context.Context, conn driver.Conn) (Status, error) {
	work, err := rollup.Stale(ctx, conn)
	if err != nil {
		return Status{}, err
	}
	s := Status{DaysToRebuild: len(work.Days)}
	var unseen bool
	err = conn.QueryRow(ctx, `
SELECT
    ((SELECT argMax(import, (imported_at, import)) FROM roster_import), (SELECT count() FROM heard FINAL WHERE `+heardLately+`))
        != (SELECT (argMax(import, observed_at), argMax(heard, observed_at)) FROM observed),
    (SELECT max(period) FROM figure WHERE grain = 'week')`).Scan(&unseen, &s.LastPublishedWeek)
	if err != nil {
		return Status{}, fmt.Errorf("read what is published: %w", err)
	}
	if s.LastPublishedWeek.Unix() == 0 {
		s.LastPublishedWeek = time.Time{}
	}
	periods, err := readCalculations(ctx, conn)
	if err != nil {
		return Status{}, err
	}
	for _, c := range periods {
		if c.stale() {
			s.PeriodsToPublish++
		}
	}
	s.Published = len(work.Days) == 0 && len(work.Hours) == 0 && !unseen && s.PeriodsToPublish == 0
	return s, nil
}
