package publish

import "fmt"

// Config says what may be seen.
type Config struct {
	// MinimumGroup is k: cells with fewer people are hidden.
	MinimumGroup int `yaml:"minimum_group"`
	// WorksAgreement says that a works agreement asks for groups of 10 or more.
	WorksAgreement bool `yaml:"works_agreement"`
}

// Below leastGroup no setting may go, below agreedGroup none under a works agreement.
const (
	leastGroup  = 5
	agreedGroup = 10
)

// DefaultConfig has the least minimum group.
func DefaultConfig() Config { return Config{MinimumGroup: leastGroup} }

// Least is the k that holds: the minimum group, and 10 under a works agreement
// where that is left as it is.
func (c Config) Least() int {
	if c.WorksAgreement && c.MinimumGroup == leastGroup {
		return agreedGroup
	}
	return c.MinimumGroup
}

// Validate names the setting that is wrong.
func (c Config) Validate() error {
	switch {
	case c.MinimumGroup < leastGroup:
		return fmt.Errorf("minimum_group is %d: smaller groups would show single people, set %d or more", c.MinimumGroup, leastGroup)
	case c.Least() < agreedGroup && c.WorksAgreement:
		return fmt.Errorf("minimum_group is %d, but works_agreement asks for %d: leave minimum_group out, or set %[2]d or more", c.MinimumGroup, agreedGroup)
	}
	return nil
}
