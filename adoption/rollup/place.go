package rollup

import (
	"fmt"
	"time"
)

// known says of every identifier of the roster who owns it.
const known = `
    SELECT person AS key, person AS owner FROM roster GROUP BY person
    UNION ALL
    SELECT alias AS key, person AS owner FROM alias`

// placements has for each person the times that lie on a day of one of their
// roster rows, with the distance of the row's zone from UTC, the latest row
// first: the first that holds a fact's time says its local day.
func placements(zones []*time.Location, from, until time.Time) string {
	return fmt.Sprintf(`
    SELECT person, arrayReverseSort(groupArray((since, starts, ends, shift))) AS places
    FROM
    (
        SELECT
            person,
            toInt64(toInt32(valid_from)) AS since,
            shift,
            greatest(opens, since * 86400 - shift) AS starts,
            least(shuts, (toInt64(toInt32(valid_to)) + 1) * 86400 - shift) AS ends
        FROM roster INNER JOIN (%s) AS zone ON roster.timezone = zone.timezone
    )
    WHERE starts < ends
    GROUP BY person`, zoneTable(zones, from, until))
}

// fillPersonDays writes the person-days of the local days to the table. A
// person who is on no day of the roster has the day of UTC.
func fillPersonDays(table string, days []Day, zones []*time.Location) string {
	around := utcDays(days)
	from, until := around[0].Time(), (around[len(around)-1] + 1).Time()
	return fmt.Sprintf(`
INSERT INTO %[1]s (person, day, tool, acts, passive, agent, prompts, sessions, requests, tool_uses,
    tokens_input_uncached, tokens_cache_read, tokens_cache_write, tokens_output, tokens_reasoning, cost_micro_usd, lines_added, lines_removed, commits)
SELECT
    person, local_day, tool,
    least(sum(act), 4294967295), least(sum(passive), 4294967295), least(sum(agent), 4294967295), least(sum(prompt), 4294967295),
    uniqExactIf(session_counted, session_counted != ''), least(sum(request), 4294967295), least(sum(tool_use), 4294967295),
    sum(input_uncached), sum(cache_read), sum(cache_write), sum(output), sum(reasoning), sum(cost),
    least(sum(added), 4294967295), least(sum(removed), 4294967295), least(sum(commit), 4294967295)
FROM
(
    SELECT
        fact.*,
        if(owners.owner != '', owners.owner, named) AS person,
        arrayFirst(place -> place.2 <= at AND at < place.3, owners.places).4 AS shift,
        toDate(toUInt16(intDiv(at + shift, 86400))) AS local_day
    FROM (SELECT * FROM (%[2]s) WHERE %[5]s) AS fact
    LEFT JOIN (%[3]s) AS owners ON fact.key = owners.key
)
WHERE local_day IN (%[4]s) AND person != ''
GROUP BY person, local_day, tool`, table, facts(around), owners(zones, from, until), list(days), timesOf(days, zones, from, until))
}

// fillActDays writes the acts of the days of UTC to the table.
func fillActDays(table string, days []Day, zones []*time.Location) string {
	from, until := days[0].Time(), (days[len(days)-1] + 1).Time()
	return fmt.Sprintf(`
INSERT INTO %[1]s (day, tool, person, local_day, acts)
WITH arrayFirst(p -> p.2 <= at AND at < p.3, owners.places) AS place
SELECT
    toDate(toUInt16(intDiv(at, 86400))) AS day,
    tool,
    if(owners.owner != '', owners.owner, named) AS person,
    toDate(toUInt16(if(place.3 > 0, intDiv(at + place.4, 86400), 0))) AS local_day,
    least(sum(act), 4294967295)
FROM (%[2]s) AS fact
LEFT JOIN (%[3]s) AS owners ON fact.key = owners.key
WHERE act > 0
GROUP BY day, tool, person, local_day`, table, facts(days), owners(zones, from, until))
}

// owners says of every identifier of the roster who owns it, and where the
// owner's times lie.
func owners(zones []*time.Location, from, until time.Time) string {
	return fmt.Sprintf(`
        SELECT known.key AS key, known.owner AS owner, placed.places AS places
        FROM (%s) AS known LEFT JOIN (%s) AS placed ON known.owner = placed.person`, known, placements(zones, from, until))
}
