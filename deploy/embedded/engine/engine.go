// Package engine starts and supervises the embedded ClickHouse, the program
// uptake-engine, as a child process.
//
// It promises: Start returns when the engine answers, or with one line that
// says what is wrong and how to mend it; an engine that ends by itself is
// started again on the same address, with backoff, and counted; the engine
// ends with this process, however that ends; Stop is clean and bounded, and
// the data folder opens again after all of it.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Deps are what an engine is given; all may be left out.
type Deps struct {
	Logger *slog.Logger
	// Registerer takes the metrics.
	Registerer prometheus.Registerer
	// Crashed is told of every end of the engine that nobody asked for. It must return soon.
	Crashed func(error)
}

// Engine is a running ClickHouse.
type Engine struct {
	config  Config
	logger  *slog.Logger
	crashed func(error)
	metrics *metrics
	addr    string

	stop    context.CancelFunc
	stopped chan struct{}
	mutex   sync.Mutex
	child   *child
}

const (
	// startLimit covers a folder with many tables on a slow disk.
	startLimit   = 2 * time.Minute
	firstBackoff = 200 * time.Millisecond
	lastBackoff  = 30 * time.Second
	// steady is how long an engine must have run for the backoff to begin anew.
	steady = time.Minute
)

// Start starts the engine and returns when it answers. It goes on until Stop,
// also when ctx, which bounds only the start, has ended.
func Start(ctx context.Context, config Config, deps Deps) (*Engine, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	e := &Engine{config: config, logger: deps.Logger, crashed: deps.Crashed, stopped: make(chan struct{})}
	if e.logger == nil {
		e.logger = slog.New(slog.DiscardHandler)
	}
	if e.crashed == nil {
		e.crashed = func(error) {}
	}
	if e.metrics, err = newMetrics(deps.Registerer); err != nil {
		return nil, err
	}
	running, err := e.launch(ctx)
	if err != nil {
		return nil, err
	}
	e.addr = running.status.Addr
	e.config.Listen = e.addr
	supervised, stop := context.WithCancel(context.Background())
	e.stop = stop
	go e.supervise(supervised, running)
	return e, nil
}

// Addr is where clients connect, such as 127.0.0.1:9000. It stays the same for
// the life of the engine.
func (e *Engine) Addr() string { return e.addr }

// PID is the process id of the engine, 0 while it is down.
func (e *Engine) PID() int {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.child == nil {
		return 0
	}
	return e.child.status.PID
}

// Ready tells why the engine takes no clients, nil where it does.
func (e *Engine) Ready() error {
	if e.PID() == 0 {
		return errors.New("the embedded ClickHouse is down and being started again")
	}
	return nil
}

// Stop ends the engine: SIGTERM, and SIGKILL where ctx ends before it has gone.
// A second call is harmless.
func (e *Engine) Stop(ctx context.Context) error {
	e.stop()
	select {
	case <-e.stopped:
		return nil
	case <-ctx.Done():
		e.kill()
		<-e.stopped
		return fmt.Errorf("the embedded ClickHouse was killed, because it did not stop in time: %w", ctx.Err())
	}
}

func (e *Engine) kill() {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.child != nil {
		e.child.kill()
	}
}

// launch starts one process and waits until it answers.
func (e *Engine) launch(ctx context.Context) (*child, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	c, err := startChild(ctx, e.config, e.logger)
	if err != nil {
		return nil, err
	}
	e.mutex.Lock()
	e.child = c
	e.mutex.Unlock()
	e.metrics.up.Set(1)
	return c, nil
}

// supervise keeps a process running until ctx ends.
func (e *Engine) supervise(ctx context.Context, running *child) {
	defer close(e.stopped)
	backoff := firstBackoff
	for running != nil {
		began := time.Now()
		select {
		case <-ctx.Done():
			running.terminate()
			<-running.ended
			e.down()
			return
		case <-running.ended:
		}
		if ctx.Err() != nil {
			e.down()
			return
		}
		e.report(fmt.Errorf("the embedded ClickHouse ended by itself: %w", running.fault()))
		if time.Since(began) > steady {
			backoff = firstBackoff
		}
		running, backoff = e.restart(ctx, backoff)
	}
}

func (e *Engine) down() {
	e.mutex.Lock()
	e.child = nil
	e.mutex.Unlock()
	e.metrics.up.Set(0)
}

func (e *Engine) report(err error) {
	e.down()
	e.metrics.crashes.Inc()
	e.logger.Error("embedded ClickHouse down, starting it again", "error", err)
	e.crashed(err)
}

// restart tries until a process answers; nil where ctx ended before.
func (e *Engine) restart(ctx context.Context, backoff time.Duration) (*child, time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return nil, backoff
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, lastBackoff)
		running, err := e.launch(ctx)
		if err == nil {
			e.logger.Info("embedded ClickHouse is back", "addr", e.addr)
			return running, backoff
		}
		if ctx.Err() == nil {
			e.logger.Error("could not start the embedded ClickHouse again", "error", err, "retry_in", backoff)
		}
	}
}
