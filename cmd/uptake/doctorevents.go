package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/schema/tools"
)

// clocksQuery has per tool the events of the last week that happened after they
// were received, and the devices of which not even the freshest of many
// telemetry records was fresh. Scripts post old events on purpose.
const clocksQuery = `
SELECT tool, sum(events) AS ahead, max(most) AS furthest, countIf(behind) AS slow, maxIf(least, behind) AS slowest
FROM
(
    SELECT
        tool, device,
        countIf(age < -120) AS events,
        max(-age) AS most,
        min(age) AS least,
        device != '' AND countIf(path = 'otlp') >= 20 AND minIf(age, path = 'otlp') > 600 AS behind
    FROM (SELECT tool, device, path, toInt64(toUnixTimestamp(received_at)) - toInt64(toUnixTimestamp(occurred_at)) AS age FROM event WHERE received_at > now() - INTERVAL 7 DAY)
    GROUP BY tool, device
)
GROUP BY tool HAVING ahead > 0 OR slow > 0 ORDER BY tool`

// examineClocks tells of senders whose clock is wrong.
func (e *examination) examineClocks(ctx context.Context, conn driver.Conn) error {
	rows, err := conn.Query(ctx, clocksQuery)
	if err != nil {
		return fmt.Errorf("read the times of events: %w", err)
	}
	defer rows.Close()
	sound := true
	for ; rows.Next(); sound = false {
		var tool string
		var ahead, slow uint64
		var furthest, slowest int64
		if err := rows.Scan(&tool, &ahead, &furthest, &slow, &slowest); err != nil {
			return fmt.Errorf("read the times of events: %w", err)
		}
		if ahead > 0 {
			e.found.add(severityWarn, "clocks", tool+" sends from clocks that are ahead", fmt.Sprintf("%d events of the last 7 days, up to %s", ahead, seconds(furthest)),
				"set the clocks of those machines by the network (NTP); over 10 min ahead events are refused")
		}
		if slow > 0 {
			e.found.add(severityWarn, "clocks", tool+" sends from clocks that are behind, or long after the fact", fmt.Sprintf("%d devices, by at least %s", slow, seconds(slowest)),
				"set the clocks of those machines by the network (NTP), or let them export sooner")
		}
	}
	if sound {
		e.found.add(severityOK, "clocks", "the clocks of senders are right", "", "")
	}
	return rows.Err()
}

func seconds(n int64) string { return span(time.Duration(n) * time.Second) }

// letterMends say what to do about dead letters of a code.
var letterMends = map[string]string{
	"bad_time":      "set the clocks of those machines by the network (NTP); events may be 400 days old and 10 min ahead",
	"closed_day":    "nothing: the days were closed before their events came; let clients send sooner",
	"unknown_tool":  "use an id of the catalogue, or add a file for the tool in the folder tools",
	"unknown_field": "send only fields of docs/sending.md; content has no place there",
}

// examineLetters tells why events were refused.
func (e *examination) examineLetters(ctx context.Context, conn driver.Conn) error {
	rows, err := conn.Query(ctx, `SELECT code, count(), uniqExact(tool), max(received_at) FROM dead_letter FINAL
		WHERE received_at > now() - INTERVAL 7 DAY GROUP BY code ORDER BY count() DESC, code`)
	if err != nil {
		return fmt.Errorf("read the dead letters: %w", err)
	}
	defer rows.Close()
	sound := true
	for ; rows.Next(); sound = false {
		var code string
		var letters, of uint64
		var last time.Time
		if err := rows.Scan(&code, &letters, &of, &last); err != nil {
			return fmt.Errorf("read the dead letters: %w", err)
		}
		s := severityWarn
		if code == "closed_day" {
			s = severityNote
		}
		e.found.add(s, "letters", "events were refused as "+code, fmt.Sprintf("%d in 7 days, of %d tools, the last %s", letters, of, e.ago(last)),
			cmp.Or(letterMends[code], "mend the sender: field and message are in the table dead_letter"))
	}
	if sound {
		e.found.add(severityOK, "letters", "no event was refused in 7 days", "", "")
	}
	return rows.Err()
}

// examineToolVersions tells of tools in other versions than those whose
// telemetry was measured: newer ones may have changed it.
func (e *examination) examineToolVersions(ctx context.Context, conn driver.Conn) error {
	catalogue, err := tools.LoadWith(e.config.Tools)
	if err != nil {
		e.found.unasked("versions", "the catalogue cannot be read", err, "mend the folder tools of the settings")
		return nil
	}
	rows, err := conn.Query(ctx, "SELECT tool, groupUniqArray(tool_version) FROM event WHERE received_at > now() - INTERVAL 7 DAY AND tool_version != '' AND path = 'otlp' GROUP BY tool ORDER BY tool")
	if err != nil {
		return fmt.Errorf("read the versions of tools: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var seen []string
		if err := rows.Scan(&id, &seen); err != nil {
			return fmt.Errorf("read the versions of tools: %w", err)
		}
		if tool := catalogue.Tool(id); tool != nil && len(tool.File().MeasuredWith) > 0 {
			e.examineToolVersion(id, seen, tool.File().MeasuredWith)
		}
	}
	return rows.Err()
}

func (e *examination) examineToolVersion(tool string, seen, measured []string) {
	first, last := slices.MinFunc(measured, compareVersions), slices.MaxFunc(measured, compareVersions)
	slices.SortFunc(seen, compareVersions)
	if compareVersions(seen[0], first) < 0 {
		e.found.add(severityNote, "versions", tool+" is older than measured", seen[0]+", measured from "+first, "update it, or compare its counts with what people say they do")
	}
	if newest := seen[len(seen)-1]; compareVersions(newest, last) > 0 {
		e.found.add(severityNote, "versions", tool+" is newer than measured", newest+", measured to "+last, "watch uptake_collector_records_ignored_total of it; its file in the catalogue may have to follow")
	}
}

// compareVersions compares the numbers of two versions one after the other.
func compareVersions(a, b string) int {
	split := func(v string) []string {
		return strings.FieldsFunc(v, func(r rune) bool { return r < '0' || r > '9' })
	}
	return slices.CompareFunc(split(a), split(b), func(x, y string) int {
		m, _ := strconv.Atoi(x)
		n, _ := strconv.Atoi(y)
		return cmp.Compare(m, n)
	})
}
