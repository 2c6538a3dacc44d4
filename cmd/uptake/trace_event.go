package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption"
)

// event shows the way of one event, hop by hop.
func (t *tracer) event(ctx context.Context, id [16]byte, show printer) error {
	text := uuid.UUID(id).String()
	hops := &hops{id: text, topic: t.config.Kafka.Topic}
	if err := t.letters(ctx, hops); err != nil {
		return err
	}
	// Without FINAL, so that copies are seen until ClickHouse merges them away; the
	// first is the one that stands.
	rows, err := readTraced(ctx, t.conn, fmt.Sprintf(tracedEvents, "", "event_id = '"+text+"'")+" ORDER BY precedence DESC, offset")
	if err != nil {
		return err
	}
	if len(rows)+len(hops.rows) == 0 {
		return t.errNothing(ctx)
	}
	facts, err := t.explain(ctx, rows)
	if err != nil {
		return err
	}
	for i, r := range rows {
		hops.came(r)
		if i > 0 && r.occurred.Equal(rows[0].occurred) {
			hops.add("counted", nil, "", countsRepeated+": "+whyRepeated)
			continue
		}
		if err := t.counts(ctx, hops, r, facts); err != nil {
			return err
		}
	}
	return show(hops.answer())
}

// hops are the stations of one event.
type hops struct {
	id, topic string
	rows      [][]any
}

func (h *hops) add(hop string, at, where any, note string) {
	h.rows = append(h.rows, []any{h.id, hop, at, where, note})
}

// Widths of the columns of the page, which is about one event.
const (
	hopWidth    = 11
	momentWidth = 28
)

func (h *hops) answer() report {
	t := report{rows: table{columns: []string{"event_id", "hop", "at", "where", "note"}, rows: h.rows}, width: hopWidth + momentWidth}
	t.page = []paragraph{{"event", []string{h.id}}}
	for _, r := range h.rows {
		p := paragraph{head: fmt.Sprintf("%-*s%s", hopWidth, r[1], cellText(r[2]))}
		for _, part := range []string{cellText(r[3]), cellText(r[4])} {
			if part != "" {
				p.lines = append(p.lines, part)
			}
		}
		t.page = append(t.page, p)
	}
	return t
}

// came adds the way of a row up to its table.
func (h *hops) came(r tracedRow) {
	note := "over " + r.path
	if r.evidence != "" {
		note += ", " + r.evidence
	}
	h.add("occurred", moment6(r.occurred), r.tool, r.act())
	h.add("received", moment6(r.received), r.collector, note)
	h.add("spooled", nil, r.collector, "on the collector's disk before its sender was answered, and until it was published")
	h.add("published", moment6(r.published), r.place(h.topic), "")
	h.add("inserted", moment6(r.inserted), r.kind, "")
}

// letters adds where the event was refused.
func (t *tracer) letters(ctx context.Context, h *hops) error {
	rows, err := t.conn.Query(ctx, `
SELECT received_at, toString(stage), code, field, message, topic, partition, offset
FROM dead_letter FINAL WHERE event_id = ? ORDER BY received_at`, h.id)
	if err != nil {
		return fmt.Errorf("read the dead letters: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var received time.Time
		var stage, code, field, message, topic string
		var partition int32
		var offset int64
		if err := rows.Scan(&received, &stage, &code, &field, &message, &topic, &partition, &offset); err != nil {
			return fmt.Errorf("read the dead letters: %w", err)
		}
		h.add("refused", moment6(received), fmt.Sprintf("%s, %s partition %d offset %d", stage, topic, partition, offset),
			fmt.Sprintf("%s: %s: %s", code, field, message))
	}
	return rows.Err()
}

// counts adds how the row counts, and in which weeks.
func (t *tracer) counts(ctx context.Context, h *hops, r tracedRow, facts told) error {
	word, why := counted(r, facts)
	f, found := facts.of(r)
	where, note := any(nil), word
	if why != "" {
		note += ": " + why
	}
	if found && f.Person != "" {
		where = fmt.Sprintf("person_day %s %s", f.Day.Format(time.DateOnly), f.Tool)
		note += fmt.Sprintf(" (person %s)", f.Person)
	}
	day := r.occurred.UTC().Truncate(day24)
	if found {
		day = f.Day.UTC()
	}
	followed, err := adoption.Follow(ctx, t.conn, []time.Time{day}, t.now)
	if err != nil {
		return err
	}
	following := followed[day]
	if following.Stale {
		note += "; the day is about to be rebuilt"
	}
	h.add("counted", nil, where, note)
	if !found || !f.Believed || f.Person == "" || !f.OnRoster || word == countsNothing {
		return nil
	}
	for _, w := range following.Weeks {
		h.add("figures", moment6(w.PublishedAt), "week "+w.Monday.Format(time.DateOnly), weekNote(w, following.Stale))
	}
	return nil
}

// weekNote says how far a week is.
func weekNote(w adoption.FollowedWeek, dayStale bool) string {
	note := w.State
	if note == "" {
		note = "not published yet"
	}
	if w.Stale || dayStale {
		note += "; to be calculated anew"
	}
	return note
}
