package adoption

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
	"github.com/uptake-telemetry/uptake/adoption/rollup"
)

// Deps are what an Observer works with. All are needed but Clock.
type Deps struct {
	// Conn names the tables' database as its default and allows a few
	// connections at once.
	Conn       driver.Conn
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	// Clock is time.Now where it is nil.
	Clock func() time.Time
	// Tools gives the category of each tool of the catalogue.
	Tools map[string]string
	// Authority says of the tools which signals to believe.
	Authority rollup.Authority
}

// Observer keeps the published figures up to date.
type Observer struct {
	config Config
	conn   driver.Conn
	logger *slog.Logger
	clock  func() time.Time
	tools  figure.CategoryOf
	// authority says of the tools which signals to believe.
	authority rollup.Authority
	gauges    *publish.Gauges
	metrics   *metrics
	claim     *claim
	// waiting has since when a final period waits for days to be quiet.
	waiting map[figure.Period]time.Time
	looked  look
	// closedAt is when days were last looked through for closing.
	closedAt time.Time
	// closed are days that were closed and whose periods are not marked yet.
	closed []rollup.Day
	state  atomic.Pointer[string]
}

// New checks and registers; Run starts.
func New(config Config, deps Deps) (*Observer, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if deps.Clock == nil {
		deps.Clock = time.Now
	}
	gauges, err := publish.NewGauges(deps.Registerer)
	if err != nil {
		return nil, fmt.Errorf("register the adoption gauges: %w", err)
	}
	metrics, err := newMetrics(deps.Registerer, deps.Clock)
	if err != nil {
		return nil, fmt.Errorf("register the metrics of observing: %w", err)
	}
	o := &Observer{config: config, conn: deps.Conn, logger: deps.Logger.With("component", "observe"), clock: deps.Clock, tools: deps.Tools, authority: deps.Authority,
		gauges: gauges, metrics: metrics, claim: newClaim(deps.Conn), waiting: map[figure.Period]time.Time{}}
	o.say(starting)
	return o, nil
}

// Ready returns nil while figures are brought up to date, here or by another
// observer, and else an error that says what is waited for.
func (o *Observer) Ready() error {
	if state := *o.state.Load(); state != "" {
		return errors.New(state)
	}
	return nil
}

// starting is the state before the first round knows its work.
const starting = "it is not known yet what is to be done"

func (o *Observer) say(state string) { o.state.Store(&state) }

// Pace of the rounds: at most a third of the time is spent working, and a
// failing round is tried again ever more slowly.
const (
	restPerWork = 2
	longestRest = 10 * time.Second
)

// Run observes until ctx ends, and then returns nil.
func (o *Observer) Run(ctx context.Context) error {
	renewing := make(chan struct{})
	go func() {
		defer close(renewing)
		o.claim.keep(ctx)
	}()
	defer func() { <-renewing }()
	failures := 0
	for ctx.Err() == nil {
		began := time.Now()
		err := o.Round(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			failures++
			o.failed(err, failures)
		default:
			failures = 0
			o.say("")
		}
		rest(ctx, o.pause(time.Since(began), failures))
	}
	return nil
}

// failed says what is waited for, and logs a repeated failure ever more rarely.
func (o *Observer) failed(err error, failures int) {
	o.metrics.failures.Inc()
	o.say("figures are not up to date: " + err.Error())
	if failures&(failures-1) == 0 {
		o.logger.Error("a round failed, trying again", "error", err, "failures", failures)
	}
}

func (o *Observer) pause(worked time.Duration, failures int) time.Duration {
	pause := max(o.config.Observe.Interval, min(restPerWork*worked, longestRest))
	for range min(failures, 6) {
		pause = min(2*pause, max(longestRest, o.config.Observe.Interval))
	}
	return pause
}

func rest(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
