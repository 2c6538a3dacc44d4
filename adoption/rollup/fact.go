package rollup

import "fmt"

// facts are what events and readings tell on the days of UTC at those times, each in the
// columns of a person-day: id is its own, for Explain alone; key is who it names, a person or else a device; at is
// its time in seconds; fact is what its act, passive, agent and count tell, while
// tokens, cost and lines that come along are facts of their own; session is
// empty unless the fact counts the session. What is nobody's is kept, for act_day.
//
//   - act: rule 1 of docs/definitions.md. A kind that is not known counts as human and an
//     initiator that is not known as the user, as where the sender leaves them out.
//   - agent: what no user did, and what was decided automatically.
//   - passive: shown or proposed to a user, and not taken.
//   - prompt: those of people only; what an agent, a schedule or a service
//     prompts is volume.
//   - request: answered ones, so not those that finally failed.
//   - use: tokens and requests of a person, from which a prompt may be inferred.
func facts(days []Day, times string) string {
	return fmt.Sprintf(`
    WITH
        own AND person_kind != 'service' AS personal,
        fact IN (%[1]d, %[2]d, %[3]d) AS decidable,
        personal AND (fact IN (%[4]d, %[5]d, %[6]d) OR decidable AND decision = 'accepted') AS intended
    SELECT
        id, key, named, at, tool, signal, fact, session,
        if(intended, n, 0) AS act,
        if(own AND decidable AND decision IN ('', 'rejected'), n, 0) AS passive,
        if(NOT intended AND (NOT own OR decision = 'automatic'), n, 0) AS agent,
        if(personal AND fact = %[4]d, n, 0) AS prompt,
        if(fact = %[7]d AND answered, n, 0) AS request,
        if(fact IN (%[1]d, %[2]d), n, 0) AS tool_use,
        if(fact = %[5]d, n, 0) AS commit,
        personal AND metered AS use,
        input_uncached, cache_read, cache_write, output, reasoning, input_total, output_total, cost, added, removed
    FROM
    (%[8]s
    UNION ALL%[9]s)
    WHERE %[10]s`, toolUses, edits, suggestions, prompts, commits, pullRequests, requests, eventFacts(days), readingFacts(days), times)
}

// eventFacts are the events of the days of UTC, n for each one. Of an id that was
// sent again with another time the copy received first stands; FINAL sees to
// that only within a day.
func eventFacts(days []Day) string {
	return fmt.Sprintf(`
    SELECT
        toString(event_id) AS id,
        if(person != '', person, device) AS key,
        person AS named,
        intDiv(toUnixTimestamp64Micro(occurred_at), 1000000) AS at,
        tool,
        toUInt8(signal) AS signal,
        %[3]s AS fact,
        initiator IN ('', 'user') AND (action != 'prompt' OR event_id NOT IN (%[6]s)) AS own,
        person_kind, decision,
        toUInt64(1) AS n,
        if(fact IN (%[4]d, %[5]d) AND session NOT IN (%[8]s), session, '') AS session,
        ifNull(success, true) AS answered,
        false AS metered,
        tokens_input_uncached AS input_uncached,
        tokens_cache_read AS cache_read,
        tokens_cache_write AS cache_write,
        tokens_output AS output,
        tokens_reasoning AS reasoning,
        toUInt64(0) AS input_total,
        toUInt64(0) AS output_total,
        cost_micro_usd AS cost,
        toUInt64(lines_added) AS added,
        toUInt64(lines_removed) AS removed
    FROM event FINAL
    WHERE toDate(occurred_at) IN (%[1]s) AND (event_id, toDate(occurred_at)) NOT IN (%[2]s) AND NOT (%[7]s)`,
		list(days), laterCopies(days), factOf("action", factOfAction), prompts, requests, announced(days), announcement, unasked(days))
}

// announcement is what no fact follows from but that the tool will prompt
// itself: some tools tell such a prompt like a person's.
const announcement = "action = 'prompt' AND decision = 'automatic' AND path = 'otlp'"

