package publish

import (
	"strings"
	"testing"
)

func TestTheMinimumGroupGoesUpOnly(t *testing.T) {
	for _, c := range []struct {
		config  Config
		least   int
		problem string
	}{
		{DefaultConfig(), 5, ""},
		{Config{MinimumGroup: 12}, 12, ""},
		{Config{MinimumGroup: 4}, 4, "set 5 or more"},
		{Config{MinimumGroup: 5, WorksAgreement: true}, 10, ""},
		{Config{MinimumGroup: 12, WorksAgreement: true}, 12, ""},
		{Config{MinimumGroup: 8, WorksAgreement: true}, 8, "leave minimum_group out, or set 10 or more"},
	} {
		err := c.config.Validate()
		if c.config.Least() != c.least || (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%+v: least %d, %v", c.config, c.config.Least(), err)
		}
	}
}
