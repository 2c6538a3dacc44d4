package consume

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
)

func TestEverythingComesOnceOverRestarts(t *testing.T) {
	_, settings := startBroker(t, broker.Config{})
	l := newLedger()
	for round := range 3 {
		send(t, settings, round%2, kafkago.Zstd, numbered(round*100, round*100+100)...)
		m := join(t, settings, fast(), l.commitAll)
		eventually(t, "all are read", func() bool { return l.distinct() == round*100+100 })
		eventually(t, "no lag is left", func() bool { return testutil.ToFloat64(gauge(t, m.registry, "uptake_ingest_lag_events")) == 0 })
		m.stop()
	}
	if n := l.doubled(); n != 0 {
		t.Errorf("%d came twice", n)
	}
}

func TestACompressedBatchGoesOnInItsMiddle(t *testing.T) {
	_, settings := startBroker(t, broker.Config{})
	send(t, settings, 0, kafkago.Zstd, numbered(0, 10)...)
	first := join(t, settings, fast(), func(ctx context.Context, p *Partition) error {
		messages, err := p.Fetch(ctx, 100*time.Millisecond)
		for err == nil && len(messages) == 0 {
			messages, err = p.Fetch(ctx, 100*time.Millisecond)
		}
		if err == nil {
			err = p.Commit(ctx, messages[3].Offset)
		}
		if err == nil {
			<-p.stop.Done()
			err = ErrStopped
		}
		return err
	})
	eventually(t, "four are committed", func() bool { return testutil.ToFloat64(gauge(t, first.registry, "uptake_ingest_lag_events")) == 6 })
	first.stop()
	l := newLedger()
	join(t, settings, fast(), l.commitAll)
	eventually(t, "the rest is read", func() bool { return l.distinct() == 6 })
	if l.seen["message 3"] != 0 || l.seen["message 4"] != 1 {
		t.Errorf("went on with %v", l.seen)
	}
}

func TestAnAnnouncedBlockComesBackWithItsEnd(t *testing.T) {
	_, settings := startBroker(t, broker.Config{Partitions: 1})
	send(t, settings, 0, 0, numbered(0, 10)...)
	plans := make(chan int64, 100)
	handler := func(ctx context.Context, p *Partition) error {
		if p.Topic != settings.Topic {
			<-p.stop.Done()
			return ErrStopped
		}
		plans <- p.Planned()
		for {
			messages, err := p.Fetch(ctx, 100*time.Millisecond)
			if err != nil {
				return err
			}
			if len(messages) == 0 {
				continue
			}
			if p.Planned() == 6 {
				if err := p.Commit(ctx, 6); err != nil {
					return err
				}
				plans <- p.Planned()
				<-p.stop.Done()
				return ErrStopped
			}
			if err := p.Plan(ctx, 6); err != nil {
				return err
			}
			return errors.New("crashed before the commit")
		}
	}
	join(t, settings, fast(), handler)
	for i, want := range []int64{-1, 6, -1} {
		if got := <-plans; got != want {
			t.Errorf("plan %d is %d, want %d", i, got, want)
		}
	}
}

func TestTwoMembersShareAndTakeOver(t *testing.T) {
	_, settings := startBroker(t, broker.Config{Partitions: 4})
	l := newLedger()
	first := join(t, settings, fast(), l.commitAll)
	eventually(t, "the first holds all", func() bool { return testutil.ToFloat64(first.consumer.metrics.partitions) == 8 })
	second := join(t, settings, fast(), l.commitAll)
	eventually(t, "they share", func() bool {
		return testutil.ToFloat64(first.consumer.metrics.partitions) == 4 && testutil.ToFloat64(second.consumer.metrics.partitions) == 4
	})
	for p := range 4 {
		send(t, settings, p, kafkago.Lz4, numbered(p*50, p*50+50)...)
	}
	eventually(t, "all are read", func() bool { return l.distinct() == 200 })
	first.stop()
	eventually(t, "the second holds all", func() bool { return testutil.ToFloat64(second.consumer.metrics.partitions) == 8 })
	for p := range 4 {
		send(t, settings, p, 0, numbered(200+p*50, 250+p*50)...)
	}
	eventually(t, "all are read", func() bool { return l.distinct() == 400 })
	if n := l.doubled(); n != 0 {
		t.Errorf("%d came twice although nobody died", n)
	}
}

func TestSurvivesTheBrokersRestart(t *testing.T) {
	dir := t.TempDir()
	b, settings := startBroker(t, broker.Config{Dir: dir})
	port := 0
	fmt.Sscanf(b.Addr()[strings.LastIndex(b.Addr(), ":")+1:], "%d", &port)
	l := newLedger()
	m := join(t, settings, fast(), l.commitAll)
	send(t, settings, 0, kafkago.Zstd, numbered(0, 100)...)
	eventually(t, "all are read", func() bool { return l.distinct() == 100 })
	b.Close()
	eventually(t, "it says what it waits for", func() bool { return m.consumer.Ready() != nil })
	startBroker(t, broker.Config{Dir: dir, Port: port})
	send(t, settings, 1, kafkago.Zstd, numbered(100, 200)...)
	eventually(t, "all are read", func() bool { return l.distinct() == 200 })
	eventually(t, "it is ready again", func() bool { return m.consumer.Ready() == nil })
}

func TestAnErrorOfTheHandlerBeginsAgainAtTheCommit(t *testing.T) {
	_, settings := startBroker(t, broker.Config{Partitions: 1})
	l := newLedger()
	failed := false
	join(t, settings, fast(), func(ctx context.Context, p *Partition) error {
		if p.Topic == settings.Topic && !failed {
			if messages, err := p.Fetch(ctx, 100*time.Millisecond); err != nil || len(messages) > 0 {
				failed = true
				return errors.New("no luck")
			}
		}
		return l.commitAll(ctx, p)
	})
	send(t, settings, 0, 0, numbered(0, 10)...)
	eventually(t, "all are read", func() bool { return l.distinct() == 10 })
}

func TestConfigNamesTheSetting(t *testing.T) {
	for setting, change := range map[string]func(*Config){
		"session_timeout":    func(c *Config) { c.SessionTimeout = 0 },
		"heartbeat_interval": func(c *Config) { c.HeartbeatInterval = 5 * time.Second },
		"rebalance_timeout":  func(c *Config) { c.RebalanceTimeout = 0 },
		"rejoin_backoff":     func(c *Config) { c.RejoinBackoff = 0 },
		"partition_watch":    func(c *Config) { c.PartitionWatch = 0 },
		"max_fetch_bytes":    func(c *Config) { c.MaxFetchBytes = 1 },
		"total_fetch_bytes":  func(c *Config) { c.TotalFetchBytes = 1 },
		"stop_timeout":       func(c *Config) { c.StopTimeout = -1 },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), setting+": ") {
			t.Errorf("%s: got %v", setting, err)
		}
	}
}
