package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// drainPoll is how often a waiting status looks again.
const drainPoll = 200 * time.Millisecond

// waitDrained returns when everything accepted before the call is stored, and
// the days it touched are rebuilt and published: first the spool must have
// passed on what it held, then ingest must have committed up to where the
// topics ended then, then nothing may be stale.
func (p *probe) waitDrained(ctx context.Context, seen func(status)) error {
	steps := []struct {
		what string
		wait func(context.Context, func(status)) error
	}{
		{"the spool", p.waitSpool}, {"ingest", p.waitIngest}, {"the figures", p.waitPublished},
	}
	for _, step := range steps {
		if err := step.wait(ctx, seen); err != nil {
			return fmt.Errorf("waiting for %s: %w", step.what, err)
		}
	}
	return nil
}

// poll asks until the answer is yes; an error, which says what is missing, is
// asked again until ctx ends.
func poll(ctx context.Context, ask func() (bool, error)) error {
	var missing error
	for {
		yes, err := ask()
		if yes {
			return nil
		}
		if ctx.Err() == nil || missing == nil {
			missing = err
		}
		select {
		case <-time.After(drainPoll):
		case <-ctx.Done():
			return fmt.Errorf("%w; last: %w", context.Cause(ctx), missing)
		}
	}
}

// waitSpool waits until as much was settled as waited at the call. The spool is
// a queue: what came later may wait on.
func (p *probe) waitSpool(ctx context.Context, seen func(status)) error {
	var first *status
	return poll(ctx, func() (bool, error) {
		var now status
		if err := p.readCollector(ctx, &now); err != nil {
			return false, err
		}
		seen(now)
		if first == nil || now.Appended < first.Appended {
			first = &now
		}
		return now.Waiting <= now.Appended-first.Appended, fmt.Errorf("%d messages wait there for Kafka", now.Waiting)
	})
}

// waitIngest waits until what is on the topics now is taken in.
func (p *probe) waitIngest(ctx context.Context, seen func(status)) error {
	client, err := p.config.Kafka.Client()
	if err != nil {
		return usageError{err}
	}
	defer kafka.CloseClient(client)
	var ends map[topicPosition]int64
	return poll(ctx, func() (bool, error) {
		if ends == nil {
			if ends, err = p.ends(ctx, client); err != nil {
				return false, err
			}
		}
		committed, err := p.committed(ctx, client, ends)
		if err != nil {
			return false, err
		}
		now := status{Lag: behind(ends, committed)}
		if err := p.readCollector(ctx, &now); err != nil {
			return false, err
		}
		seen(now)
		return now.Lag == 0, fmt.Errorf("%d messages are in Kafka and not stored yet", now.Lag)
	})
}

// waitPublished waits until what is stored now is rebuilt and published.
func (p *probe) waitPublished(ctx context.Context, _ func(status)) error {
	conn, err := p.config.ClickHouse.connect(p.config.ClickHouse.Database, 1)
	if err != nil {
		return usageError{err}
	}
	defer conn.Close()
	var goal *adoption.Goal
	return poll(ctx, func() (bool, error) {
		if goal == nil {
			if goal, err = adoption.NewGoal(ctx, conn); err != nil {
				return false, err
			}
		}
		reached, err := goal.Reached(ctx, conn)
		if err == nil && !reached {
			err = errors.New("they are not all rebuilt and published yet")
		}
		return reached, err
	})
}
