package roster

import (
	"context"
	"sync"
	"time"
)

// How often a directory looks whether its table or the people in force were
// changed by another process, and how soon it reads the table again after a failure.
const (
	watchEvery  = 5 * time.Second
	rereadAfter = time.Second
)

// Run reads the table, stores what is sent and puts it in force, until ctx ends.
func (d *Directory) Run(ctx context.Context) error {
	var parts sync.WaitGroup
	parts.Go(func() { d.compileLoop(ctx) })
	defer parts.Wait()
	watch := time.NewTicker(watchEvery)
	defer watch.Stop()
	for ctx.Err() == nil {
		if !d.alive() && !d.reread(ctx) {
			continue
		}
		if d.flush(ctx) {
			continue
		}
		select {
		case <-ctx.Done():
		case <-d.wake:
		case <-watch.C:
			d.watchTable(ctx)
		}
	}
	d.stop()
	return nil
}

func (d *Directory) alive() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.failed == nil
}

// Ready tells why nothing can be served, nil when it can.
func (d *Directory) Ready() error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.failed
}

// reread makes the state anew. Nothing is served meanwhile.
func (d *Directory) reread(ctx context.Context) bool {
	state, err := readState(ctx, d.Conn, d.Sealer, newPeopleHistory(d.Mapper, d.pseudonym))
	d.mu.Lock()
	if err == nil {
		d.state, d.failed = state, nil
	} else {
		d.failed = err
	}
	d.mu.Unlock()
	if err == nil {
		signal(d.dirty)
		return true
	}
	if ctx.Err() == nil {
		d.Logger.Error("the directory of the identity provider cannot be read", "error", err)
	}
	select {
	case <-time.After(rereadAfter):
	case <-ctx.Done():
	}
	return false
}

// watchTable reads the table again where it has other rows than those of the
// state: another process wrote, or a person was erased.
func (d *Directory) watchTable(ctx context.Context) {
	var rows uint64
	if err := d.Conn.QueryRow(ctx, "SELECT count() FROM scim_resource").Scan(&rows); err != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	// What waits for an insert came after the count.
	if d.failed == nil && rows != d.state.rows {
		d.failed = errRereading
	}
}

// stop lets nobody wait for a loop that has ended.
func (d *Directory) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failed = context.Canceled
	for _, w := range d.queue {
		w.stored <- context.Canceled
	}
	d.queue = nil
}

// compileLoop puts in force what was sent, once it is quiet for a while, or
// after a time where it never is.
func (d *Directory) compileLoop(ctx context.Context) {
	watch := time.NewTicker(watchEvery)
	defer watch.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return
		case <-watch.C:
			if !d.overtaken(ctx) {
				continue
			}
		case <-d.dirty:
			d.settle(ctx)
		}
		if err := d.Compile(ctx); err != nil && ctx.Err() == nil {
			d.Logger.Error("what the identity provider sent is not in force", "error", err)
			select {
			case <-time.After(d.config.AtMost):
				signal(d.dirty)
			case <-ctx.Done():
			}
		}
	}
}

// settle waits until nothing came for a while.
func (d *Directory) settle(ctx context.Context) {
	quiet, end := time.NewTimer(d.config.Quiet), time.NewTimer(d.config.AtMost)
	defer quiet.Stop()
	defer end.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-quiet.C:
			return
		case <-d.dirty:
			quiet.Reset(d.config.Quiet)
		}
	}
}

// Compile puts what was sent so far in force.
func (d *Directory) Compile(ctx context.Context) error {
	begun := time.Now()
	if err := d.audit(ctx); err != nil {
		return err
	}
	d.mu.RLock()
	if d.failed != nil {
		d.mu.RUnlock()
		return nil
	}
	compiled := d.state.people.compile()
	d.metrics.resources.WithLabelValues("user").Set(float64(len(d.state.users.entries)))
	d.metrics.resources.WithLabelValues("group").Set(float64(len(d.state.groups.entries)))
	d.mu.RUnlock()
	change, err := StoreDirectory(ctx, d.Conn, compiled)
	if err != nil {
		return err
	}
	d.metrics.compiled.Inc()
	if print, err := d.readPrint(ctx); err == nil {
		d.inForce.Store(&print)
	}
	if change.Changed {
		d.Logger.Info("the roster has what the identity provider sent", "people", change.People, "periods", change.Periods, "seconds", time.Since(begun).Seconds())
	}
	return nil
}

// overtaken tells whether the people in force have something else of the provider
// than what was put in force last: another process did, from older changes.
func (d *Directory) overtaken(ctx context.Context) bool {
	last := d.inForce.Load()
	if last == nil {
		return false
	}
	print, err := d.readPrint(ctx)
	if err != nil || print == *last {
		return false
	}
	// Who has not yet read what another process stored must not put it out of force.
	d.watchTable(ctx)
	return d.alive()
}

// readPrint is the fingerprint of what the people in force have of the provider.
func (d *Directory) readPrint(ctx context.Context) (print string, err error) {
	err = d.Conn.QueryRow(ctx, "SELECT argMax(scim_fingerprint, (imported_at, import)) FROM roster_import WHERE people_fingerprint != ''").Scan(&print)
	return print, err
}

// audit notes the changes that came since it was last called.
func (d *Directory) audit(ctx context.Context) error {
	d.mu.Lock()
	fresh := d.fresh
	d.fresh = 0
	d.mu.Unlock()
	if d.Audit == nil || fresh == 0 {
		return nil
	}
	err := d.Audit(ctx, fresh)
	if err != nil {
		d.mu.Lock()
		d.fresh += fresh
		d.mu.Unlock()
	}
	return err
}
