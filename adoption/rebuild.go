package adoption

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/rollup"
)

// Marked says how much was marked as stale.
type Marked struct{ Days, Periods int }

// Rebuild marks all days from one on, and the periods that look at them, as
// stale; whoever observes makes them anew. Days that are closed keep their
// person-days, because their first events have expired.
func Rebuild(ctx context.Context, config Config, deps Deps, from time.Time) (Marked, error) {
	r, err := survey(ctx, config, deps)
	if err != nil {
		return Marked{}, err
	}
	days, err := rollup.OpenDays(ctx, r.conn, rollup.DayOf(from))
	if err != nil {
		return Marked{}, err
	}
	periods := r.lookingAt(from)
	// Periods first: the observer may take the days up at once.
	if err := r.touch(ctx, periods); err != nil {
		return Marked{}, err
	}
	return Marked{len(days), len(periods)}, r.touchDays(ctx, days)
}

// touchDays makes the hours of UTC that can lie in the days, which begin and end
// at other times in other zones, look as if a row had come.
func (r *round) touchDays(ctx context.Context, days []rollup.Day) error {
	if len(days) == 0 {
		return nil
	}
	var starts []any
	for _, d := range days {
		starts = append(starts, (d - 1).String(), d.String(), (d + 1).String())
	}
	err := r.conn.Exec(stored(ctx), "INSERT INTO touched_hour SELECT DISTINCT hour, 1 FROM touched_hour WHERE toDate(hour) IN (SELECT toDate(arrayJoin(?)))", clickhouse.ArraySet(starts))
	if err != nil {
		return fmt.Errorf("mark the days that are to be rebuilt: %w", err)
	}
	return nil
}

// survey reads how far everything is, without observing.
func survey(ctx context.Context, config Config, deps Deps) (*round, error) {
	if deps.Clock == nil {
		deps.Clock = time.Now
	}
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	o := &Observer{config: config, conn: deps.Conn, logger: deps.Logger, clock: deps.Clock, tools: deps.Tools, authority: deps.Authority}
	r := &round{Observer: o, now: o.clock().UTC()}
	var err error
	if r.history, err = figure.ReadHistory(ctx, r.conn, r.tools); err != nil {
		return nil, err
	}
	if r.latest, err = readLatest(ctx, r.conn); err != nil {
		return nil, err
	}
	r.periods, err = readCalculations(ctx, r.conn)
	return r, err
}

// lookingAt are the periods with figures that look at the days from one on.
func (r *round) lookingAt(from time.Time) []figure.Period {
	looking := map[figure.Period]bool{}
	for day := from.UTC().Truncate(24 * time.Hour); !day.After(r.now); day = day.AddDate(0, 0, 1) {
		for _, p := range r.touchedBy(day) {
			looking[p] = true
		}
	}
	return slices.DeleteFunc(r.all(), func(p figure.Period) bool { return !looking[p] })
}

// settled fails while the observer still has something to do: what is there is
// not what it will be.
func settled(ctx context.Context, conn driver.Conn) error {
	status, err := ReadStatus(ctx, conn)
	if err != nil {
		return err
	}
	if !status.Published {
		return fmt.Errorf("%d days and %d periods are still to be rebuilt and published; wait with: uptake status --wait drained", status.DaysToRebuild, status.PeriodsToPublish)
	}
	return nil
}
