package adoption

import (
	"errors"
	"fmt"
	"time"

	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// Config is the part of the settings that observing reads.
type Config struct {
	Publish publish.Config `yaml:"publish"`
	Observe Observe        `yaml:"observe"`
}

// Observe sets the pace.
type Observe struct {
	// Interval is the rest between two rounds. Long rounds rest longer.
	Interval time.Duration `yaml:"interval"`
}

// DefaultConfig looks every second.
func DefaultConfig() Config {
	return Config{Publish: publish.DefaultConfig(), Observe: Observe{Interval: time.Second}}
}

// Validate names the settings that are wrong.
func (c Config) Validate() error {
	var errs []error
	if err := c.Publish.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("publish.%w", err))
	}
	if c.Observe.Interval < 10*time.Millisecond || c.Observe.Interval > time.Hour {
		errs = append(errs, fmt.Errorf("observe.interval is %s: set between 10ms and 1h", c.Observe.Interval))
	}
	return errors.Join(errs...)
}
