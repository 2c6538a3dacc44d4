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

// factColumns are those that placed gives, in its order.
const factColumns = `
    who String, person String, day Date, late Bool, utc_day Date, utc_late Bool, local_day Date,
    tool LowCardinality(String), signal UInt8, fact UInt8,
    act UInt64, passive UInt64, agent UInt64, prompt UInt64, request UInt64, tool_use UInt64, commit UInt64, use Bool, sessions Array(UInt64),
    input_uncached UInt64, cache_read UInt64, cache_write UInt64, output UInt64, reasoning UInt64, input_total UInt64, output_total UInt64,
    cost UInt64, added UInt64, removed UInt64`

// placed are the facts that the local days and the days of UTC hang on, summed:
// each with who it belongs to, where that is nobody known the key as sent, and
// with its day and its day of UTC. A person who is on no day of the roster has
// the day of UTC there too, and no local_day. A fact is late in the last hour of
// the day, where it says what was heard for the next.
func placed(days []Day, zones []*time.Location) string { return placedWith(days, zones, "", "") }

// placedWith are the facts that meet a further condition, kept apart by further
// columns; both begin with what joins them to those that are there.
func placedWith(days []Day, zones []*time.Location, condition, columns string) string {
	around := utcDays(days)
	from, until := around[0].Time(), (around[len(around)-1] + 1).Time()
	return fmt.Sprintf(`
WITH
    arrayFirst(place -> place.2 <= at AND at < place.3, owners.places) AS place,
    at + place.4 AS clock
SELECT
    if(owners.owner != '', owners.owner, key) AS who,
    if(owners.owner != '', owners.owner, named) AS person,
    toDate(toUInt16(intDiv(clock, 86400))) AS day,
    clock %% 86400 >= 82800 AS late,
    toDate(toUInt16(intDiv(at, 86400))) AS utc_day,
    at %% 86400 >= 82800 AS utc_late,
    if(place.3 > 0, day, toDate(0)) AS local_day,
    tool, signal, fact%[4]s,
    sum(act) AS act, sum(passive) AS passive, sum(agent) AS agent, sum(prompt) AS prompt, sum(request) AS request, sum(tool_use) AS tool_use,
    sum(commit) AS commit, max(use) AS use, groupUniqArrayIf(cityHash64(session), session != '') AS sessions,
    sum(input_uncached) AS input_uncached, sum(cache_read) AS cache_read, sum(cache_write) AS cache_write, sum(output) AS output,
    sum(reasoning) AS reasoning, sum(input_total) AS input_total, sum(output_total) AS output_total,
    sum(cost) AS cost, sum(added) AS added, sum(removed) AS removed
FROM (%[1]s) AS told
LEFT JOIN (%[2]s) AS owners ON told.key = owners.key
WHERE day IN (%[3]s) OR utc_day IN (%[3]s) OR late AND day + 1 IN (%[3]s) OR utc_late AND utc_day + 1 IN (%[3]s)
GROUP BY who, person, day, late, utc_day, utc_late, local_day, tool, signal, fact%[4]s`,
		facts(around, "("+timesOf(days, zones, from, until)+")"+condition), owners(zones, from, until), list(days), columns)
}

// owners says of every identifier of the roster who owns it, and where the
// owner's times lie.
func owners(zones []*time.Location, from, until time.Time) string {
	return fmt.Sprintf(`
        SELECT known.key AS key, known.owner AS owner, placed.places AS places
        FROM (%s) AS known LEFT JOIN (%s) AS placed ON known.owner = placed.person`, known, placements(zones, from, until))
}
