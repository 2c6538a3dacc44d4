package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/ledger"
	"github.com/uptake-telemetry/uptake/adoption/rollup"
	"github.com/uptake-telemetry/uptake/schema"
	tabledef "github.com/uptake-telemetry/uptake/schema/table"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// mender says which dead letters can be sent again.
type mender struct {
	config Config
	reader *topicReader
	// known are the tools of the catalogue by the pseudonym of their id.
	known  map[string]string
	closed map[int64]bool
	// erased has when whoever has the hash was erased.
	erased map[string]time.Time
	now    time.Time
}

// newMender reads the catalogue and the closed days. Without the identity key no
// tool is known again.
func newMender(ctx context.Context, c Config, key *schema.Pseudonymizer, reader *topicReader, conn driver.Conn) (*mender, error) {
	m := &mender{config: c, reader: reader, known: map[string]string{}, closed: map[int64]bool{}, now: time.Now()}
	if err := m.learnTools(key); err != nil {
		return nil, err
	}
	var days []int32
	if err := conn.QueryRow(ctx, "SELECT groupUniqArray(toInt32(day)) FROM closed_day").Scan(&days); err != nil {
		return nil, fmt.Errorf("read the closed days: %w", err)
	}
	for _, d := range days {
		m.closed[int64(d)] = true
	}
	var err error
	m.erased, err = ledger.ErasedSince(ctx, conn)
	return m, err
}

// learnTools makes the pseudonyms that letters about unknown tools would have.
func (m *mender) learnTools(key *schema.Pseudonymizer) error {
	if key == nil {
		return nil
	}
	catalogue, err := tools.LoadWith(m.config.Tools)
	if err != nil {
		return usageError{fmt.Errorf("tools: %w", err)}
	}
	for _, tool := range catalogue.Tools() {
		m.known[string(key.Append(nil, schema.ToolIdentifier, tool.ID))] = tool.ID
	}
	return nil
}

// Why letters cannot be sent again. The words are ours and name the mend.
var (
	errSenders    = errors.New("only its sender can mend it and send it again")
	errNotKept    = errors.New("its event was not kept")
	errAlsoOther  = errors.New("more than the name of the tool was wrong, or no tool can have that name")
	errNoTool     = errors.New("no catalogue file has its tool yet; add one to the folder of the setting tools")
	errAhead      = errors.New("its time is still to come; replay it later")
	errNoTime     = errors.New("its time could not be read or is too long ago")
	errClosedDay  = errors.New("its day is closed")
	errErased     = errors.New("its person was erased after it was received")
	errTooOld     = errors.New("it was received over 90 days ago, and events so old are not kept")
	errGone       = errors.New("its message is not in Kafka any more")
	errUnreadable = errors.New("this version cannot read its message either; update and replay")
)

// mend returns the event of a letter as it can be sent now, or why it cannot.
func (m *mender) mend(ctx context.Context, l *schema.DeadLetter) (*schema.UsageEvent, error) {
	event, err := m.eventOf(ctx, l)
	if err != nil {
		return nil, err
	}
	if m.closed[int64(event.OccurredAtUnixNano)/int64(day24)] {
		return nil, errClosedDay
	}
	if time.Unix(0, int64(event.ReceivedAtUnixNano)).Before(m.now.Add(-rollup.Retention)) {
		return nil, errTooOld
	}
	if r := schema.Validate(event); r != nil {
		return nil, fmt.Errorf("it is still refused: %s: %s", r.Code, r.Field)
	}
	return event, nil
}

const day24 = 24 * time.Hour

func (m *mender) eventOf(ctx context.Context, l *schema.DeadLetter) (*schema.UsageEvent, error) {
	switch code := schema.Code(l.Code); {
	case code == schema.CodeClosedDay:
		return nil, errClosedDay
	case l.Stage == schema.Stage_STAGE_INGEST:
		return m.original(ctx, l)
	case code == schema.CodeUnknownTool:
		return m.withTool(l)
	case code == schema.CodeBadTime:
		return m.inTime(l)
	default:
		return nil, errSenders
	}
}

// withTool gives the event the tool that a catalogue file has by now.
func (m *mender) withTool(l *schema.DeadLetter) (*schema.UsageEvent, error) {
	if l.Event == nil || len(l.ToolPseudonym) == 0 {
		return nil, errAlsoOther
	}
	tool, known := m.known[string(l.ToolPseudonym)]
	if !known {
		return nil, errNoTool
	}
	l.Event.Tool = tool
	return l.Event, nil
}

// inTime takes an event whose time has come. It is received now, so that its
// time is judged as that of any other event.
func (m *mender) inTime(l *schema.DeadLetter) (*schema.UsageEvent, error) {
	if l.Event == nil {
		return nil, errNotKept
	}
	occurred := time.Unix(0, int64(l.Event.OccurredAtUnixNano))
	received := time.Unix(0, int64(l.ReceivedAtUnixNano))
	switch {
	case !occurred.After(received):
		return nil, errNoTime
	case occurred.After(m.now):
		return nil, errAhead
	case m.wasErased(l.Event, received):
		return nil, errErased
	}
	l.Event.ReceivedAtUnixNano = uint64(m.now.UnixNano())
	return l.Event, nil
}

// wasErased says whether the event would bring back what an erasure took out: it
// is received anew here, so that ingest cannot tell.
func (m *mender) wasErased(e *schema.UsageEvent, received time.Time) bool {
	owner := e.Person
	if len(owner) == 0 {
		owner = e.Device
	}
	return received.Before(m.erased[tabledef.ErasedHash(schema.PseudonymString(owner))])
}

// original reads the message that ingest refused: a newer version may know what
// the one before did not.
func (m *mender) original(ctx context.Context, l *schema.DeadLetter) (*schema.UsageEvent, error) {
	value, err := m.reader.one(ctx, topicPosition{l.Topic, int(l.Partition)}, l.Offset)
	if err != nil {
		return nil, passing{error: err}
	}
	if value == nil || l.Topic != m.config.Kafka.Topic {
		return nil, errGone
	}
	event := new(schema.UsageEvent)
	if event.UnmarshalVT(value) != nil {
		return nil, errUnreadable
	}
	if len(l.EventId) > 0 && !bytes.Equal(l.EventId, event.EventId) {
		return nil, errGone // the topic was made anew, and another lies there
	}
	return event, nil
}
