package spool

import "fmt"

// Config is the block of settings `spool`.
type Config struct {
	// MaxBytes bounds what waits; beyond it Append refuses.
	MaxBytes Bytes `yaml:"max_bytes"`
	// SegmentBytes is the size at which a new file is begun.
	SegmentBytes Bytes `yaml:"segment_bytes"`
}

const (
	minMaxBytes     = 64 * KiB
	minSegmentBytes = 4 * KiB
	maxSegmentBytes = GiB
)

// DefaultConfig returns 1 GiB in files of 16 MiB.
func DefaultConfig() Config { return Config{MaxBytes: GiB, SegmentBytes: 16 * MiB} }

// Validate names the setting that cannot be used, and the mend.
func (c Config) Validate() error {
	if c.MaxBytes < minMaxBytes {
		return fmt.Errorf("max_bytes: %s is too little, give at least %s", c.MaxBytes, minMaxBytes)
	}
	if c.SegmentBytes < minSegmentBytes || c.SegmentBytes > maxSegmentBytes {
		return fmt.Errorf("segment_bytes: %s is not between %s and %s", c.SegmentBytes, minSegmentBytes, maxSegmentBytes)
	}
	return nil
}
