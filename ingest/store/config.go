package store

import (
	"errors"
	"time"
)

// Config holds the settings of inserts.
type Config struct {
	// InsertTimeout bounds one try of one insert. What became of it is then
	// unknown, and it is tried again.
	InsertTimeout time.Duration `yaml:"insert_timeout"`
	// MaxBackoff bounds the pause between two tries.
	MaxBackoff time.Duration `yaml:"max_backoff"`
	// Inserts is how many run at a time.
	Inserts int `yaml:"inserts"`
}

// DefaultConfig suits one server.
func DefaultConfig() Config {
	return Config{InsertTimeout: time.Minute, MaxBackoff: 5 * time.Second, Inserts: 2}
}

// Validate names the setting that cannot work and how to mend it.
func (c Config) Validate() error {
	switch {
	case c.InsertTimeout < time.Second:
		return errors.New("insert_timeout: at least 1s")
	case c.MaxBackoff < 100*time.Millisecond:
		return errors.New("max_backoff: at least 100ms, so that a server in trouble is not pressed")
	case c.Inserts < 1 || c.Inserts > 64:
		return errors.New("inserts: from 1 to 64")
	}
	return nil
}
