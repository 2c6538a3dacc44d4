package main

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/roster"
)

// heardQuery has per tool how many people used it in the 90 days that are kept,
// and when it was last heard of, by whatever came.
const heardQuery = `
SELECT tool, uniqExactIf(person, person != '') AS people, max(heard_on) AS last
FROM
(
    SELECT tool, person, toDate(max(occurred_at)) AS heard_on FROM event WHERE person_kind != 'service' GROUP BY tool, person
    UNION ALL
    SELECT tool, person, toDate(max(read_at)) AS heard_on FROM reading WHERE person_kind != 'service' GROUP BY tool, person
    UNION ALL
    SELECT tool, person, max(day) AS heard_on FROM heard WHERE day > today() - 90 GROUP BY tool, person
)
WHERE tool != '' GROUP BY tool ORDER BY tool`

// A tool of so many people is missed after so many working days.
const (
	missedPeople      = 3
	missedWorkingDays = 3
)

// examineSilence tells of tools that were used and went silent.
func (e *examination) examineSilence(ctx context.Context, conn driver.Conn) error {
	rows, err := conn.Query(ctx, heardQuery)
	if err != nil {
		return fmt.Errorf("read when the tools were heard: %w", err)
	}
	defer rows.Close()
	heard := 0
	for rows.Next() {
		var tool string
		var people uint64
		var last time.Time
		if err := rows.Scan(&tool, &people, &last); err != nil {
			return fmt.Errorf("read when the tools were heard: %w", err)
		}
		silent := workingDays(last, e.now)
		if people < missedPeople || silent <= missedWorkingDays {
			heard++
			continue
		}
		e.found.add(severityWarn, "tools", tool+" went silent", fmt.Sprintf("last heard %s, %d working days ago, of %d people before", last.Format(time.DateOnly), silent, people),
			"see that its settings still point at the collector, and that its token is in force")
	}
	if heard > 0 {
		e.found.add(severityOK, "tools", "tools that were heard of late", fmt.Sprint(heard), "")
	}
	return rows.Err()
}

// workingDays counts the days from Monday to Friday after the last one, today
// not included, since it may not be over.
func workingDays(last, now time.Time) int {
	n := 0
	today := now.UTC().Truncate(24 * time.Hour)
	for d := last.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1); d.Before(today); d = d.AddDate(0, 0, 1) {
		if weekday := d.Weekday(); weekday != time.Saturday && weekday != time.Sunday {
			n++
		}
	}
	return n
}

// identityQuery has per tool how many events of the last week are nobody's.
const identityQuery = `
WITH known AS
(
    SELECT person AS key, person AS owner FROM roster GROUP BY person
    UNION ALL
    SELECT alias AS key, person AS owner FROM alias
)
SELECT tool, sum(n) AS events, sumIf(n, person = '' AND owner = '') AS nameless, sumIf(n, person != '' AND owner = '') AS strangers
FROM
(
    SELECT tool, person, device, count() AS n FROM event
    WHERE received_at > now() - INTERVAL 7 DAY AND person_kind != 'service' AND action != 'heartbeat' GROUP BY tool, person, device
    UNION ALL
    SELECT tool, person, device, count() AS n FROM reading
    WHERE received_at > now() - INTERVAL 7 DAY AND person_kind != 'service' GROUP BY tool, person, device
) AS fact
LEFT JOIN known ON if(person != '', person, device) = known.key
GROUP BY tool ORDER BY tool`

// identityMuch is the share of a tool's events from which it is a warning that
// they are nobody's.
const identityMuch = 0.05

// examineIdentity tells of tools whose events cannot be given to anybody.
func (e *examination) examineIdentity(ctx context.Context, conn driver.Conn) error {
	var people uint64
	if err := conn.QueryRow(ctx, "SELECT uniqExact(person) FROM roster").Scan(&people); err != nil {
		return fmt.Errorf("count the people: %w", err)
	}
	if people == 0 {
		e.found.add(severityWarn, "identity", "no people are imported", "0 on the roster", "import them with: uptake roster import --people people.csv")
		return nil
	}
	rows, err := conn.Query(ctx, identityQuery)
	if err != nil {
		return fmt.Errorf("read who was named: %w", err)
	}
	defer rows.Close()
	sound := true
	for rows.Next() {
		var tool string
		var events, nameless, strangers uint64
		if err := rows.Scan(&tool, &events, &nameless, &strangers); err != nil {
			return fmt.Errorf("read who was named: %w", err)
		}
		sound = e.examineNames(tool, events, nameless, strangers) && sound
	}
	if sound {
		e.found.add(severityOK, "identity", "all that came is of people of the roster", fmt.Sprintf("%d people", people), "")
	}
	return rows.Err()
}

func (e *examination) examineNames(tool string, events, nameless, strangers uint64) (sound bool) {
	for _, c := range []struct {
		n          uint64
		what, mend string
	}{
		{nameless, tool + " sends without identity", "let its clients name their person, for example user.email in OTEL_RESOURCE_ATTRIBUTES, or give each person a token of their own; for devices of one person see: uptake roster suggest"},
		{strangers, tool + " names people who are not on the roster", "import them, or add what they are called there to their aliases; uptake roster suggest knows some"},
	} {
		if c.n == 0 {
			continue
		}
		s, share := severityNote, float64(c.n)/float64(events)
		if share >= identityMuch {
			s = severityWarn
		}
		e.found.add(s, "identity", c.what, fmt.Sprintf("%d of %d events of the last 7 days (%.0f %%)", c.n, events, 100*share), c.mend)
	}
	return nameless+strangers == 0
}

// examineDevices tells of devices whose events could find their person.
func (e *examination) examineDevices(ctx context.Context, conn driver.Conn) error {
	suggested, err := roster.Suggest(ctx, conn, enoughEvidence)
	if err != nil {
		return err
	}
	var gained uint64
	for _, s := range suggested.List {
		gained += s.Gained
	}
	if len(suggested.List) > 0 {
		e.found.add(severityNote, "devices", "devices or accounts seem to be of one person", fmt.Sprintf("%d, with %d events that are nobody's yet", len(suggested.List), gained), "look at them and accept them: uptake roster suggest")
	}
	if suggested.Ambiguous > 0 {
		e.found.add(severityNote, "devices", "devices that several people use send without identity", fmt.Sprint(suggested.Ambiguous), "let their clients name the person; a device tells nothing there")
	}
	if len(suggested.List)+suggested.Ambiguous == 0 {
		e.found.add(severityOK, "devices", "no device needs an alias", "", "")
	}
	return nil
}
