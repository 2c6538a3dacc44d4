package publish

import "fmt"

// Config says what may be seen.
type Config struct {
	// MinimumGroup is k: cells with fewer people are hidden.
	MinimumGroup int `yaml:"minimum_group"`
}

// leastGroup is below what no setting may go.
const leastGroup = 5

// DefaultConfig has the least minimum group; with a works agreement 10 is usual.
func DefaultConfig() Config { return Config{MinimumGroup: leastGroup} }

// Validate names the setting that is wrong.
func (c Config) Validate() error {
	if c.MinimumGroup < leastGroup {
		return fmt.Errorf("minimum_group is %d: smaller groups would show single people, set %d or more", c.MinimumGroup, leastGroup)
	}
	return nil
}
