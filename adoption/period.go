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

// publishPeriod calculates a day, or a week and the 28 days that end with it, and
// publishes what may be seen.
func (r *round) publishPeriod(ctx context.Context, p figure.Period, c *calculation) error {
	began := time.Now()
	next := calculation{seen: c.touched, basis: r.basis(p), placed: r.placing()}
	changed := false
	var window *figure.Exact
	for _, one := range grains(p) {
		held, regrouped, err := r.place(ctx, one, c)
		if err != nil {
			return err
		}
		exact, differs, err := r.replace(ctx, one, window, regrouped)
		if err != nil {
			return err
		}
		if !held.IsZero() {
			next.heldSince = held
		}
		changed, window = changed || differs, exact
	}
	if err := r.note(ctx, p, next); err != nil {
		return err
	}
	r.metrics.publishSeconds.Observe(time.Since(began).Seconds())
	r.logger.Debug("period calculated", "period", p.String(), "changed", changed, "held", !next.heldSince.IsZero(), "took", time.Since(began))
	return nil
}

// place brings the period's population up to date, unless so few people moved
// between groups of a final period that it waits for the weekly run: then it
// returns since when. It tells whether people moved.
func (r *round) place(ctx context.Context, p figure.Period, c *calculation) (heldSince time.Time, moved bool, err error) {
	if c.placed == r.placing() && !r.due(c) {
		return c.heldSince, false, nil
	}
	staging := figure.Population + "_staging_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := r.conn.Exec(ctx, "CREATE TABLE "+staging+" AS "+figure.Population); err != nil {
		return time.Time{}, false, fmt.Errorf("make room for the people of a period: %w", err)
	}
	defer func() {
		err = errors.Join(err, r.conn.Exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS "+staging))
	}()
	if err := figure.Place(stored(ctx), r.conn, r.history, p, staging); err != nil {
		return time.Time{}, false, err
	}
	if r.latest[p].Settled() {
		fewest, err := figure.FewestMoved(ctx, r.conn, p, staging)
		if err != nil {
			return time.Time{}, false, err
		}
		moved = fewest > 0
		if moved && fewest < int64(r.config.Publish.Least()) && !r.due(c) && r.sameTools(c.placed) {
			return earlier(c.heldSince, r.now), false, nil
		}
	}
	return time.Time{}, moved, figure.Settle(stored(ctx), r.conn, p, staging)
}

// earlier is since, or now where nothing was held yet.
func earlier(since, now time.Time) time.Time {
	if since.IsZero() {
		return now
	}
	return since
}

// replace calculates the period and publishes what may be seen of it.
func (r *round) replace(ctx context.Context, p figure.Period, window *figure.Exact, regrouped bool) (exact *figure.Exact, changed bool, err error) {
	before := r.latest[p]
	if exact, err = r.calculate(ctx, p, window); err != nil {
		return nil, false, err
	}
	if exact == nil || len(exact.Tables) == 0 {
		if before.Fingerprint == "" {
			return exact, false, nil
		}
		return exact, true, publish.Withdraw(ctx, r.conn, before, r.config.Publish, r.now)
	}
	veiled, err := r.veiled(ctx, exact)
	if err != nil {
		return nil, false, err
	}
	draft := draftOf(exact, r.final(p), r.now, veiled, r.config.Publish.Least())
	draft.Regrouped = regrouped
	changed, err = publish.Publish(ctx, r.conn, draft, before, r.config.Publish, r.now)
	return exact, changed, err
}

// calculate returns nil for a period that the history does not reach.
func (r *round) calculate(ctx context.Context, p figure.Period, window *figure.Exact) (*figure.Exact, error) {
	if !r.history.Begun || p.Week().Start().Before(r.history.First.Start()) {
		return nil, nil
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
