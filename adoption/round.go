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

// quietFor is how long a final week waits at most for final weeks to be quiet:
// what arrives in pieces is published once, not corrected.
const quietFor = 40 * time.Second

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
	idle, err := r.look(ctx)
	seen := o.looked
	// A round that fails forgets what it saw, so that the next one looks at everything.
	o.looked = look{}
	if err != nil {
		return err
	}
	if !idle {
		if err := r.work(ctx); err != nil {
			return err
		}
		seen.at, seen.inForce = r.now, r.inForce
	}
	o.looked = seen
	return o.metrics.lastEvents.refresh(ctx, o.conn)
}

// work does what was found to be done.
func (r *round) work(ctx context.Context) error {
	if err := r.rebuild(ctx); err != nil {
		return err
	}
	if err := r.publish(ctx); err != nil {
		return err
	}
	return r.show(ctx, r.latest)
}

// standBy keeps the gauges right while another observer works.
func (o *Observer) standBy(ctx context.Context) error {
	latest, err := publish.Latest(ctx, o.conn, weekGrain)
	if err != nil {
		return err
	}
	if err := o.show(ctx, latest); err != nil {
		return err
	}
	return o.metrics.lastEvents.refresh(ctx, o.conn)
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
	stale   rollup.Work
	// heard are the weeks that look at days of which more was heard, marks how much.
	heard []figure.Week
	marks uint64
	// unnoted says that the tables tell of other marks.
	unnoted bool
}

// rebuild brings person-days up to date and marks the weeks that are stale.
// What was rebuilt is noted last: after a crash it is simply done again.
func (r *round) rebuild(ctx context.Context) error {
	r.metrics.daysToRebuild.Set(float64(len(r.stale.Days)))
	if err := rollup.Rebuild(ctx, r.conn, r.authority, r.stale.Days); err != nil {
		return err
	}
	r.rebuilt = map[figure.Week]bool{}
	for _, week := range append(weeksOf(r.stale.Days), r.heard...) {
		r.rebuilt[week] = true
	}
	if err := r.mark(ctx); err != nil {
		return err
	}
	if err := rollup.Settle(ctx, r.conn, r.stale); err != nil {
		return err
	}
	r.metrics.daysToRebuild.Set(0)
	return r.noteObserved(ctx)
}

func weeksOf(days []rollup.Day) []figure.Week {
	var weeks []figure.Week
	for _, day := range days {
		weeks = append(weeks, figure.Touched(day.Time())...)
	}
	return weeks
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

// restless tells whether days of final weeks still change: then a final week
// waits until they are quiet.
func (r *round) restless(week figure.Week) bool {
	if !r.final(week) {
		return false
	}
	quiet := true
	for touched := range r.rebuilt {
		quiet = quiet && !r.final(touched)
	}
	since, waits := r.waiting[week]
	if !waits {
		since, r.waiting[week] = r.now, r.now
	}
	return !quiet && r.now.Sub(since) < quietFor
}

// stored makes an insert's answer mean that the rows are there.
func stored(ctx context.Context) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"async_insert": 0, "alter_sync": 1}))
}
