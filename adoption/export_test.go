package adoption

import (
	"context"
	"time"

	"github.com/uptake-telemetry/uptake/adoption/figure"
)

// PublishPeriods calculates and publishes some periods, as a round does that
// finds nothing else to do.
func PublishPeriods(ctx context.Context, o *Observer, units ...figure.Period) error {
	r := &round{Observer: o, now: o.clock().UTC()}
	if err := r.conn.QueryRow(ctx, "SELECT argMax(import, (imported_at, import)) FROM roster_import").Scan(&r.inForce); err != nil {
		return err
	}
	r.looked.heardAt = time.Now()
	var err error
	if r.history, err = figure.ReadHistory(ctx, r.conn, r.tools); err != nil {
		return err
	}
	if r.latest, err = readLatest(ctx, r.conn); err != nil {
		return err
	}
	if r.periods, err = readCalculations(ctx, r.conn); err != nil {
		return err
	}
	return r.publishTogether(ctx, units)
}
