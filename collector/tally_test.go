package collector

import (
	"testing"

	"github.com/uptake-telemetry/uptake/schema"
)

func TestMessagesAreCountedByWhatTheyAre(t *testing.T) {
	id := make([]byte, schema.EventIDSize)
	full := &schema.UsageEvent{EventId: id, Person: id, Device: id, Session: id, Success: new(bool), DurationMs: 1}
	reading := &schema.UsageEvent{EventId: id, Reading: &schema.Reading{Stream: id, Temporality: 1}}
	mark := &schema.UsageEvent{EventId: id, Person: id, Tool: "codex", Heard: true}
	for name, c := range map[string]struct {
		event *schema.UsageEvent
		want  int
	}{"event": {full, acceptedClass}, "reading": {reading, acceptedClass}, "mark": {mark, uncounted}} {
		if got := classOf(schema.AppendEvent(nil, c.event)); got != c.want {
			t.Errorf("%s: class %d, want %d", name, got, c.want)
		}
	}
	for i, code := range rejectedClasses {
		letter := &schema.DeadLetter{Code: string(code), Event: mark}
		if got := classOf(schema.AppendDeadLetter(nil, letter, [schema.EventIDSize]byte{})); got != 1+i {
			t.Errorf("%s: class %d, want %d", code, got, 1+i)
		}
	}
	if got := classOf([]byte("?")); got != uncounted {
		t.Errorf("no message: class %d", got)
	}
}
