package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptake-telemetry/uptake/schema"
)

// group shows the events of a person, or else of a session, where there are any.
func (t *tracer) group(ctx context.Context, person, session []byte, asked traceRequest, show printer) (shown bool, err error) {
	keys, err := t.identifiers(ctx, person)
	if err != nil {
		return false, err
	}
	pseudonym := "'" + schema.PseudonymString(person) + "'"
	for _, g := range []struct{ condition, keys string }{
		{fmt.Sprintf("(person IN (%[1]s) OR person = '' AND device IN (%[1]s) OR device = %[2]s)", keys, pseudonym), keys},
		{"session = '" + schema.PseudonymString(session) + "'", ""},
	} {
		rows, err := readTraced(ctx, t.conn, fmt.Sprintf("SELECT * FROM (%s UNION ALL %s) ORDER BY at DESC, offset DESC LIMIT %d",
			fmt.Sprintf(tracedEvents, "FINAL", g.condition), fmt.Sprintf(tracedReadings, g.condition), asked.limit))
		if err != nil {
			return false, err
		}
		if len(rows) > 0 {
			slices.Reverse(rows)
			return true, t.list(ctx, rows, g.condition, g.keys, show)
		}
	}
	return false, nil
}

// identifiers are the pseudonym, its owner and all others of that owner, quoted.
func (t *tracer) identifiers(ctx context.Context, pseudonym []byte) (string, error) {
	given := schema.PseudonymString(pseudonym)
	all, err := readStrings(ctx, t.conn, fmt.Sprintf(`
SELECT DISTINCT concat('\'', key, '\'') FROM
(
    SELECT '%[1]s' AS key
    UNION ALL SELECT person FROM alias WHERE alias = '%[1]s'
    UNION ALL SELECT alias FROM alias WHERE person = '%[1]s' OR person IN (SELECT person FROM alias WHERE alias = '%[1]s')
)`, given))
	if err != nil {
		return "", fmt.Errorf("read the aliases: %w", err)
	}
	return strings.Join(all, ","), nil
}

// list shows rows with how they came and count, and the totals of all there are.
func (t *tracer) list(ctx context.Context, rows []tracedRow, condition, keys string, show printer) error {
	facts, err := t.explain(ctx, rows)
	if err != nil {
		return err
	}
	answer := report{width: len(time.DateTime) + 2}
	answer.rows = table{columns: []string{
		"occurred_at", "received_at", "collector", "published_at", "partition", "offset", "inserted_at",
		"kind", "id", "tool", "what", "person", "day", "counted", "why",
	}}
	for _, r := range rows {
		word, why := counted(r, facts)
		person, day := any(nil), any(nil)
		if f, found := facts.of(r); found && f.Person != "" {
			person, day = f.Person, f.Day.Format(time.DateOnly)
		}
		answer.rows.rows = append(answer.rows.rows, []any{
			moment6(r.occurred), moment6(r.received), r.collector, moment6(r.published), r.partition, r.offset, moment6(r.inserted),
			r.kind, r.id, r.tool, r.act(), person, day, word, why,
		})
		answer.page = append(answer.page, r.paragraph(word, why, person, day))
	}
	if answer.totals, err = t.totals(ctx, len(rows), condition, keys); err != nil {
		return err
	}
	return show(answer)
}

// paragraph is the row for people: what happened, as what it counts, how it came.
func (r tracedRow) paragraph(word, why string, person, day any) paragraph {
	counts := "counts as " + word
	if person != nil {
		counts += fmt.Sprintf(" of %s on %s", person, day)
	}
	if why != "" {
		counts += ": " + why
	}
	came := r.kind + " " + r.id
	if r.collector != "" {
		came += ", received by " + r.collector
	}
	return paragraph{r.occurred.UTC().Format(time.DateTime), []string{r.tool + ": " + r.act(), counts, came}}
}

// totals says how many there are, and what the person's days hold.
func (t *tracer) totals(ctx context.Context, shown int, condition, keys string) (string, error) {
	var events, readings uint64
	err := t.conn.QueryRow(ctx, fmt.Sprintf("SELECT (SELECT count() FROM event FINAL WHERE %[1]s), (SELECT count() FROM reading FINAL WHERE %[1]s)", condition)).Scan(&events, &readings)
	if err != nil {
		return "", fmt.Errorf("count the events: %w", err)
	}
	text := fmt.Sprintf("%d of %d events and readings", shown, events+readings)
	if keys == "" {
		return text, nil
	}
	var days, acts, passive, agent uint64
	err = t.conn.QueryRow(ctx, fmt.Sprintf("SELECT uniqExactIf(day, acts > 0), sum(acts), sum(passive), sum(agent) FROM person_day WHERE person IN (%s)", keys)).Scan(&days, &acts, &passive, &agent)
	if err != nil {
		return "", fmt.Errorf("add up the days: %w", err)
	}
	return text + fmt.Sprintf("; in all days: %d acts on %d days, %d passive, %d by agents", acts, days, passive, agent), nil
}
