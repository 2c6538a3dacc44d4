package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"
)

// segmentBytes bounds what is read into memory at once when a folder is opened.
const segmentBytes = 32 << 20

func (c Config) options() []kfake.Opt {
	options := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ClusterID("uptake"),
		kfake.ListenFn(listenGuarded),
		kfake.WithLogger(logger{c.Logger}),
		kfake.BrokerConfigs(map[string]string{
			"log.segment.bytes": strconv.Itoa(segmentBytes),
			"message.max.bytes": strconv.Itoa(c.maxMessageBytes()),
			// A group that was away for long must find its offsets again.
			"offsets.retention.minutes": strconv.Itoa(5 * 365 * 24 * 60),
		}),
	}
	if c.Port != 0 {
		options = append(options, kfake.Ports(c.Port))
	}
	if c.Dir != "" {
		options = append(options, kfake.DataDir(c.Dir), kfake.SyncWrites())
	}
	if !c.NoAuth {
		options = append(options, kfake.EnableSASL(), kfake.Superuser(Mechanism, User, c.Password))
	}
	return options
}

func (c Config) maxMessageBytes() int {
	if c.MaxMessageBytes > 0 {
		return c.MaxMessageBytes
	}
	return 1048588
}

// explain says what stands in the way and how to mend it.
func explain(err error, config Config) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d is in use: stop what listens there or choose another port: %w", config.Port, err)
	}
	if op := new(net.OpError); errors.As(err, &op) {
		return fmt.Errorf("listen: %w", err)
	}
	return fmt.Errorf("open the data folder %s: %w", config.Dir, err)
}

// logger passes on what kfake warns of.
type logger struct{ to *slog.Logger }

func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	if l.to == nil || level > kfake.LogLevelWarn {
		return
	}
	severity := slog.LevelWarn
	if level == kfake.LogLevelError {
		severity = slog.LevelError
	}
	l.to.Log(context.Background(), severity, fmt.Sprintf(format, args...))
}
