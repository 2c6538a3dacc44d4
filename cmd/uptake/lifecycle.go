package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// stopTimeout bounds each part's clean-up.
const stopTimeout = 30 * time.Second

// lifecycle starts the parts of a mode in order and stops them in the opposite
// order. Every part has a named clean-up from the moment it exists; each is
// tried, in bounded time, and doing it twice is harmless.
type lifecycle struct {
	logger   *slog.Logger
	mu       sync.Mutex
	cleanups []cleanup
	failed   chan error
}

type cleanup struct {
	name string
	stop func(context.Context) error
}

func newLifecycle(logger *slog.Logger) *lifecycle {
	return &lifecycle{logger: logger, failed: make(chan error, 1)}
}

// onStop registers a clean-up.
func (l *lifecycle) onStop(name string, stop func(context.Context) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cleanups = append(l.cleanups, cleanup{name, stop})
}

// start runs a part until its turn to stop comes. A part that ends by itself
// with an error brings the mode down.
func (l *lifecycle) start(name string, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		err := run(ctx)
		if err != nil && ctx.Err() == nil {
			l.fail(fmt.Errorf("%s: %w", name, err))
		}
		done <- err
	}()
	l.onStop(name, func(stopCtx context.Context) error {
		cancel()
		select {
		case err := <-done:
			done <- nil
			return err
		case <-stopCtx.Done():
			return errors.New("did not stop in time")
		}
	})
}

func (l *lifecycle) fail(err error) {
	select {
	case l.failed <- err:
	default:
	}
}

// wait returns nil when ctx ends, or the error of the part that failed first.
func (l *lifecycle) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-l.failed:
		return err
	}
}

// stop runs the clean-ups, the newest first, and joins their errors.
func (l *lifecycle) stop() error {
	l.mu.Lock()
	cleanups := l.cleanups
	l.cleanups = nil
	l.mu.Unlock()
	var errs []error
	for i := len(cleanups) - 1; i >= 0; i-- {
		c := cleanups[i]
		l.logger.Debug("stopping", "part", c.name)
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		if err := c.stop(ctx); err != nil && !errors.Is(err, context.Canceled) {
			errs = append(errs, fmt.Errorf("stop %s: %w", c.name, err))
		}
		cancel()
	}
	return errors.Join(errs...)
}
