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

// calculation is how far a week is.
type calculation struct {
	// touched is when the week was last marked, seen the mark that its
	// figures were last calculated from.
	touched, seen time.Time
	basis, placed string
	// heldSince is zero where no change of groups is held back.
	heldSince time.Time
}

func (c *calculation) stale() bool { return c.touched.After(c.seen) }

func readCalculations(ctx context.Context, conn driver.Conn) (map[figure.Week]*calculation, error) {
	rows, err := conn.Query(ctx, `
SELECT period, max(touched), max(seen), argMaxIf(basis, calculated_at, seen > 0), argMaxIf(placed, calculated_at, seen > 0), argMaxIf(held_since, calculated_at, seen > 0)
FROM
(
    SELECT period, touched_at AS touched, toDateTime64(0, 6, 'UTC') AS seen, '' AS basis, '' AS placed, toDateTime64(0, 6, 'UTC') AS held_since, toDateTime64(0, 6, 'UTC') AS calculated_at
    FROM touched_week
    UNION ALL
    SELECT period, toDateTime64(0, 6, 'UTC'), touched_at, basis, placed, held_since, calculated_at
    FROM calculated_week
)
GROUP BY period`)
	if err != nil {
		return nil, fmt.Errorf("read how far the weeks are: %w", err)
	}
	defer rows.Close()
	weeks := map[figure.Week]*calculation{}
	for rows.Next() {
		var period time.Time
		var c calculation
		if err := rows.Scan(&period, &c.touched, &c.seen, &c.basis, &c.placed, &c.heldSince); err != nil {
			return nil, fmt.Errorf("read how far the weeks are: %w", err)
		}
		if c.heldSince.Unix() == 0 {
			c.heldSince = time.Time{}
		}
		weeks[figure.WeekOf(period)] = &c
	}
	return weeks, rows.Err()
}

func (r *round) of(week figure.Week) *calculation {
	if c := r.weeks[week]; c != nil {
		return c
	}
	return &calculation{}
}

// outdated tells whether the week hangs on something that is another now.
func (r *round) outdated(week figure.Week) bool {
	c := r.of(week)
	return c.basis != r.basis(week) || c.placed != r.placing()
}

// basis is all that the week's figures hang on besides its days and people.
func (r *round) basis(week figure.Week) string {
	parts := []string{fmt.Sprint("k ", r.config.Publish.MinimumGroup), fmt.Sprint("final ", r.final(week)), r.history.Basis(week)}
	return digest(parts...)
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

func (r *round) final(week figure.Week) bool { return !r.now.Before(week.FinalAt()) }

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

func (r *round) publishWeek(ctx context.Context, week figure.Week, c *calculation) error {
	began := time.Now()
	held, regrouped, err := r.place(ctx, week, c)
	if err != nil {
		return err
	}
	changed, err := r.replace(ctx, week, regrouped)
	if err != nil {
		return err
	}
	next := calculation{seen: c.touched, basis: r.basis(week), placed: r.placing(), heldSince: held}
	if err := r.note(ctx, week, next); err != nil {
		return err
	}
	r.metrics.publishSeconds.Observe(time.Since(began).Seconds())
	r.logger.Debug("week calculated", "week", week.Monday(), "changed", changed, "held", !held.IsZero(), "took", time.Since(began))
	return nil
}

// place brings the week's population up to date, unless so few people moved
// between groups of a final week that it waits for the weekly run: then it
// returns since when. It tells whether people moved.
func (r *round) place(ctx context.Context, week figure.Week, c *calculation) (heldSince time.Time, moved bool, err error) {
	if c.placed == r.placing() && !r.due(c) {
		return c.heldSince, false, nil
	}
	staging := figure.Population + "_staging_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := r.conn.Exec(ctx, "CREATE TABLE "+staging+" AS "+figure.Population); err != nil {
		return time.Time{}, false, fmt.Errorf("make room for the people of a week: %w", err)
	}
	defer func() {
		err = errors.Join(err, r.conn.Exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS "+staging))
	}()
	if err := figure.Place(stored(ctx), r.conn, r.history, week, staging); err != nil {
		return time.Time{}, false, err
	}
	if r.latest[week.Start()].Settled() {
		fewest, err := figure.FewestMoved(ctx, r.conn, week, staging)
		if err != nil {
			return time.Time{}, false, err
		}
		moved = fewest > 0
		if moved && fewest < int64(r.config.Publish.MinimumGroup) && !r.due(c) && r.sameTools(c.placed) {
			return earlier(c.heldSince, r.now), false, nil
		}
	}
	return time.Time{}, moved, figure.Settle(stored(ctx), r.conn, week, staging)
}

// earlier is since, or now where nothing was held yet.
func earlier(since, now time.Time) time.Time {
	if since.IsZero() {
		return now
	}
	return since
}

// replace calculates the week and publishes what may be seen of it.
func (r *round) replace(ctx context.Context, week figure.Week, regrouped bool) (changed bool, err error) {
	before := r.latest[week.Start()]
	exact, err := r.calculate(ctx, week)
	if err != nil {
		return false, err
	}
	if exact == nil {
		if before.Fingerprint == "" {
			return false, nil
		}
		return true, publish.Withdraw(ctx, r.conn, before, r.config.Publish, r.now)
	}
	draft := draftOf(exact, r.final(week), r.now)
	draft.Regrouped = regrouped
	return publish.Publish(ctx, r.conn, draft, before, r.config.Publish, r.now)
}

// calculate returns nil for a week that the history does not reach.
func (r *round) calculate(ctx context.Context, week figure.Week) (*figure.Exact, error) {
	if !r.history.Begun || week.Start().Before(r.history.First.Start()) {
		return nil, nil
	}
	return figure.Calculate(ctx, r.conn, r.history, week)
}

func (r *round) note(ctx context.Context, week figure.Week, c calculation) error {
	held := c.heldSince
	if held.IsZero() {
		held = time.Unix(0, 0)
	}
	batch, err := r.conn.PrepareBatch(stored(ctx), "INSERT INTO calculated_week (period, calculated_at, touched_at, basis, placed, held_since)")
	if err != nil {
		return fmt.Errorf("note that a week is calculated: %w", err)
	}
	defer batch.Close()
	if err := batch.Append(week.Start(), time.Now(), c.seen, c.basis, c.placed, held); err != nil {
		return fmt.Errorf("note that a week is calculated: %w", err)
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("note that a week is calculated: %w", err)
	}
	return nil
}
