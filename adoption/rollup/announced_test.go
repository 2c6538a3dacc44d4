package rollup_test

import (
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
)

// A tool that is told of an end in the background prompts itself, and says so
// beforehand; what follows at once in that session is no act of the person.
func TestPromptsThatAToolGaveItselfAreTheAgents(t *testing.T) {
	conn := tables(t)
	const session = "0123456789abcdef0123456789abcdef"
	of := func(session, initiator, decision string, after time.Duration) adoptiontest.Event {
		e := prompt(ada, monday.Add(after))
		e.Path, e.Signal, e.Tool, e.Session, e.Initiator, e.Decision = "otlp", "logs", "claude-code", session, initiator, decision
		return e
	}
	own := func(after time.Duration) adoptiontest.Event { return of(session, "user", "", after) }
	end := func(after time.Duration) adoptiontest.Event { return of(session, "agent", "automatic", after) }
	adoptiontest.InsertEvents(t, conn, []adoptiontest.Event{
		own(0),
		end(time.Minute), own(time.Minute + 300*time.Millisecond), // the notice
		own(2 * time.Minute),
		end(3 * time.Minute), end(3*time.Minute + time.Second), own(3*time.Minute + 2*time.Second), // one notice of two ends
		own(3*time.Minute + 3*time.Second),
		end(4 * time.Minute), own(4*time.Minute + 4*time.Second), // too late for one
		end(5 * time.Minute), of("fedcba9876543210fedcba9876543210", "user", "", 5*time.Minute+time.Second), // another session
		of("00000000000000000000000000000001", "agent", "automatic", 6*time.Minute), of("00000000000000000000000000000001", "user", "", 6*time.Minute+time.Second), // nobody's
	})
	work(t, conn)
	var acts, prompts, agent, sessions uint64
	if err := conn.QueryRow(t.Context(), "SELECT sum(acts), sum(prompts), sum(agent), sum(sessions) FROM person_day").Scan(&acts, &prompts, &agent, &sessions); err != nil {
		t.Fatal(err)
	}
	if acts != 5 || prompts != 5 || agent != 3 || sessions != 2 {
		t.Errorf("%d acts, %d prompts, %d of the agent, %d sessions, want 5, 5, 3 and 2", acts, prompts, agent, sessions)
	}
}
