package roster

import (
	"errors"
	"time"
)

// Config says how what an identity provider sends becomes the roster.
type Config struct {
	// Mapping is a file that says which attribute gives what; empty for the
	// mapping of the program.
	Mapping string `yaml:"mapping"`
	// Quiet is how long nothing must have come before it is put in force, AtMost
	// the time after which it is though more comes.
	Quiet  time.Duration `yaml:"quiet"`
	AtMost time.Duration `yaml:"at_most"`
}

// DefaultConfig returns the settings where nobody sets anything.
func DefaultConfig() Config { return Config{Quiet: 3 * time.Second, AtMost: 30 * time.Second} }

// Validate says what is wrong with the settings.
func (c Config) Validate() error {
	switch {
	case c.Quiet <= 0 || c.Quiet > c.AtMost:
		return errors.New("quiet: a time between 0 and at_most is wanted, such as 3s")
	case c.AtMost > time.Hour:
		return errors.New("at_most: at most an hour")
	}
	_, err := ReadMapping(c.Mapping)
	return err
}
