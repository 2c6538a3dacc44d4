package collector

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// Run takes events until ctx ends, then stops in order and returns nil. It
// fails when the socket does.
func (c *Collector) Run(ctx context.Context) error {
	publishing, stopPublishing := context.WithCancel(context.Background())
	defer stopPublishing()
	published := make(chan error, 1)
	go func() { published <- c.publisher.Run(publishing) }()

	err := c.serve(ctx)
	c.drain()
	stopPublishing()
	return errors.Join(err, <-published, c.spool.Close())
}

// serve answers requests until ctx ends and those under way are finished.
func (c *Collector) serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.tokens.Run(ctx) })
	group.Go(func() error { return serving("HTTP", c.front.Serve(c.listener)) })
	if c.rpcListener != nil {
		group.Go(func() error { return serving("gRPC", c.front.ServeRPC(c.rpcListener)) })
	}
	group.Go(func() error {
		<-ctx.Done()
		c.stopping.Store(true)
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.config.StopTimeout)
		defer cancel()
		if err := c.front.Shutdown(bounded); err != nil {
			c.log.Warn("some requests were cut at the stop; their senders will send again", "error", err)
		}
		return nil
	})
	return group.Wait()
}

func serving(protocol string, err error) error {
	if err != nil {
		return fmt.Errorf("serve %s: %w", protocol, err)
	}
	return nil
}

// drainLook is how often a stop looks whether the spool is empty.
const drainLook = 20 * time.Millisecond

// drain gives Kafka time to take what waits. What it does not take stays in
// the spool, so an unreachable Kafka is not waited for.
func (c *Collector) drain() {
	deadline := time.NewTimer(c.config.StopTimeout)
	defer deadline.Stop()
	look := time.NewTicker(drainLook)
	defer look.Stop()
	for c.spool.Waiting().Entries > 0 && c.publisher.Ready() == nil {
		select {
		case <-deadline.C:
			return
		case <-look.C:
		}
	}
}
