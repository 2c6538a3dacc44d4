package adoption

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
	"github.com/uptake-telemetry/uptake/adoption/rollup"
	"github.com/uptake-telemetry/uptake/adoption/roster"
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
	// What is to be done is known; it may take long, and readers need not wait.
	if *o.state.Load() == starting {
		o.say("")
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
	latest, err := readLatest(ctx, o.conn)
	if err != nil {
		return err
	}
	if err := o.show(ctx, latest); err != nil {
		return err
	}
	return o.metrics.lastEvents.refresh(ctx, o.conn)
}

// readLatest reads the newest publication of each period.
func readLatest(ctx context.Context, conn driver.Conn) (map[figure.Period]publish.Publication, error) {
	all := map[figure.Period]publish.Publication{}
	for _, grain := range []figure.Grain{figure.Day, figure.Weekly, figure.Window} {
		latest, err := publish.Latest(ctx, conn, string(grain))
		if err != nil {
			return nil, err
		}
		for start, p := range latest {
			all[figure.Period{Grain: grain, Start: start}] = p
		}
	}
	return all, nil
}

// round is one turn of the loop.
type round struct {
	*Observer
	now     time.Time
	history *figure.History
	// rebuilt are the periods that days rebuilt in this round touch.
	rebuilt map[figure.Period]bool
	periods map[figure.Period]*calculation
	latest  map[figure.Period]publish.Publication
	// inForce is the newest import, zeros where there is none.
	inForce uuid.UUID
	stale   rollup.Work
	// heard are days of which more was heard, marks how much.
	heard []time.Time
	marks uint64
	// unnoted says that the tables tell of other marks.
	unnoted bool
}

// rebuild brings person-days up to date and marks the periods that are stale.
// What was rebuilt is noted last: after a crash it is simply done again.
func (r *round) rebuild(ctx context.Context) error {
	r.metrics.daysToRebuild.Set(float64(len(r.stale.Days)))
	if err := rollup.Rebuild(ctx, r.conn, r.authority, r.stale.Days); err != nil {
		return err
	}
	if err := r.mark(ctx); err != nil {
		return err
	}
	r.closed = nil
	if err := rollup.Settle(ctx, r.conn, r.stale); err != nil {
		return err
	}
	r.metrics.daysToRebuild.Set(0)
	return r.noteObserved(ctx)
}

// periodsOf are the periods that look at days.
func (r *round) periodsOf(days []rollup.Day) []figure.Period {
	var periods []figure.Period
	for _, day := range days {
		periods = append(periods, r.touchedBy(day.Time())...)
	}
	return periods
}

func (r *round) touchedBy(day time.Time) []figure.Period {
	return figure.Touched(day, figure.WeekOf(r.now), r.lastFinal())
}

// mark reads how far the periods are and marks those as touched that hang on
// what was rebuilt or on anything else that changed.
func (r *round) mark(ctx context.Context) error {
	var err error
	if r.history, err = figure.ReadHistory(ctx, r.conn, r.tools); err != nil {
		return err
	}
	if r.latest, err = readLatest(ctx, r.conn); err != nil {
		return err
	}
	if r.periods, err = readCalculations(ctx, r.conn); err != nil {
		return err
	}
	if err := r.find(ctx); err != nil {
		return err
	}
	var stale []figure.Period
	for _, p := range r.all() {
		if r.rebuilt[p] || r.outdated(p) {
			stale = append(stale, p)
		}
	}
	return r.touch(ctx, stale)
}

// find collects the periods that look at what changed.
func (r *round) find(ctx context.Context) error {
	r.rebuilt = map[figure.Period]bool{}
	for _, p := range r.periodsOf(slices.Concat(r.closed, r.stale.Days)) {
		r.rebuilt[p] = true
	}
	for _, day := range r.heard {
		for _, p := range figure.HeardIn(day) {
			r.rebuilt[p] = true
		}
	}
	observed, _, err := r.readObserved(ctx)
	if err != nil || observed == r.inForce {
		return err
	}
	changed, err := roster.DaysTouched(ctx, r.conn, observed, r.inForce)
	if err != nil {
		return err
	}
	for _, p := range r.all() {
		r.rebuilt[p] = r.rebuilt[p] || regards(p, changed)
	}
	return nil
}

