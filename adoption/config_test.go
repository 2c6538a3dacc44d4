package adoption_test

import (
	"strings"
	"testing"

	"github.com/uptake-telemetry/uptake/adoption"
)

func TestConfigNamesWhatIsWrong(t *testing.T) {
	config := adoption.DefaultConfig()
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	config.Publish.MinimumGroup, config.Observe.Interval = 4, 0
	err := config.Validate()
	for _, name := range []string{"publish.minimum_group is 4", "observe.interval is 0s"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not say %q", err, name)
		}
	}
}
