package adoption_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
)

func TestAToolHeardByCountersAloneIsNotSilent(t *testing.T) {
	conn, registry := tables(t), prometheus.NewRegistry()
	now := time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)
	o, err := adoption.New(adoption.DefaultConfig(), adoption.Deps{Conn: conn, Logger: slog.New(slog.DiscardHandler), Registerer: registry,
		Clock: func() time.Time { return now }, Tools: categories})
	if err != nil {
		t.Fatal(err)
	}
	adoptiontest.InsertEvents(t, conn, prompts("2026-11-09"))
	at := now.Add(-time.Minute)
	adoptiontest.InsertReadings(t, conn, []adoptiontest.Reading{{Stream: uuid.New(), StartedAt: at, ReadAt: at, ReceivedAt: at, Tool: "copilot-cli", PersonKind: "human", Measure: "commits", Value: 1, Temporality: "delta"}})
	round(t, o)
	const want = `
# HELP uptake_adoption_tool_last_event_seconds Seconds since the last event of the tool that is stored happened.
# TYPE uptake_adoption_tool_last_event_seconds gauge
uptake_adoption_tool_last_event_seconds{tool="chatgpt"} 86400
uptake_adoption_tool_last_event_seconds{tool="copilot-cli"} 60
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "uptake_adoption_tool_last_event_seconds"); err != nil {
		t.Error(err)
	}
}
