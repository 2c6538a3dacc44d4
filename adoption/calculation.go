package adoption

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/figure"
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
