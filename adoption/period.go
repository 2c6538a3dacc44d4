package adoption

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// calculation is how far a period is.
type calculation struct {
	// touched is when the period was last marked, seen the mark that its
	// figures were last calculated from.
	touched, seen time.Time
	basis, placed string
	// heldSince is zero where no change of groups is held back.
	heldSince time.Time
}

func (c *calculation) stale() bool { return c.touched.After(c.seen) }

// readCalculations reads how far days and weeks are; the 28 days that end with
// a week are calculated with it.
func readCalculations(ctx context.Context, conn driver.Conn) (map[figure.Period]*calculation, error) {
	rows, err := conn.Query(ctx, `
SELECT grain, period, max(touched), max(seen), argMaxIf(basis, calculated_at, seen > 0), argMaxIf(placed, calculated_at, seen > 0), argMaxIf(held_since, calculated_at, seen > 0)
FROM
(
    SELECT toString(grain) AS grain, period, touched_at AS touched, toDateTime64(0, 6, 'UTC') AS seen, '' AS basis, '' AS placed, toDateTime64(0, 6, 'UTC') AS held_since, toDateTime64(0, 6, 'UTC') AS calculated_at
    FROM touched_period
    UNION ALL
    SELECT toString(grain), period, toDateTime64(0, 6, 'UTC'), touched_at, basis, placed, held_since, calculated_at
    FROM calculated_period
)
GROUP BY grain, period`)
	if err != nil {
		return nil, fmt.Errorf("read how far the periods are: %w", err)
	}
	defer rows.Close()
	periods := map[figure.Period]*calculation{}
	for rows.Next() {
		var p figure.Period
		var c calculation
		if err := rows.Scan((*string)(&p.Grain), &p.Start, &c.touched, &c.seen, &c.basis, &c.placed, &c.heldSince); err != nil {
			return nil, fmt.Errorf("read how far the periods are: %w", err)
		}
		if c.heldSince.Unix() == 0 {
			c.heldSince = time.Time{}
		}
		p.Start = p.Start.UTC()
		periods[p] = &c
	}
	return periods, rows.Err()
}

func (r *round) of(p figure.Period) *calculation {
	if c := r.periods[p]; c != nil {
		return c
	}
	return &calculation{}
}

// outdated tells whether the period hangs on something that is another now.
func (r *round) outdated(p figure.Period) bool {
	c := r.of(p)
	return c.basis != r.basis(p) || !r.sameTools(c.placed)
}

// basis is all that the period's figures hang on besides its days and people.
func (r *round) basis(p figure.Period) string {
	return digest(fmt.Sprint("k ", r.config.Publish.Least()), fmt.Sprint("final ", r.final(p)), r.history.Basis(p, r.lastFinal()))
}

// lastFinal is the newest week whose time of change is over.
func (r *round) lastFinal() figure.Week {
	week := figure.WeekOf(r.now)
	for r.now.Before(week.FinalAt()) {
		week = week.Add(-1)
	}
	return week
}

// placing is what populations are made from: the rows by tool and the import.
func (r *round) placing() string { return digest(r.history.Entitling()) + " " + r.inForce.String() }

// sameTools tells whether a population has the rows by tool of today.
func (r *round) sameTools(placed string) bool {
	return strings.HasPrefix(placed, digest(r.history.Entitling())+" ")
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

func (r *round) final(p figure.Period) bool { return !r.now.Before(p.FinalAt()) }

// due tells whether the weekly run has come for which a correction was held.
func (r *round) due(c *calculation) bool {
	return !c.heldSince.IsZero() && !r.now.Before(nextRun(c.heldSince))
}

// nextRun is the first Thursday noon, UTC, after a time.
func nextRun(after time.Time) time.Time {
	run := figure.WeekOf(after).Add(-1).FinalAt()
	if !run.After(after) {
		run = run.AddDate(0, 0, 7)
	}
	return run
}

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
	next := calculation{seen: r.of(unit).touched, basis: r.basis(unit), placed: r.placing()}
	exact := days[unit]
	for _, one := range grains(unit) {
		if unit.Grain != figure.Day {
			if exact, err = r.calculate(ctx, one, exact); err != nil {
				return false, err
			}
		}
		differs, err := r.replace(ctx, one, exact, placed[one].moved)
		if err != nil {
			return false, err
		}
		if held := placed[one].heldSince; !held.IsZero() {
			next.heldSince = held
		}
		changed = changed || differs
	}
	return changed, r.note(ctx, unit, next)
}

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

// settlePlaces shows the staged populations that need not wait.
func (r *round) settlePlaces(ctx context.Context, staging string, anew []figure.Period, placed map[figure.Period]placement) error {
	var shown []figure.Period
	for _, one := range anew {
		held, moved, err := r.held(ctx, one, staging)
		if err != nil {
			return err
		}
		if placed[one] = (placement{held, moved}); held.IsZero() {
			shown = append(shown, one)
		}
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
	if fewest > 0 && fewest < int64(r.config.Publish.Least()) && !r.due(c) && r.sameTools(c.placed) {
		return earlier(c.heldSince, r.now), false, nil
	}
	return time.Time{}, fewest > 0, nil
}

// unitOf is the period with which another is calculated.
func unitOf(p figure.Period) figure.Period {
	if p.Grain == figure.Window {
		return p.Week().Period()
	}
	return p
}

// earlier is since, or now where nothing was held yet.
func earlier(since, now time.Time) time.Time {
	if since.IsZero() {
		return now
	}
	return since
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

func (r *round) note(ctx context.Context, p figure.Period, c calculation) error {
	held := c.heldSince
	if held.IsZero() {
		held = time.Unix(0, 0)
	}
	batch, err := r.conn.PrepareBatch(stored(ctx), "INSERT INTO calculated_period (grain, period, calculated_at, touched_at, basis, placed, held_since)")
	if err != nil {
		return fmt.Errorf("note that a period is calculated: %w", err)
	}
	defer batch.Close()
	if err := batch.Append(string(p.Grain), p.Start, time.Now(), c.seen, c.basis, c.placed, held); err != nil {
		return fmt.Errorf("note that a period is calculated: %w", err)
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("note that a period is calculated: %w", err)
	}
	return nil
}
