package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"
)

// coverageTables tell who was heard.
var coverageTables = []string{"event", "reading", "heard", "person_day", "population", "roster_version", "alias_version"}

// newCoverage is `uptake coverage`.
func newCoverage(s *settings) *cobra.Command {
	var format outputFormat
	c := &cobra.Command{
		Use:   "coverage",
		Short: "Tell IT per tool what is heard, of how many, and which tools fell silent",
		Long: `Tells per tool, for whoever runs the clients: devices and browsers heard in the
last 7 and 28 days, people heard and people expected (eligible in the newest
week), the last event and the last mark of a record that is no event, and of the
events of the last 28 days the share that names nobody or somebody who is not on
the roster. A tool of which nothing came for 7 days is silent: its figures are
unknown from the week after on, not zero. Devices are counted exactly; people are
a class where they are fewer than the minimum group.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withTables(1, func(c Config, conn driver.Conn) error {
				if err := audited(cmd.Context(), conn, "coverage", "", coverageTables...); err != nil {
					return err
				}
				heard, err := readCoverage(cmd.Context(), conn, time.Now().UTC())
				if err != nil {
					return err
				}
				k := c.Adoption.Publish.Least()
				if format == "table" {
					return printTable(cmd.OutOrStdout(), readableCoverage(heard, k))
				}
				return format.print(cmd.OutOrStdout(), coverageTable(heard, k))
			})
		},
	}
	format.flag(c.Flags())
	return c
}

// twoSpans holds a count of the last 7 days and one of the last 28.
type twoSpans struct{ week, month uint64 }

// toolHeard is what was heard of a tool.
type toolHeard struct {
	tool                      string
	lastEvent, lastMark       time.Time
	devices, browsers, people twoSpans
	// expected is -1 where no week has been calculated.
	expected int64
	// events of the last 28 days; of them nameless name nobody, strangers
	// somebody who is not on the roster.
	events, nameless, strangers uint64
	now                         time.Time
}

// silentAfter is how long nothing may come before a tool counts as silent: a
// week without anything is a week whose figures are unknown.
const silentAfter = 7 * 24 * time.Hour

func (h toolHeard) lastHeard() time.Time {
	if h.lastMark.After(h.lastEvent) {
		return h.lastMark
	}
	return h.lastEvent
}

func (h toolHeard) state() string {
	switch last := h.lastHeard(); {
	case last.IsZero():
		return "never"
	case h.now.Sub(last) > silentAfter:
		return "silent"
	}
	return "heard"
}

// coverageQuery has a row per tool that was heard of or is expected. A counter
// that came as a metric is a fact like an event; a mark is heard and no fact.
// Its times are the days of UTC up to the parameter.
const coverageQuery = `
WITH toDate('%[1]s') AS today,
known AS
(
    SELECT person AS key, person AS owner FROM roster GROUP BY person
    UNION ALL
    SELECT alias AS key, person AS owner FROM alias
),
latest AS
(
    SELECT toString(tool) AS tool, max(event_at) AS last_event, max(mark_at) AS last_mark FROM
    (
        SELECT tool, max(occurred_at) AS event_at, toDateTime64(0, 6, 'UTC') AS mark_at FROM event GROUP BY tool
        UNION ALL
        SELECT tool, toDateTime64(max(read_at), 6, 'UTC'), toDateTime64(0, 6, 'UTC') FROM reading GROUP BY tool
        UNION ALL
        SELECT tool, toDateTime64(max(day), 6, 'UTC'), toDateTime64(0, 6, 'UTC') FROM person_day GROUP BY tool
        UNION ALL
        SELECT tool, toDateTime64(0, 6, 'UTC'), toDateTime64(max(day), 6, 'UTC') FROM heard GROUP BY tool
    )
    GROUP BY tool
),
counted AS
(
    SELECT
        toString(tool) AS tool,
        uniqExactIf(device, device != '' AND NOT browser AND day > today - 7) AS devices_week, uniqExactIf(device, device != '' AND NOT browser) AS devices_month,
        uniqExactIf(device, device != '' AND browser AND day > today - 7) AS browsers_week, uniqExactIf(device, device != '' AND browser) AS browsers_month,
        uniqExactIf(if(owner != '', owner, person), (owner != '' OR person != '') AND NOT service AND day > today - 7) AS people_week,
        uniqExactIf(if(owner != '', owner, person), (owner != '' OR person != '') AND NOT service) AS people_month,
        sumIf(n, NOT service) AS events, sumIf(n, NOT service AND person = '' AND owner = '') AS nameless, sumIf(n, NOT service AND person != '' AND owner = '') AS strangers
    FROM
    (
        SELECT tool, person, device, surface = 'web' AS browser, person_kind = 'service' AS service, toDate(occurred_at) AS day, countIf(action != 'heartbeat') AS n
        FROM event WHERE toDate(occurred_at) BETWEEN today - 27 AND today GROUP BY ALL
        UNION ALL
        SELECT tool, person, device, surface = 'web', person_kind = 'service', toDate(read_at) AS day, count()
        FROM reading WHERE toDate(read_at) BETWEEN today - 27 AND today GROUP BY ALL
        UNION ALL
        SELECT DISTINCT tool, person, device, false, false, day, 0 FROM heard WHERE day BETWEEN today - 27 AND today
    ) AS fact
    LEFT JOIN known ON known.key = if(fact.person != '', fact.person, fact.device)
    GROUP BY tool
),
placed AS (SELECT max(period) AS week FROM population WHERE grain = 'week'),
expected AS
(
    SELECT toString(arrayJoin(eligible)) AS tool, toInt64(count()) AS people FROM population
    WHERE grain = 'week' AND period = (SELECT week FROM placed) GROUP BY tool
)
SELECT
    tool, max(last_event), max(last_mark), sum(devices_week), sum(devices_month), sum(browsers_week), sum(browsers_month), sum(people_week), sum(people_month),
    sum(events), sum(nameless), sum(strangers), if((SELECT toUInt32(week) FROM placed) = 0, -1, sum(people))
FROM
(
    SELECT tool, last_event, last_mark, 0 AS devices_week, 0 AS devices_month, 0 AS browsers_week, 0 AS browsers_month, 0 AS people_week, 0 AS people_month,
        0 AS events, 0 AS nameless, 0 AS strangers, toInt64(0) AS people
    FROM latest
    UNION ALL
    SELECT tool, toDateTime64(0, 6, 'UTC'), toDateTime64(0, 6, 'UTC'), devices_week, devices_month, browsers_week, browsers_month, people_week, people_month, events, nameless, strangers, 0
    FROM counted
    UNION ALL
    SELECT tool, toDateTime64(0, 6, 'UTC'), toDateTime64(0, 6, 'UTC'), 0, 0, 0, 0, 0, 0, 0, 0, 0, people
    FROM expected WHERE tool != 'any' AND NOT startsWith(tool, 'category:')
)
WHERE tool != ''
GROUP BY tool`

// readCoverage lists the tools, those that are not heard first.
func readCoverage(ctx context.Context, conn driver.Conn, now time.Time) ([]toolHeard, error) {
	rows, err := conn.Query(ctx, fmt.Sprintf(coverageQuery, now.Format(time.DateOnly)))
	if err != nil {
		return nil, fmt.Errorf("read what is heard of the tools: %w", err)
	}
	defer rows.Close()
	var all []toolHeard
	for rows.Next() {
		h := toolHeard{now: now}
		if err := rows.Scan(&h.tool, &h.lastEvent, &h.lastMark, &h.devices.week, &h.devices.month, &h.browsers.week, &h.browsers.month, &h.people.week, &h.people.month,
			&h.events, &h.nameless, &h.strangers, &h.expected); err != nil {
			return nil, fmt.Errorf("read what is heard of the tools: %w", err)
		}
		h.lastEvent, h.lastMark = orZero(h.lastEvent), orZero(h.lastMark)
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b toolHeard) int {
		if byState := -strings.Compare(a.state(), b.state()); byState != 0 {
			return byState
		}
		return strings.Compare(a.tool, b.tool)
	})
	return all, rows.Err()
}

// orZero makes the tables' word for never Go's.
func orZero(t time.Time) time.Time {
	if t.Unix() <= 0 {
		return time.Time{}
	}
	return t
}
