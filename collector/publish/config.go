package publish

import (
	"errors"
	"fmt"
	"time"
)

// Config is the block of settings `produce`.
type Config struct {
	// Compression of batches: zstd, lz4 or none.
	Compression string `yaml:"compression"`
	// BatchBytes bounds a batch before compression. It should stay under the
	// brokers' message.max.bytes; larger ones are split when a broker says so.
	BatchBytes int `yaml:"batch_bytes"`
	// InFlightBytes bounds what is read from the spool and not acknowledged.
	InFlightBytes int `yaml:"in_flight_bytes"`
	// RequestTimeout bounds one request; the batch is then sent again.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// Linger is the rest between two looks into a spool that holds little, so
	// that batches fill. Senders do not wait for it: their events are on disk.
	Linger time.Duration `yaml:"linger"`
	// DrainTimeout bounds how long a stop waits for what is under way.
	DrainTimeout time.Duration `yaml:"drain_timeout"`
}

const minRequestTimeout = time.Second

// The compressions.
const (
	Zstd = "zstd"
	LZ4  = "lz4"
	None = "none"
)

// DefaultConfig returns zstd, batches of half a MiB and 16 MiB in flight.
func DefaultConfig() Config {
	return Config{
		Compression:    Zstd,
		BatchBytes:     512 << 10,
		InFlightBytes:  16 << 20,
		RequestTimeout: 15 * time.Second,
		Linger:         20 * time.Millisecond,
		DrainTimeout:   5 * time.Second,
	}
}

// Validate names the setting that cannot be used, and the mend.
func (c Config) Validate() error {
	switch c.Compression {
	case Zstd, LZ4, None:
	default:
		return fmt.Errorf("compression: must be %s, %s or %s", Zstd, LZ4, None)
	}
	switch {
	case c.BatchBytes < minBatchBytes || c.BatchBytes > 64<<20:
		return fmt.Errorf("batch_bytes: must be %d to %d", minBatchBytes, 64<<20)
	case c.InFlightBytes < 2*c.BatchBytes:
		return errors.New("in_flight_bytes: must be at least twice batch_bytes")
	case c.RequestTimeout < minRequestTimeout:
		return errors.New("request_timeout: must be 1s or more")
	case c.Linger < 0 || c.Linger > time.Minute:
		return errors.New("linger: must be 0 to 1m")
	case c.DrainTimeout < 0:
		return errors.New("drain_timeout: must not be negative")
	}
	return nil
}
