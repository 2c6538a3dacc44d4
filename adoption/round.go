package adoption

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
	"github.com/uptake-telemetry/uptake/adoption/rollup"
)

// Pace of what is done more rarely than every round.
const (
	closeEvery = time.Hour
	// quietFor is how long a final week waits at most for its days to be
	// quiet: a week that arrives in pieces is published once, not corrected.
	quietFor = 30 * time.Second
)

// Round does all that is to be done now, unless another observer does it.
func (o *Observer) Round(ctx context.Context) error {
	held, err := o.claim.held(ctx)
	if err != nil {
		return err
	}
	if !held {
		return o.standBy(ctx)
	}
	r := &round{Observer: o, now: o.clock().UTC()}
	if err := r.rebuild(ctx); err != nil {
		return err
	}
	if err := r.publish(ctx); err != nil {
		return err
	}
	return o.show(ctx, r.latest)
}

// standBy keeps the gauges right while another observer works.
func (o *Observer) standBy(ctx context.Context) error {
	latest, err := publish.Latest(ctx, o.conn, weekGrain)
	if err != nil {
		return err
	}
	return o.show(ctx, latest)
}

const weekGrain = "week"

// round is one turn of the loop.
type round struct {
	*Observer
	now     time.Time
	history *figure.History
	// rebuilt are the weeks that days rebuilt in this round touch.
	rebuilt map[figure.Week]bool
	weeks   map[figure.Week]*calculation
	latest  map[time.Time]publish.Publication
	// inForce is the newest import, zeros where there is none.
	inForce uuid.UUID
}

// rebuild brings person-days up to date and marks the weeks that are stale.
// What was rebuilt is noted last: after a crash it is simply done again.
func (r *round) rebuild(ctx context.Context) error {
	if err := r.closeDays(ctx); err != nil {
		return err
	}
	if err := r.readImport(ctx); err != nil {
		return err
	}
	work, err := rollup.Stale(ctx, r.conn)
	if err != nil {
		return err
	}
	r.metrics.daysToRebuild.Set(float64(len(work.Days)))
	if err := rollup.Rebuild(ctx, r.conn, work.Days); err != nil {
		return err
	}
	r.rebuilt = map[figure.Week]bool{}
	for _, day := range work.Days {
		for _, week := range figure.Touched(day.Time()) {
			r.rebuilt[week] = true
		}
	}
	if err := r.mark(ctx); err != nil {
		return err
	}
	if err := rollup.Settle(ctx, r.conn, work); err != nil {
		return err
	}
	r.metrics.daysToRebuild.Set(0)
	return r.noteImport(ctx)
}

func (r *round) closeDays(ctx context.Context) error {
	if r.now.Sub(r.closedAt) < closeEvery && !r.closedAt.IsZero() {
		return nil
	}
	closed, err := rollup.CloseDays(ctx, r.conn, r.now)
	if err != nil {
		return err
	}
	if len(closed) > 0 {
		r.logger.Info("days closed before their events expire", "days", len(closed), "last", closed[len(closed)-1].String())
		if err := r.touch(ctx, weeksOf(closed)); err != nil {
			return err
		}
	}
	r.closedAt = r.now
	return nil
}

func weeksOf(days []rollup.Day) []figure.Week {
	var weeks []figure.Week
	for _, day := range days {
		weeks = append(weeks, figure.Touched(day.Time())...)
	}
	return weeks
}

func (r *round) readImport(ctx context.Context) error {
	err := r.conn.QueryRow(ctx, "SELECT argMax(import, (imported_at, import)) FROM roster_import").Scan(&r.inForce)
	if err != nil {
		return fmt.Errorf("read the newest import: %w", err)
	}
	return nil
}

// noteImport says that the weeks of the newest import are marked.
func (r *round) noteImport(ctx context.Context) error {
	var observed uuid.UUID
	if err := r.conn.QueryRow(ctx, "SELECT argMax(import, observed_at) FROM observed_import").Scan(&observed); err != nil {
		return fmt.Errorf("read the import that was observed: %w", err)
	}
	if observed == r.inForce {
		return nil
	}
	if err := r.conn.Exec(stored(ctx), "INSERT INTO observed_import SELECT ?, now64(6)", r.inForce.String()); err != nil {
		return fmt.Errorf("note the import that is observed: %w", err)
	}
	return nil
}

// mark reads how far the weeks are and marks those as touched that hang on
// what was rebuilt or on anything else that changed.
func (r *round) mark(ctx context.Context) error {
	var err error
	if r.history, err = figure.ReadHistory(ctx, r.conn, r.tools); err != nil {
		return err
	}
	if r.latest, err = publish.Latest(ctx, r.conn, weekGrain); err != nil {
		return err
	}
	if r.weeks, err = readCalculations(ctx, r.conn); err != nil {
		return err
	}
	var stale []figure.Week
	for _, week := range r.all() {
		if r.rebuilt[week] || r.outdated(week) {
			stale = append(stale, week)
		}
	}
	return r.touch(ctx, stale)
}

// all are the weeks that can have figures, and those that have some.
func (r *round) all() []figure.Week {
	var weeks []figure.Week
	if r.history.Begun {
		current := figure.WeekOf(r.now)
		for week := r.history.First; !week.Start().After(current.Start()); week = week.Add(1) {
			weeks = append(weeks, week)
		}
	}
	for period := range r.latest {
		if week := figure.WeekOf(period); !slices.Contains(weeks, week) {
			weeks = append(weeks, week)
		}
	}
	slices.SortFunc(weeks, func(a, b figure.Week) int { return a.Start().Compare(b.Start()) })
	return weeks
}

// touch marks the weeks as stale, with the server's time.
func (r *round) touch(ctx context.Context, weeks []figure.Week) error {
	if len(weeks) == 0 {
		return nil
	}
	var mondays []string
	for _, week := range weeks {
		mondays = append(mondays, week.Monday())
	}
	if err := r.conn.Exec(stored(ctx), "INSERT INTO touched_week SELECT toDate(arrayJoin(?)), now64(6)", clickhouse.ArraySet(anys(mondays))); err != nil {
		return fmt.Errorf("mark the weeks that are stale: %w", err)
	}
	return nil
}

func anys(values []string) []any {
	var all []any
	for _, v := range values {
		all = append(all, v)
	}
	return all
}

// publish calculates and publishes the weeks that are marked.
func (r *round) publish(ctx context.Context) error {
	weeks, err := readCalculations(ctx, r.conn)
	if err != nil {
		return err
	}
	r.weeks = weeks
	for _, week := range r.all() {
		c := r.of(week)
		if !c.stale() && !r.due(c) {
			delete(r.waiting, week)
			continue
		}
		if r.restless(week) {
			continue
		}
		delete(r.waiting, week)
		if err := r.publishWeek(ctx, week, c); err != nil {
			return err
		}
	}
	return nil
}

// restless tells whether a final week's days still change.
func (r *round) restless(week figure.Week) bool {
	if r.now.Before(week.FinalAt()) || !r.rebuilt[week] {
		return false
	}
	since, waits := r.waiting[week]
	if !waits {
		r.waiting[week] = r.now
		return true
	}
	return r.now.Sub(since) < quietFor
}

// stored makes an insert's answer mean that the rows are there.
func stored(ctx context.Context) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"async_insert": 0, "alter_sync": 1}))
}
