package collector

import (
	"slices"
	"testing"

	"github.com/uptake-telemetry/uptake/schema"
)

// Who asked for a call and who decided on a tool is not in the truth of the
// recordings; it is known from how they were made.
func TestSpansTellWhoAskedAndWhoDecided(t *testing.T) {
	known := readTruth(t)
	for name, want := range map[string]tally{
		"copilot-plain":            {"prompt user": 1, "request user": 1},
		"copilot-agent":            {"prompt user": 1, "request user": 2, "request agent": 2, "tool_use automatic": 2},
		"copilot-continue":         {"prompt user": 2, "request user": 3, "tool_use automatic": 1},
		"copilot-error400":         {"prompt user": 1, "request failed": 1},
		"copilot-error500":         {"prompt user": 1, "request user": 1},
		"copilot-refused-headless": {"prompt user": 1, "request user": 2, "edit rejected": 1},
		"copilot-tty-accept":       {"prompt user": 1, "request user": 2, "edit accepted": 1},
		"copilot-tty-always":       {"prompt user": 2, "request user": 4, "edit accepted": 1, "edit automatic": 1},
		"copilot-tty-reject":       {"prompt user": 1, "request user": 2, "edit rejected": 1},
		"copilot-v1061-agent":      {"prompt user": 1, "request user": 2, "request agent": 1, "tool_use automatic": 2},
		"opencode-v11434-agent":    {"prompt user": 1, "request user": 1, "request agent": 3, "tool_use undecided": 2},
		"copilot-v1079-agent":      {"prompt user": 1, "request user": 2, "request agent": 1, "tool_use automatic": 2},
		"copilot-v1079-error400":   {"prompt user": 1, "request failed": 1},
		"opencode-plain":           {"prompt user": 1, "request user": 1, "request agent": 1},
		"opencode-agent":           {"prompt user": 1, "request user": 1, "request agent": 3, "tool_use undecided": 2},
		"opencode-continue":        {"prompt user": 2, "request user": 3, "request agent": 1, "tool_use undecided": 1},
		"opencode-error400":        {"prompt user": 1, "request agent": 1, "request failed": 1},
		"opencode-error500":        {"prompt user": 1, "request user": 1, "request agent": 1, "request failed": 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, bodies := recordingsOf(t, known.Runs[name].Client, name)
			s := startAt(t, recordedAt)
			for _, body := range bodies {
				s.post(t, body)
			}
			got := tallyOf(slices.DeleteFunc(firstOfEach(t, s), func(e *schema.UsageEvent) bool { return e.Signal != schema.Signal_SIGNAL_SPANS }))
			for _, told := range []string{"prompt", "request", "tool_use", "edit"} {
				for _, by := range []string{"user", "agent", "schedule", "failed", "accepted", "rejected", "automatic", "undecided"} {
					if key := told + " " + by; got[key] != want[key] {
						t.Errorf("%s: got %v, want %v", key, got[key], want[key])
					}
				}
			}
		})
	}
}
