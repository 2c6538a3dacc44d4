package collector

import (
	"errors"
	"fmt"
	"time"

	"github.com/uptake-telemetry/uptake/collector/publish"
	"github.com/uptake-telemetry/uptake/collector/receiver"
	"github.com/uptake-telemetry/uptake/collector/spool"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// Config are the settings of the collector; each block is its package's own.
type Config struct {
	Receiver receiver.Config `yaml:"receiver"`
	Spool    spool.Config    `yaml:"spool"`
	Kafka    kafka.Config    `yaml:"kafka"`
	Produce  publish.Config  `yaml:"produce"`
	// Tools is a folder of a site's own catalogue files; empty for none.
	Tools string `yaml:"tools"`
	// StopTimeout bounds how long a stop waits for requests under way, and then
	// again for Kafka to take what waits.
	StopTimeout time.Duration `yaml:"stop_timeout"`
}

// DefaultConfig returns the defaults of all blocks.
func DefaultConfig() Config {
	return Config{
		Receiver: receiver.DefaultConfig(), Spool: spool.DefaultConfig(),
		Kafka: kafka.DefaultConfig(), Produce: publish.DefaultConfig(),
		StopTimeout: 10 * time.Second,
	}
}

// Validate names the first setting that cannot be used, and the mend.
func (c Config) Validate() error {
	for _, block := range []struct {
		key string
		err error
	}{
		{"receiver", c.Receiver.Validate()}, {"spool", c.Spool.Validate()},
		{"kafka", c.Kafka.Validate()}, {"produce", c.Produce.Validate()},
	} {
		if block.err != nil {
			return fmt.Errorf("%s.%w", block.key, block.err)
		}
	}
	if c.StopTimeout <= 0 {
		return errors.New("stop_timeout: give a time, such as 10s")
	}
	return nil
}
