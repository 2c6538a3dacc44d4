package adoption

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption/rollup"
)

// Pace of what is looked at more rarely than every round.
const (
	closeEvery = time.Hour
	// lookEvery is how often everything is looked at although nothing changed:
	// periods begin and become final by themselves.
	lookEvery = time.Minute
	hearEvery = 5 * time.Second
)

// heardLately bounds the marks that are watched for new ones; older ones come
// in when their periods are calculated for another reason.
const heardLately = "day >= today() - 60"

// look remembers what was last looked at.
type look struct {
	at      time.Time
	inForce uuid.UUID
	// heardAt is when marks were counted, heard how many there were by day.
	heardAt time.Time
	heard   map[time.Time]uint64
}

// look finds out what is to be done, and tells whether that is nothing.
func (r *round) look(ctx context.Context) (idle bool, err error) {
	closed, err := r.closeDays(ctx)
	if err != nil {
		return false, err
	}
	err = r.conn.QueryRow(ctx, "SELECT argMax(import, (imported_at, import)) FROM roster_import").Scan(&r.inForce)
	if err != nil {
		return false, fmt.Errorf("read the newest import: %w", err)
	}
	if err := r.listen(ctx); err != nil {
		return false, fmt.Errorf("read of whom was heard: %w", err)
	}
	if r.stale, err = rollup.Stale(ctx, r.conn); err != nil {
		return false, err
	}
	if r.periods, err = readCalculations(ctx, r.conn); err != nil {
		return false, err
	}
	busy := closed || r.unnoted || len(r.stale.Days) > 0 || len(r.stale.Hours) > 0 || len(r.heard) > 0 || len(r.waiting) > 0 || r.inForce != r.looked.inForce
	for _, c := range r.periods {
		busy = busy || c.stale()
	}
	return !busy && r.now.Sub(r.looked.at) < lookEvery, nil
}

// closeDays closes what is due and tells whether anything was.
func (r *round) closeDays(ctx context.Context) (bool, error) {
	if !r.closedAt.IsZero() && r.now.Sub(r.closedAt) < closeEvery {
		return len(r.closed) > 0, nil
	}
	closed, err := rollup.CloseDays(ctx, r.conn, r.authority, r.now)
	if err != nil {
		return false, err
	}
	if len(closed) > 0 {
		r.logger.Info("days closed before their events expire", "days", len(closed), "last", closed[len(closed)-1].String())
		r.closed = append(r.closed, closed...)
	}
	r.closedAt = r.now
	return len(r.closed) > 0, nil
}

// listen finds the days of which more was heard. Marks touch no hours, so
// they are counted. After a start only their sum can be compared.
func (r *round) listen(ctx context.Context) error {
	if r.looked.heard != nil && time.Since(r.looked.heardAt) < hearEvery {
		r.marks = sum(r.looked.heard)
		return nil
	}
	rows, err := r.conn.Query(ctx, "SELECT day, count() FROM heard FINAL WHERE "+heardLately+" GROUP BY day")
	if err != nil {
		return err
	}
	defer rows.Close()
	heard := map[time.Time]uint64{}
	for rows.Next() {
		var day time.Time
		var marks uint64
		if err := rows.Scan(&day, &marks); err != nil {
			return err
		}
		heard[day.UTC()] = marks
	}
	if err := rows.Err(); err != nil {
		return err
	}
	_, observed, err := r.readObserved(ctx)
	if err != nil {
		return err
	}
	r.marks = sum(heard)
	r.unnoted = observed != r.marks
	for day, marks := range heard {
		fresh := r.looked.heard == nil && r.unnoted
		if fresh || r.looked.heard != nil && marks != r.looked.heard[day] {
			r.heard = append(r.heard, day)
		}
	}
	r.looked.heardAt, r.looked.heard = time.Now(), heard
	return nil
}

func sum(counts map[time.Time]uint64) (total uint64) {
	for _, n := range counts {
		total += n
	}
	return total
}

func (r *round) readObserved(ctx context.Context) (inForce uuid.UUID, marks uint64, err error) {
	err = r.conn.QueryRow(ctx, "SELECT argMax(import, observed_at), argMax(heard, observed_at) FROM observed").Scan(&inForce, &marks)
	if err != nil {
		return inForce, 0, fmt.Errorf("read what was observed: %w", err)
	}
	return inForce, marks, nil
}

// noteObserved says that the periods which look at the newest import and at what
// was heard are marked.
func (r *round) noteObserved(ctx context.Context) error {
	inForce, marks, err := r.readObserved(ctx)
	if err != nil || inForce == r.inForce && marks == r.marks {
		return err
	}
	if err := r.conn.Exec(stored(ctx), "INSERT INTO observed SELECT ?, ?, now64(6)", r.inForce.String(), r.marks); err != nil {
		return fmt.Errorf("note what is observed: %w", err)
	}
	return nil
}
