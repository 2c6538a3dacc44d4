package receiver

import (
	"errors"
	"time"
)

// Config is the block of settings `receiver`.
type Config struct {
	// MaxBodyBytes bounds a body after it is inflated.
	MaxBodyBytes int64 `yaml:"max_body_bytes"`
	// InFlightBytes bounds the bodies of all requests under way; beyond it
	// requests are told to come back.
	InFlightBytes int64 `yaml:"in_flight_bytes"`
	// MaxConnections bounds all connections, MaxConnectionsPerAddress those of
	// one source address. Raise the second behind a load balancer.
	MaxConnections           int `yaml:"max_connections"`
	MaxConnectionsPerAddress int `yaml:"max_connections_per_address"`
	// HeaderTimeout is the time for a request's headers.
	HeaderTimeout time.Duration `yaml:"header_timeout"`
	// BodyGrace is the time that any body may take, MinBodyRate the bytes a
	// second that a longer one must keep up.
	BodyGrace   time.Duration `yaml:"body_grace"`
	MinBodyRate int64         `yaml:"min_body_rate"`
}

// DefaultConfig returns the settings where nobody sets anything.
func DefaultConfig() Config {
	return Config{
		MaxBodyBytes: 16 << 20, InFlightBytes: 32 << 20,
		MaxConnections: 4096, MaxConnectionsPerAddress: 1024,
		HeaderTimeout: 5 * time.Second, BodyGrace: 10 * time.Second, MinBodyRate: 16 << 10,
	}
}

// Validate names the setting that cannot be used, and the mend.
func (c Config) Validate() error {
	switch {
	case c.MaxBodyBytes < 1<<10:
		return errors.New("max_body_bytes: give at least 1024")
	case c.InFlightBytes < 2*c.MaxBodyBytes:
		return errors.New("in_flight_bytes: give at least twice max_body_bytes")
	case c.MaxConnections < 1:
		return errors.New("max_connections: give at least 1")
	case c.MaxConnectionsPerAddress < 1:
		return errors.New("max_connections_per_address: give at least 1")
	case c.HeaderTimeout <= 0:
		return errors.New("header_timeout: give a time, such as 5s")
	case c.BodyGrace <= 0:
		return errors.New("body_grace: give a time, such as 10s")
	case c.MinBodyRate < 1:
		return errors.New("min_body_rate: give at least 1 byte a second")
	}
	return nil
}
