package consume

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// Handler works through one partition until Fetch returns ErrStopped or ctx
// ends. When it returns another error it is called again, with the messages
// from the last commit on.
type Handler func(ctx context.Context, p *Partition) error

// Deps of a consumer.
type Deps struct {
	Kafka      kafka.Config
	Handler    Handler
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Consumer is a member of the consumer group.
type Consumer struct {
	config  Config
	deps    Deps
	client  *kafkago.Client
	metrics *metrics
	logger  *slog.Logger
	state   state
}

// New builds a member; Run makes it join.
func New(config Config, deps Deps) (*Consumer, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if err := deps.Kafka.Validate(); err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	client, err := deps.Kafka.Client()
	if err != nil {
		return nil, err
	}
	metrics, err := newMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	c := &Consumer{
		config:  config,
		deps:    deps,
		client:  client,
		metrics: metrics,
		logger:  deps.Logger.With("component", "consume", "group", deps.Kafka.Group),
	}
	c.state.set(errors.New("joining the consumer group"))
	return c, nil
}

// Ready says what the member waits for, nil when it is part of the group and
// its last fetch was answered.
func (c *Consumer) Ready() error { return c.state.get() }

// Run takes part in the group until ctx ends; then the handlers get
// ErrStopped, and StopTimeout to finish, before the member leaves.
func (c *Consumer) Run(ctx context.Context) error {
	defer kafka.CloseClient(c.client)
	for ctx.Err() == nil {
		if err := c.member(ctx); err != nil {
			c.report(err)
			wait(ctx, c.config.RejoinBackoff)
		}
	}
	c.state.set(errors.New("stopped"))
	return nil
}

// member joins and stays until ctx ends or nothing is heard of the group for
// so long that a new start is the better way.
func (c *Consumer) member(ctx context.Context) error {
	group, err := c.join()
	if err != nil {
		return err
	}
	defer group.Close()
	for ctx.Err() == nil {
		next, err := c.next(ctx, group)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, context.DeadlineExceeded):
			return errors.New("the consumer group gave no answer; starting anew")
		case err != nil:
			c.metrics.errors.WithLabelValues("join").Inc()
			c.report(fmt.Errorf("join the consumer group: %w", err))
		default:
			c.serve(ctx, next)
		}
	}
	return nil
}

func (c *Consumer) join() (*kafkago.ConsumerGroup, error) {
	dialer, err := c.deps.Kafka.Dialer()
	if err != nil {
		return nil, err
	}
	return kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{
		ID:                     c.deps.Kafka.Group,
		Brokers:                c.deps.Kafka.Brokers,
		Dialer:                 dialer,
		Topics:                 []string{c.deps.Kafka.Topic, c.deps.Kafka.DeadLetterTopic},
		HeartbeatInterval:      c.config.HeartbeatInterval,
		SessionTimeout:         c.config.SessionTimeout,
		RebalanceTimeout:       c.config.RebalanceTimeout,
		JoinGroupBackoff:       c.config.RejoinBackoff,
		WatchPartitionChanges:  true,
		PartitionWatchInterval: c.config.PartitionWatch,
		StartOffset:            kafkago.FirstOffset,
	})
}

// next bounds the wait for a generation by what a slow but healthy rebalance
// may take, because kafka-go's group was seen to hang after a broker's restart.
func (c *Consumer) next(ctx context.Context, group *kafkago.ConsumerGroup) (*kafkago.Generation, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*(c.config.SessionTimeout+c.config.RebalanceTimeout)+10*time.Second)
	defer cancel()
	return group.Next(ctx)
}

// serve hands the partitions of a generation to the handler and returns when
// the generation is over or, after ctx ended, when the handlers are done.
func (c *Consumer) serve(ctx context.Context, generation *kafkago.Generation) {
	c.metrics.generations.Inc()
	c.state.set(nil)
	var handlers sync.WaitGroup
	ended := make(chan struct{})
	generation.Start(func(over context.Context) {
		<-over.Done()
		close(ended)
	})
	held := c.partitions(ctx, generation)
	c.metrics.partitions.Set(float64(len(held)))
	defer c.metrics.partitions.Set(0)
	for _, p := range held {
		handlers.Add(1)
		generation.Start(func(over context.Context) {
			c.handle(over, p)
			handlers.Done()
			// The first function to return would end the generation for all.
			<-over.Done()
		})
	}
	c.logger.Info("joined the consumer group", "generation", generation.ID, "partitions", len(held))
	select {
	case <-ended:
	case <-ctx.Done():
		c.drain(&handlers, ended)
	}
}

func (c *Consumer) partitions(ctx context.Context, generation *kafkago.Generation) []*Partition {
	var held []*Partition
	for topic, assigned := range generation.Assignments {
		for _, a := range assigned {
			p := c.newPartition(ctx, generation, topic, a)
			p.Siblings = len(assigned)
			held = append(held, p)
		}
	}
	return held
}

// drain waits for the handlers of a stop, but not for ever.
func (c *Consumer) drain(handlers *sync.WaitGroup, ended <-chan struct{}) {
	done := make(chan struct{})
	go func() {
		handlers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ended:
	case <-time.After(c.config.StopTimeout):
		c.logger.Warn("stopping with blocks under way; they come again at the next start")
	}
}

// handle keeps the handler at work on the partition.
func (c *Consumer) handle(generation context.Context, p *Partition) {
	defer c.metrics.lag.forget(p.topicPartition())
	// Contexts made from one of a foreign type cost a goroutine each.
	over, cancel := context.WithCancel(generation)
	defer cancel()
	logger := c.logger.With("topic", p.Topic, "partition", p.ID)
	pause := time.Duration(0)
	for over.Err() == nil && p.stop.Err() == nil {
		err := p.rewind(over)
		if err == nil {
			pause = 0
			err = c.deps.Handler(over, p)
		}
		if err == nil || errors.Is(err, ErrStopped) || over.Err() != nil {
			return
		}
		pause = min(max(2*pause, 100*time.Millisecond), 5*time.Second)
		logger.Warn("partition begins again at its last commit", "error", err)
		wait(over, pause)
	}
}

// report keeps the reason for Ready and logs it when it is a new one.
func (c *Consumer) report(err error) {
	if c.state.set(err) {
		c.logger.Warn("waiting for Kafka", "error", err)
	}
}

// wait pauses, or less when ctx ends.
func wait(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
