package adoption

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// grains are what is calculated together, in its order: what a week says of 28
// days hangs on theirs.
func grains(p figure.Period) []figure.Period {
	if p.Grain == figure.Weekly {
		return []figure.Period{p.Week().Window(), p}
	}
	return []figure.Period{p}
}

// publishTogether calculates the days of a week, or a week and the 28 days that
// end with it, and publishes what may be seen.
func (r *round) publishTogether(ctx context.Context, units []figure.Period) error {
	began := time.Now()
	placed, err := r.place(ctx, units)
	if err != nil {
		return err
	}
	exact, err := r.calculateDays(ctx, units)
	if err != nil {
		return err
	}
	for _, unit := range units {
		changed, err := r.publishUnit(ctx, unit, exact, placed)
		if err != nil {
			return err
		}
		r.logger.Debug("period calculated", "period", unit.String(), "changed", changed, "held", !placed[unit].heldSince.IsZero())
	}
	r.metrics.publishSeconds.Observe(time.Since(began).Seconds())
	return nil
}

// calculateDays reads the figures of units that are days, all at once.
func (r *round) calculateDays(ctx context.Context, units []figure.Period) (map[figure.Period]*figure.Exact, error) {
	if units[0].Grain != figure.Day || !r.reached(units[0]) {
		return nil, nil
	}
	return figure.CalculateDays(ctx, r.conn, r.history, units)
}

func (r *round) publishUnit(ctx context.Context, unit figure.Period, days map[figure.Period]*figure.Exact, placed map[figure.Period]placement) (changed bool, err error) {
	next := calculation{seen: r.of(unit).touched, basis: r.basis(unit), placed: r.placing(), heldSince: placed[unit].heldSince}
	if !next.heldSince.IsZero() && r.of(unit).basis == next.basis {
		// Its figures look at the roster beside the places, so all of them wait.
		return false, r.note(ctx, unit, next)
	}
	exact := days[unit]
	for _, one := range grains(unit) {
		if unit.Grain != figure.Day {
			if exact, err = r.calculate(ctx, one, exact); err != nil {
				return false, err
			}
		}
		differs, err := r.replace(ctx, one, exact, placed[one].moved)
		if errors.Is(err, publish.ErrContradiction) {
			// Other periods do not wait for it; it is tried again when anything in it changes.
			r.metrics.failures.Inc()
			r.logger.Error("a period is not published", "period", one.String(), "error", err)
		} else if err != nil {
			return false, err
		}
		changed = changed || differs
	}
	return changed, r.note(ctx, unit, next)
}

// replace publishes what may be seen of a period's figures, nil for none.
func (r *round) replace(ctx context.Context, p figure.Period, exact *figure.Exact, regrouped bool) (changed bool, err error) {
	before := r.latest[p]
	if exact == nil || len(exact.Tables) == 0 {
		if before.Fingerprint == "" {
			return false, nil
		}
		return true, publish.Withdraw(ctx, r.conn, before, r.config.Publish, r.now)
	}
	veiled, err := r.veiled(ctx, exact)
	if err != nil {
		return false, err
	}
	draft := draftOf(exact, r.final(p), r.now, veiled, r.config.Publish.Least())
	draft.Regrouped = regrouped
	return publish.Publish(ctx, r.conn, draft, before, r.config.Publish, r.now)
}

// reached tells whether the history reaches the period.
func (r *round) reached(p figure.Period) bool {
	return r.history.Begun && !p.Week().Start().Before(r.history.First.Start())
}

// calculate returns nil for a period that the history does not reach.
func (r *round) calculate(ctx context.Context, p figure.Period, window *figure.Exact) (*figure.Exact, error) {
	if !r.reached(p) {
		return nil, nil
	}
	if p.Grain == figure.Day {
		exact, err := figure.CalculateDays(ctx, r.conn, r.history, []figure.Period{p})
		return exact[p], err
	}
	return figure.Calculate(ctx, r.conn, r.history, p, r.lastFinal(), window)
}

// veiled are the rows of a week that stand for what the 28 days hide: their
// number would follow from the week's.
func (r *round) veiled(ctx context.Context, e *figure.Exact) ([]bool, error) {
	if e.Period.Grain != figure.Weekly {
		return nil, nil
	}
	shown := map[string]bool{}
	err := publish.Each(ctx, r.conn, publish.Filter{Metric: "active_people", Grain: string(figure.Window), Period: e.Period.Start}, func(row publish.Row) error {
		shown[row.Tool+fmt.Sprint(row.Dimensions)] = !row.Suppressed
		return nil
	})
	if err != nil {
		return nil, err
	}
	var veiled []bool
	for _, scope := range e.Scopes {
		for _, cell := range e.Cells {
			veiled = append(veiled, !shown[scope.Name+fmt.Sprint(cell.Dimensions())])
		}
	}
	return veiled, nil
}