// announcedWithin is how long, in seconds, an announcement waits for its prompt.
const announcedWithin = 3

// announced are the ids of prompts that the tool gave itself: in their session
// an announcement came right before them, and no other prompt between.
func announced(days []Day) string {
	return "SELECT event_id FROM (" + prompted(days) + ") WHERE own"
}

// unasked are sessions in which the tool prompted itself and nobody else did, as
// where it wants a title for another one.
func unasked(days []Day) string {
	return "SELECT session FROM (" + prompted(days) + ") GROUP BY session HAVING max(own) AND NOT max(NOT own AND NOT announces)"
}

// prompted are the prompts of sessions with an announcement; own are the tool's.
func prompted(days []Day) string {
	return fmt.Sprintf(`
        SELECT event_id, session, announces, NOT announces AND follows AND at <= since + INTERVAL %[3]d SECOND AS own
        FROM
        (
            SELECT event_id, session, %[2]s AS announces, occurred_at AS at,
                lagInFrame(announces) OVER before AS follows, lagInFrame(at) OVER before AS since
            FROM event FINAL
            WHERE action = 'prompt' AND toDate(occurred_at) IN (%[1]s) AND session != ''
                AND session IN (SELECT session FROM event WHERE %[2]s AND toDate(occurred_at) IN (%[1]s))
            WINDOW before AS (PARTITION BY tool, session, signal ORDER BY occurred_at, NOT announces ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
        )`, list(days), announcement, announcedWithin)
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
// whole, and so does one that is lower, because the counter began anew. Values
// are rounded before they are subtracted, so that the increments of a stream
// add up to its last value and sums depend on no order.
//
// A session is that of tokens and requests: where prompts are inferred from
// counted starts, a session that was gone on with is named anew by its start.
func readingFacts(days []Day) string {
	return fmt.Sprintf(`
    SELECT
        toString(stream) AS id,
        if(person != '', person, device) AS key,
        person AS named,
        intDiv(toUnixTimestamp64Nano(read_at), 1000000000) AS at,
        tool,
        toUInt8(%[2]d) AS signal,
        %[3]s AS fact,
        initiator IN ('', 'user') AS own,
        person_kind, decision,
        if(fact IN (%[4]d, %[5]d, %[6]d), 0, increment) AS n,
        if(metered, session, '') AS session,
        true AS answered,
        increment > 0 AND fact IN (%[4]d, %[7]d) AS metered,
        if(measure = 'tokens_input_uncached', increment, 0) AS input_uncached,
        if(measure = 'tokens_cache_read', increment, 0) AS cache_read,
        if(measure = 'tokens_cache_write', increment, 0) AS cache_write,
        if(measure = 'tokens_output', increment, 0) AS output,
        if(measure = 'tokens_reasoning', increment, 0) AS reasoning,
        if(measure = 'tokens_input_total', increment, 0) AS input_total,
        if(measure = 'tokens_output_total', increment, 0) AS output_total,
        if(measure = 'cost_micro_usd', increment, 0) AS cost,
        if(measure = 'lines_added', increment, 0) AS added,
        if(measure = 'lines_removed', increment, 0) AS removed
    FROM
    (
        SELECT *, toUInt64(if(temporality = 'cumulative' AND rounded >= previous, rounded - previous, rounded)) AS increment
        FROM
        (
            SELECT *, lagInFrame(rounded, 1, toInt64(0)) OVER before AS previous
            FROM
            (
                SELECT
                    stream, started_at, read_at, tool, person, device, person_kind, session, initiator, decision, measure, temporality,
                    toInt64(round(least(greatest(value, toFloat64(0)), toFloat64(9007199254740992)))) AS rounded
                FROM reading FINAL
                WHERE stream IN (SELECT stream FROM reading WHERE toDate(read_at) IN (%[1]s))
            )
            WINDOW before AS (PARTITION BY stream, started_at, temporality ORDER BY read_at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
        )
    )
    WHERE toDate(read_at) IN (%[1]s)`, list(days), metrics, factOf("measure", factOfMeasure), tokens, cost, lines, requests)
}
