package adoption

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption/figure"
)

// placement is what became of a period's population.
type placement struct {
	// heldSince is since when so few people would move between groups of a final
	// period that it waits for the weekly run, zero where it does not.
	heldSince time.Time
	// moved tells whether people moved.
	moved bool
}

// place brings populations up to date, unless so few people moved between
// groups of a final period that it waits for the weekly run.
func (r *round) place(ctx context.Context, units []figure.Period) (placed map[figure.Period]placement, err error) {
	placed = map[figure.Period]placement{}
	var anew []figure.Period
	for _, unit := range units {
		c := r.of(unit)
		for _, one := range grains(unit) {
			placed[one] = placement{heldSince: c.heldSince}
			if c.placed != r.placing() || r.due(c) {
				anew = append(anew, one)
			}
		}
	}
	if len(anew) == 0 {
		return placed, nil
	}
	staging := figure.Population + "_staging_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := r.conn.Exec(ctx, "CREATE TABLE "+staging+" AS "+figure.Population); err != nil {
		return nil, fmt.Errorf("make room for the people of a period: %w", err)
	}
	defer func() {
		err = errors.Join(err, r.conn.Exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS "+staging))
	}()
	if err := figure.Place(stored(ctx), r.conn, r.history, staging, anew...); err != nil {
		return nil, err
	}
	return placed, r.settlePlaces(ctx, staging, anew, placed)
}

// settlePlaces shows the staged populations that need not wait. What is
// calculated together waits together.
func (r *round) settlePlaces(ctx context.Context, staging string, anew []figure.Period, placed map[figure.Period]placement) error {
	since := map[figure.Period]time.Time{}
	for _, one := range anew {
		held, moved, err := r.held(ctx, one, staging)
		if err != nil {
			return err
		}
		placed[one] = placement{moved: moved}
		if !held.IsZero() {
			since[unitOf(one)] = held
		}
	}
	var shown []figure.Period
	for _, one := range anew {
		if held, waits := since[unitOf(one)]; waits {
			placed[one] = placement{heldSince: held}
			continue
		}
		shown = append(shown, one)
	}
	return figure.Settle(stored(ctx), r.conn, staging, shown...)
}

// held compares a staged population with that of the published period, and
// tells since when it is held back, and whether people moved.
func (r *round) held(ctx context.Context, p figure.Period, staging string) (since time.Time, moved bool, err error) {
	if !r.latest[p].Settled() {
		return time.Time{}, false, nil
	}
	fewest, err := figure.FewestMoved(ctx, r.conn, p, staging)
	if err != nil {
		return time.Time{}, false, err
	}
	c := r.of(unitOf(p))
	if fewest == 0 || fewest >= int64(r.config.Publish.Least()) || r.due(c) || !r.sameTools(c.placed) {
		return time.Time{}, fewest > 0, nil
	}
	if since = c.heldSince; since.IsZero() {
		since = r.now
	}
	return since, false, nil
}

// unitOf is the period with which another is calculated.
func unitOf(p figure.Period) figure.Period {
	if p.Grain == figure.Window {
		return p.Week().Period()
	}
	return p
}
