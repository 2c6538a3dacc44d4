package adoption_test

import (
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
	"github.com/uptake-telemetry/uptake/ingest/store"
	"github.com/uptake-telemetry/uptake/schema"
)

// lived is a company whose people's deeds are events, and what its tables must
// be by adoptiontest's own reading of them.
type lived struct {
	world  *world
	events []adoptiontest.Event
}

// newLived takes a random company's deeds for events: at any time of the local
// day, under former addresses too, with much beside that is no act.
func newLived(r *rand.Rand, w *world) *lived {
	w.heard = nil
	w.aliases = map[string]string{}
	for _, p := range w.periods {
		w.aliases[former(p.person)] = p.person
	}
	l := &lived{world: w}
	for _, a := range w.acts {
		for n := range a.acts {
			l.events = append(l.events, w.event(r, a, n < a.prompts))
		}
		if r.IntN(3) == 0 {
			l.events = append(l.events, noise(r, w.event(r, a, true)))
		}
	}
	l.read()
	return l
}

// former is an address that a person had.
func former(person string) string { return "f" + person[1:] }

// event happens on the act's local day, by the clock where the person is.
func (w *world) event(r *rand.Rand, a act, prompt bool) adoptiontest.Event {
	zone := time.UTC
	for _, p := range w.periods {
		if p.person == a.person && p.from <= a.local && a.local <= p.to {
			zone = location(p.zone)
		}
	}
	day := dateOf(max(a.local, a.day))
	at := time.Date(day.Year(), day.Month(), day.Day(), r.IntN(24), r.IntN(60), r.IntN(60), 1000*r.IntN(1_000_000), zone).UTC()
	e := adoptiontest.Event{ID: randomID(r), OccurredAt: at, ReceivedAt: justNow(r), Path: "api", Tool: a.tool, Person: a.person,
		PersonKind: "human", Action: "prompt", Initiator: "user"}
	if !prompt {
		e.Action = []string{"commit", "edit", "tool_use"}[r.IntN(3)]
		e.Decision = "accepted"
	}
	if e.Person != "" && r.IntN(3) == 0 {
		e.Person = former(e.Person)
	}
	return e
}

// justNow is when everything is received, though it happened long ago by the
// clock of the test: events are kept from their receipt.
func justNow(r *rand.Rand) time.Time {
	return time.Now().UTC().Truncate(time.Second).Add(-time.Duration(r.IntN(600)) * time.Second)
}

func location(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// noise is no act.
func noise(r *rand.Rand, e adoptiontest.Event) adoptiontest.Event {
	switch r.IntN(4) {
	case 0:
		e.Initiator = "agent"
	case 1:
		e.Action, e.Decision = "suggestion", "rejected"
	case 2:
		e.Action = "request"
	case 3:
		e.PersonKind = "service"
	}
	return e
}

func randomID(r *rand.Rand) (id uuid.UUID) {
	for i := range id {
		id[i] = byte(r.Uint32())
	}
	return id
}

// read makes the person-days and act-days that the events come to.
func (l *lived) read() {
	c := adoptiontest.Company{Periods: l.world.oraclePeriods(), Aliases: l.world.aliases, Events: l.events}
	l.world.used, l.world.acts = nil, nil
	for key, d := range c.PersonDays() {
		l.world.used = append(l.world.used, use{key.Person, key.Tool, dayOf(key.Day), d.Acts})
	}
	for key, d := range c.ActDays() {
		l.world.acts = append(l.world.acts, act{key.Person, key.Tool, dayOf(key.Day), dayOf(key.LocalDay), d.Acts, d.Prompts})
	}
}

func (w *world) oraclePeriods() (periods []adoptiontest.Period) {
	for _, p := range w.rosterRows() {
		periods = append(periods, adoptiontest.Period{Person: p.Person, From: p.From, To: p.To, TimeZone: p.TimeZone})
	}
	return periods
}

// ingested stores events as the collectors' messages, with their places in Kafka.
func ingested(t *testing.T, conn driver.Conn, collector string, partition int, events []adoptiontest.Event) {
	t.Helper()
	s, err := store.New(store.DefaultConfig(), store.Deps{Conn: conn, Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	for chunk := range slices.Chunk(events, 5000) {
		block := store.NewBlock()
		for n, e := range chunk {
			m := message(e)
			m.Collector = collector
			block.Add(m, store.Origin{Partition: partition, Offset: int64(n), Published: e.ReceivedAt})
		}
		if err := s.Write(t.Context(), block, fmt.Sprint(collector, uuid.New())); err != nil {
			t.Fatal(err)
		}
	}
}

func message(e adoptiontest.Event) *schema.UsageEvent {
	person, err := hex.DecodeString(e.Person)
	if err != nil {
		panic(err)
	}
	return &schema.UsageEvent{EventId: e.ID[:], OccurredAtUnixNano: uint64(e.OccurredAt.UnixNano()), ReceivedAtUnixNano: uint64(e.ReceivedAt.UnixNano()), Path: schema.Path_PATH_API,
		Tool: e.Tool, Person: person, PersonKind: schema.PersonKind(schema.PersonKind_value["PERSON_KIND_"+upper(e.PersonKind)]),
		Action:    schema.Action(schema.Action_value["ACTION_"+upper(e.Action)]),
		Initiator: schema.Initiator(schema.Initiator_value["INITIATOR_"+upper(e.Initiator)]),
		Decision:  schema.Decision(schema.Decision_value["DECISION_"+upper(e.Decision)])}
}
