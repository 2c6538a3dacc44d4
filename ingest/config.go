package ingest

import (
	"errors"
	"fmt"
	"time"

	"github.com/uptake-telemetry/uptake/ingest/consume"
	"github.com/uptake-telemetry/uptake/ingest/store"
)

// Config holds the settings of the back half.
type Config struct {
	// FlushInterval is how long a block may wait for more rows. A message that
	// comes alone does not wait.
	FlushInterval time.Duration `yaml:"flush_interval"`
	// BlockRows is the most rows of one block.
	BlockRows int `yaml:"block_rows"`
	// MemoryBytes is about what the blocks of all partitions may hold together.
	MemoryBytes int64 `yaml:"memory_bytes"`
	// ClosedDaysInterval is how often the closed days are read again.
	ClosedDaysInterval time.Duration  `yaml:"closed_days_interval"`
	Consume            consume.Config `yaml:"consume"`
	Store              store.Config   `yaml:"store"`
}

// DefaultConfig keeps a process with a dozen partitions under 256 MiB.
func DefaultConfig() Config {
	return Config{
		FlushInterval:      500 * time.Millisecond,
		BlockRows:          20_000,
		MemoryBytes:        48 << 20,
		ClosedDaysInterval: 30 * time.Second,
		Consume:            consume.DefaultConfig(),
		Store:              store.DefaultConfig(),
	}
}

// Validate names the setting that cannot work and how to mend it.
func (c Config) Validate() error {
	switch {
	case c.FlushInterval < 10*time.Millisecond || c.FlushInterval > time.Minute:
		return errors.New("flush_interval: from 10ms to 1m")
	case c.BlockRows < 1 || c.BlockRows > 1_000_000:
		return errors.New("block_rows: from 1 to 1000000")
	case c.MemoryBytes < 8<<20:
		return errors.New("memory_bytes: at least 8388608")
	case c.ClosedDaysInterval < time.Second:
		return errors.New("closed_days_interval: at least 1s")
	}
	if err := c.Consume.Validate(); err != nil {
		return fmt.Errorf("consume.%w", err)
	}
	if err := c.Store.Validate(); err != nil {
		return fmt.Errorf("store.%w", err)
	}
	return nil
}

// blockBytes is the share of one partition's block when so many are held. Half
// is for the copy that an insert makes.
func (c Config) blockBytes(partitions int) int {
	const least = 256 << 10
	return max(int(c.MemoryBytes)/2/max(partitions, 1), least)
}