// regards tells whether the period looks at what two imports differ in. The
// first seat of a person may lie in any earlier time.
func regards(p figure.Period, changed roster.Touched) bool {
	regarded := func(days roster.Range) bool { return p.Regards(days.From, days.To) }
	earlier := func(days roster.Range) bool { return p.Regards(days.From, math.MaxInt32) }
	return slices.ContainsFunc(changed.Roster, regarded) || slices.ContainsFunc(changed.Trainings, regarded) || slices.ContainsFunc(changed.Seats, earlier)
}

// all are the periods that can have figures, and those that have some. What
// was published before the history that is kept stands as it is.
func (r *round) all() []figure.Period {
	var periods []figure.Period
	if r.history.Begun {
		periods = figure.Between(r.history.First.Start(), r.now)
	}
	known := map[figure.Period]bool{}
	for _, p := range periods {
		known[p] = true
	}
	for p := range r.latest {
		if !known[p] && p.Grain != figure.Window {
			periods = append(periods, p)
		}
	}
	periods = slices.DeleteFunc(periods, r.frozen)
	slices.SortFunc(periods, figure.Period.Compare)
	return periods
}

// frozen tells whether the period's figures stand although what they were made
// from is gone: pseudonyms began anew after it, or person-days that it looks
// back at have expired.
func (r *round) frozen(p figure.Period) bool {
	if p.Week().Start().Before(r.history.Frozen) {
		return true
	}
	kept := figure.WeekOf(r.now.AddDate(0, -keptMonths, 0)).Add(ladderWeeks)
	return r.latest[p].Fingerprint != "" && p.Week().Start().Before(kept.Start())
}

const (
	// keptMonths is how long person-days are kept, as their table says.
	keptMonths = 15
	// ladderWeeks is how many weeks the tiers look back at person-days. The few
	// figures that look back further tell of what is kept.
	ladderWeeks = 12
)

// touch marks the periods as stale, with the server's time.
func (r *round) touch(ctx context.Context, periods []figure.Period) error {
	for _, grain := range []figure.Grain{figure.Day, figure.Weekly} {
		var starts []any
		for _, p := range periods {
			if p.Grain == grain {
				starts = append(starts, p.Name())
			}
		}
		if len(starts) == 0 {
			continue
		}
		if err := r.conn.Exec(stored(ctx), "INSERT INTO touched_period SELECT ?, toDate(arrayJoin(?)), now64(6)", string(grain), clickhouse.ArraySet(starts)); err != nil {
			return fmt.Errorf("mark the periods that are stale: %w", err)
		}
	}
	return nil
}

// publish calculates and publishes the periods that are marked.
func (r *round) publish(ctx context.Context) error {
	var err error
	if r.periods, err = readCalculations(ctx, r.conn); err != nil {
		return err
	}
	var ready []figure.Period
	for _, p := range r.all() {
		c := r.of(p)
		if !c.stale() && !r.due(c) {
			delete(r.waiting, p)
			continue
		}
		if r.restless(p) {
			continue
		}
		delete(r.waiting, p)
		ready = append(ready, p)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(r.abreast())
	for _, units := range together(ready) {
		group.Go(func() error { return r.publishTogether(ctx, units) })
	}
	return group.Wait()
}

// manyPeople are so many that the engine holds one week of theirs at a time.
const manyPeople = 20_000

// abreast is how many weeks are calculated side by side: a small company's keep
// no more than one core busy.
func (r *round) abreast() int {
	if r.history.People < manyPeople {
		return 2
	}
	return 1
}

// together gathers the days of a week; each week stands for itself.
func together(periods []figure.Period) (all [][]figure.Period) {
	for i, p := range periods {
		if i > 0 && p.Grain == figure.Day && periods[i-1].Grain == figure.Day && p.Week() == periods[i-1].Week() {
			all[len(all)-1] = append(all[len(all)-1], p)
			continue
		}
		all = append(all, []figure.Period{p})
	}
	return all
}

// restless tells whether days of final periods still change: then a final period
// waits until they are quiet.
func (r *round) restless(p figure.Period) bool {
	if !r.final(p) {
		return false
	}
	quiet := true
	for _, day := range r.stale.Days {
		quiet = quiet && !r.final(figure.DayPeriod(day.Time()))
	}
	since, waits := r.waiting[p]
	if !waits {
		since, r.waiting[p] = r.now, r.now
	}
	return !quiet && r.now.Sub(since) < quietFor
}

// stored makes an insert's answer mean that the rows are there.
func stored(ctx context.Context) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"async_insert": 0, "alter_sync": 1}))
}
