package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/rollup"
)

// tracedRow is a row of event or reading with the way it came.
type tracedRow struct {
	id, kind                                string
	occurred, received, published, inserted time.Time
	collector, path, signal, evidence, tool string
	what, initiator, decision               string
	person, device                          string
	partition                               int32
	offset                                  int64
}

// Both tables in the columns of a tracedRow.
const (
	tracedEvents = `
SELECT toString(event_id), 'event', occurred_at AS at, received_at, published_at, inserted_at, toString(collector), toString(path), toString(signal), toString(evidence),
    toString(tool), toString(action), toString(initiator), toString(decision), person, device, partition, offset
FROM event %s WHERE %s`
	tracedReadings = `
SELECT toString(stream), 'reading', toDateTime64(read_at, 6, 'UTC') AS at, received_at, published_at, inserted_at, toString(collector), 'otlp', 'metrics', toString(evidence),
    toString(tool), toString(measure), toString(initiator), toString(decision), person, device, partition, offset
FROM reading FINAL WHERE %s`
)

func readTraced(ctx context.Context, conn driver.Conn, query string) ([]tracedRow, error) {
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read the events: %w", err)
	}
	defer rows.Close()
	var all []tracedRow
	for rows.Next() {
		var r tracedRow
		if err := rows.Scan(&r.id, &r.kind, &r.occurred, &r.received, &r.published, &r.inserted, &r.collector, &r.path, &r.signal, &r.evidence,
			&r.tool, &r.what, &r.initiator, &r.decision, &r.person, &r.device, &r.partition, &r.offset); err != nil {
			return nil, fmt.Errorf("read the events: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// key is who the row names, as figures see it.
func (r tracedRow) key() string {
	if r.person != "" {
		return r.person
	}
	return r.device
}

// act is what the row tells, in words.
func (r tracedRow) act() string {
	words := []string{r.what}
	if r.initiator != "" {
		words = append(words, "by", r.initiator)
	}
	if r.decision != "" {
		words = append(words, r.decision)
	}
	if r.signal != "" {
		words = append(words, "from", r.signal)
	}
	return strings.Join(words, " ")
}

// place is where the message lies in Kafka; rows of earlier versions do not know.
func (r tracedRow) place(topic string) any {
	if r.published.Unix() <= 0 {
		return nil
	}
	return fmt.Sprintf("%s partition %d offset %d", topic, r.partition, r.offset)
}

// told finds what rows tell of person-days.
type told map[string]rollup.Told

func toldKey(id string, at time.Time) string { return fmt.Sprint(id, " ", at.Unix()) }

func (f told) of(r tracedRow) (rollup.Told, bool) {
	t, found := f[toldKey(r.id, r.occurred)]
	return t, found
}

// note says in the audit of whom events are shown: before they are found nobody
// knows.
func (t *tracer) note(ctx context.Context, rows []tracedRow) error {
	noted := map[string]bool{"": true}
	for _, r := range rows {
		if noted[r.person] {
			continue
		}
		noted[r.person] = true
		if err := audited(ctx, t.conn, "trace", r.person, tracedTables...); err != nil {
			return err
		}
	}
	return nil
}

// explain asks for the rule by which the rows count.
func (t *tracer) explain(ctx context.Context, rows []tracedRow) (told, error) {
	if err := t.note(ctx, rows); err != nil {
		return told{}, err
	}
	var keys []string
	var days []rollup.Day
	for _, r := range rows {
		if r.key() != "" {
			keys, days = append(keys, r.key()), append(days, rollup.DayOf(r.occurred.UTC()))
		}
	}
	if len(keys) == 0 {
		return told{}, nil
	}
	slices.Sort(keys)
	slices.Sort(days)
	facts, err := rollup.Explain(ctx, t.conn, t.authority, slices.Compact(keys), slices.Compact(days))
	if err != nil {
		return nil, err
	}
	found := told{}
	for _, f := range facts {
		found[toldKey(f.ID, f.At)] = f
	}
	return found, nil
}

// Why a row counts for nothing.
const (
	countsUnnamed   = "unattributed"
	countsRepeated  = "repeated"
	countsNotBetter = "better_signal"
	countsNothing   = "nothing"
)

const whyRepeated = "another copy of the event counts, which was received first or tells the person's decision"

// counted says in one word as what the row counts, and in a sentence why.
func counted(r tracedRow, all told) (word, why string) {
	f, found := all.of(r)
	switch {
	case r.key() == "":
		return countsUnnamed, "it names nobody, so that it is in unattributed_share and in nobody's days"
	case !found:
		return countsRepeated, whyRepeated
	case !f.Believed:
		return countsNotBetter, fmt.Sprintf("%s told of %s that day, and only the best signal counts", strings.Join(f.Better, " and "), strings.ReplaceAll(f.Fact, "_", " "))
	case f.Person == "":
		return countsUnnamed, "its device has no owner on the roster, so that it is in unattributed_share and in nobody's days"
	}
	word = wordOf(f)
	if f.Infers {
		why = "only counters tell of the prompts of that day, so that one act at least is inferred from it"
	}
	if f.Unused {
		return countsNothing, "the tool was started, and nothing tells that it was asked that day"
	}
	if !f.OnRoster {
		return word, "the person is not on the roster of that day, so that it is in person_day and, when it is an act, in unattributed_share, and in no other figure"
	}
	return word, why
}

// wordOf is the most that a fact counts as, with the number of a counter; of
// tokens, cost and lines their name.
func wordOf(f rollup.Told) string {
	for _, c := range []struct {
		word string
		n    uint64
	}{
		{"act", f.Acts}, {"agent", f.Agent}, {"passive", f.Passive}, {"request", f.Requests}, {"tool_use", f.ToolUses},
	} {
		switch {
		case c.n == 1:
			return c.word
		case c.n > 1:
			return fmt.Sprintf("%s × %d", c.word, c.n)
		}
	}
	switch f.Fact {
	case "tokens", "cost", "lines":
		return f.Fact
	}
	return countsNothing
}

// moment6 is a time in the form of the tables, nil for none.
func moment6(t time.Time) any {
	if t.Unix() <= 0 {
		return nil
	}
	return t.UTC().Format("2006-01-02 15:04:05.000000")
}
