package rollup

import "fmt"

// A fact is an event, or the increment of a counter, in the columns of a
// person-day. Both have the same columns: key is who the fact names, a person
// or else a device; at is its time in seconds; session is empty unless the fact
// counts the session. What is nobody's is kept, for act_day.

// eventFacts are the events of the days of UTC. Of an id that was sent again
// with another time the copy received first stands; FINAL sees to that only
// within a day.
//
//   - act: rule 1 of docs/definitions.md. A kind that is not known counts as human and an
//     initiator that is not known as the user, as where the sender leaves them out.
//   - agent: what no user did, and what was decided automatically.
//   - passive: shown or proposed to a user, and not taken.
//   - prompts: those of people only; what an agent, a schedule or a service
//     prompts is volume.
//   - requests: answered ones, so not those that finally failed.
func eventFacts(days []Day) string {
	return fmt.Sprintf(`
    WITH
        initiator IN ('', 'user') AS own,
        person_kind != 'service' AS by_human,
        action IN ('suggestion', 'edit', 'tool_use') AS decidable
    SELECT
        if(person != '', person, device) AS key,
        person AS named,
        intDiv(toUnixTimestamp64Micro(occurred_at), 1000000) AS at,
        tool,
        toUInt64(own AND by_human AND (action IN ('prompt', 'commit', 'pull_request') OR decidable AND decision = 'accepted')) AS act,
        toUInt64(own AND decidable AND decision IN ('', 'rejected')) AS passive,
        toUInt64(NOT act AND (NOT own OR decision = 'automatic')) AS agent,
        toUInt64(own AND by_human AND action = 'prompt') AS prompt,
        if(action IN ('prompt', 'request'), session, '') AS session_counted,
        toUInt64(action = 'request' AND ifNull(success, true)) AS request,
        toUInt64(action IN ('tool_use', 'edit')) AS tool_use,
        tokens_input_uncached AS input_uncached,
        tokens_cache_read AS cache_read,
        tokens_cache_write AS cache_write,
        tokens_output AS output,
        tokens_reasoning AS reasoning,
        cost_micro_usd AS cost,
        toUInt64(lines_added) AS added,
        toUInt64(lines_removed) AS removed,
        toUInt64(action = 'commit') AS commit
    FROM event FINAL
    WHERE toDate(occurred_at) IN (%[1]s) AND (event_id, toDate(occurred_at)) NOT IN (%[2]s)`, list(days), laterCopies(days))
}

// laterCopies are (event_id, day) of copies that another copy, on another day,
// preceded. The ids of OTLP records contain their time, so they have none.
func laterCopies(days []Day) string {
	return fmt.Sprintf(`
        SELECT event_id, arrayJoin(arrayFilter(day -> day != first, copies)) AS later
        FROM
        (
            SELECT event_id, groupUniqArray(toDate(occurred_at)) AS copies, argMin(toDate(occurred_at), (received_at, toDate(occurred_at))) AS first
            FROM event
            WHERE path != 'otlp' AND event_id IN (SELECT event_id FROM event WHERE path != 'otlp' AND toDate(occurred_at) IN (%s))
            GROUP BY event_id
            HAVING min(toDate(occurred_at)) != max(toDate(occurred_at))
        )`, list(days))
}

// readingFacts are the increments of the counters that were read on the days of
// UTC. A cumulative point counts what it has more than the point before it of
// the same stream and start, which may lie on an earlier day; the first counts
// whole. Values are rounded before they are subtracted, so that the increments
// of a stream add up to its last value and sums depend on no order.
func readingFacts(days []Day) string {
	return fmt.Sprintf(`
    WITH
        initiator IN ('', 'user') AS own,
        person_kind != 'service' AS by_human
    SELECT
        if(person != '', person, device) AS key,
        person AS named,
        intDiv(toUnixTimestamp64Nano(read_at), 1000000000) AS at,
        tool,
        if(own AND by_human AND measure IN ('prompts', 'commits', 'pull_requests'), increment, 0) AS act,
        if(own AND measure = 'tool_uses', increment, 0) AS passive,
        if(NOT own AND measure IN ('prompts', 'requests', 'tool_uses', 'commits', 'pull_requests'), increment, 0) AS agent,
        if(own AND by_human AND measure = 'prompts', increment, 0) AS prompt,
        if(increment > 0 AND measure IN ('prompts', 'requests'), session, '') AS session_counted,
        if(measure = 'requests', increment, 0) AS request,
        if(measure = 'tool_uses', increment, 0) AS tool_use,
        if(measure = 'tokens_input_uncached', increment, 0) AS input_uncached,
        if(measure = 'tokens_cache_read', increment, 0) AS cache_read,
        if(measure = 'tokens_cache_write', increment, 0) AS cache_write,
        if(measure = 'tokens_output', increment, 0) AS output,
        if(measure = 'tokens_reasoning', increment, 0) AS reasoning,
        if(measure = 'cost_micro_usd', increment, 0) AS cost,
        if(measure = 'lines_added', increment, 0) AS added,
        if(measure = 'lines_removed', increment, 0) AS removed,
        if(measure = 'commits', increment, 0) AS commit
    FROM
    (
        SELECT *, toUInt64(if(temporality = 'cumulative', greatest(rounded - lagInFrame(rounded, 1, toInt64(0)) OVER before, 0), rounded)) AS increment
        FROM
        (
            SELECT
                stream, started_at, read_at, tool, person, device, person_kind, session, initiator, measure, temporality,
                toInt64(round(least(greatest(value, toFloat64(0)), toFloat64(9007199254740992)))) AS rounded
            FROM reading FINAL
            WHERE stream IN (SELECT stream FROM reading WHERE toDate(read_at) IN (%[1]s))
        )
        WINDOW before AS (PARTITION BY stream, started_at, temporality ORDER BY read_at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
    WHERE toDate(read_at) IN (%[1]s)`, list(days))
}

// facts are those of the days of UTC.
func facts(days []Day) string {
	return eventFacts(days) + "\n    UNION ALL" + readingFacts(days)
}
