package adoption

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
	"github.com/uptake-telemetry/uptake/adoption/rollup"
)

// Verification is what was calculated a second time and compared.
type Verification struct {
	Days, Periods int
	// Held are periods that were not compared: a small change of groups in them
	// waits for the weekly run, and with it all their figures.
	Held        int
	Differences []Difference
}

// Difference is a day or a period of which a table says something else than a
// recalculation. It names nobody.
type Difference struct {
	// Table is person_day, act_day, population or figure.
	Table string
	// Grain is day, week or 28d.
	Grain string
	Start time.Time
	// Rows are those that only one of both sides has.
	Rows uint64
}

// Differing are the days and periods that have differences.
func (v Verification) Differing() map[figure.Period]bool {
	differing := map[figure.Period]bool{}
	for _, d := range v.Differences {
		differing[figure.Period{Grain: figure.Grain(d.Grain), Start: d.Start}] = true
	}
	return differing
}

// Verify makes the days from one on anew from events, and all figures that look
// at them, beside what is stored, and compares to the last digit. It changes
// nothing that is published. Closed days, of which events have expired, are
// taken as they are. While something waits to be rebuilt or published it fails.
func Verify(ctx context.Context, config Config, deps Deps, from time.Time) (Verification, error) {
	if err := settled(ctx, deps.Conn); err != nil {
		return Verification{}, err
	}
	r, err := survey(ctx, config, deps)
	if err != nil {
		return Verification{}, err
	}
	var v Verification
	for _, verify := range []func(context.Context, time.Time, *Verification) error{r.verifyDays, r.verifyPeriods} {
		if err := verify(ctx, from, &v); err != nil {
			return v, err
		}
	}
	if len(v.Differences) == 0 {
		return v, nil
	}
	// What came meanwhile is no difference.
	if err := settled(ctx, deps.Conn); err != nil {
		return v, fmt.Errorf("something came while it was compared: %w", err)
	}
	return v, nil
}

func (r *round) verifyDays(ctx context.Context, from time.Time, v *Verification) error {
	days, err := rollup.OpenDays(ctx, r.conn, rollup.DayOf(from))
	if err != nil {
		return err
	}
	v.Days = len(days)
	found, err := rollup.Verify(ctx, r.conn, r.authority, days)
	for _, d := range found {
		v.Differences = append(v.Differences, Difference{d.Table, string(figure.Day), d.Day.Time(), d.Rows})
	}
	return err
}

func (r *round) verifyPeriods(ctx context.Context, from time.Time, v *Verification) error {
	for _, p := range r.lookingAt(from) {
		if !r.of(p).heldSince.IsZero() {
			v.Held += len(grains(p))
			continue
		}
		var window *figure.Exact
		for _, one := range grains(p) {
			exact, err := r.verifyPeriod(ctx, one, window, v)
			if err != nil {
				return err
			}
			window = exact
		}
	}
	return nil
}

// verifyPeriod compares who was placed where and what was published.
func (r *round) verifyPeriod(ctx context.Context, p figure.Period, window *figure.Exact, v *Verification) (*figure.Exact, error) {
	v.Periods++
	differ := func(table string, rows uint64) {
		if rows > 0 {
			v.Differences = append(v.Differences, Difference{table, string(p.Grain), p.Start, rows})
		}
	}
	moved, err := r.replaced(ctx, p)
	if err != nil {
		return nil, err
	}
	differ(figure.Population, moved)
	exact, err := r.calculate(ctx, p, window)
	if err != nil {
		return nil, err
	}
	rows, err := r.republished(ctx, p, exact)
	differ("figure", rows)
	return exact, err
}

// replaced counts the rows by which the population differs from a new one.
func (r *round) replaced(ctx context.Context, p figure.Period) (rows uint64, err error) {
	staging := figure.Population + "_staging_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := r.conn.Exec(ctx, "CREATE TABLE "+staging+" AS "+figure.Population); err != nil {
		return 0, fmt.Errorf("make room for the people of a period: %w", err)
	}
	defer func() {
		err = errors.Join(err, r.conn.Exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS "+staging))
	}()
	if err := figure.Place(stored(ctx), r.conn, r.history, staging, p); err != nil {
		return 0, err
	}
	return figure.Differing(ctx, r.conn, p, staging)
}

// republished counts the rows by which the figures differ from what was
// published.
func (r *round) republished(ctx context.Context, p figure.Period, exact *figure.Exact) (uint64, error) {
	before := r.latest[p]
	if exact == nil || len(exact.Tables) == 0 {
		return publish.CountRows(ctx, r.conn, string(p.Grain), p.Start)
	}
	veiled, err := r.veiled(ctx, exact)
	if err != nil {
		return 0, err
	}
	if before.Fingerprint == "" {
		before = publish.Publication{Grain: string(p.Grain), Period: p.Start, State: publish.Provisional}
	}
	draft := draftOf(exact, r.final(p), r.now, veiled, r.config.Publish.Least())
	return publish.Compare(ctx, r.conn, draft, before, r.config.Publish)
}
