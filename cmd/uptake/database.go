package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// database is the one that a part waits for before it can start.
type database struct {
	settings ClickHouse
	logger   *slog.Logger
	waiting  atomic.Pointer[error]
}

func (m *mode) database() *database {
	d := &database{settings: m.config.ClickHouse, logger: m.logger}
	err := errors.New("starting")
	d.waiting.Store(&err)
	return d
}

// await waits until the server answers and the database exists. A server that
// refuses the password is waited for too, since it may be mended there; the log
// and readiness say what it answers.
func (d *database) await(ctx context.Context) error {
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		err := d.settings.ensureDatabase(ctx)
		if err == nil || ctx.Err() != nil {
			d.waiting.Store(nil)
			return nil
		}
		err = fmt.Errorf("waiting for ClickHouse at %s: %w", strings.Join(d.settings.Addr, ", "), err)
		if before := d.waiting.Swap(&err); before == nil || (*before).Error() != err.Error() {
			d.logger.Warn("not ready", "error", err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// serve runs the part once the database is there, and from then on watches
// whether it answers, so that readiness tells it also when nothing is asked.
func (d *database) serve(ctx context.Context, part func(context.Context) error) error {
	if err := d.await(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	conn, err := d.settings.connect(d.settings.Database, 1)
	if err != nil {
		return err
	}
	defer conn.Close()
	watched, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	defer watch.Wait()
	defer stop()
	watch.Go(func() { d.watch(watched, conn) })
	return part(ctx)
}

// How often the database is asked, and within what time it should answer.
const (
	watchInterval = 2 * time.Second
	answerWithin  = 5 * time.Second
)

func (d *database) watch(ctx context.Context, conn driver.Conn) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		asked, cancel := context.WithTimeout(ctx, answerWithin)
		err := conn.Ping(asked)
		cancel()
		if err == nil {
			d.waiting.Store(nil)
			continue
		}
		err = fmt.Errorf("waiting for ClickHouse at %s to answer: %w", strings.Join(d.settings.Addr, ", "), err)
		d.waiting.Store(&err)
	}
}

// ready says what the database is waited for, else what the part says.
func (d *database) ready(part func() error) func() error {
	return func() error {
		if err := d.waiting.Load(); err != nil {
			return *err
		}
		return part()
	}
}
