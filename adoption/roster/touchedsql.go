package roster

// The queries take the older and the newer version of their part, and the two
// of the seats, and select ranges of days, the last one inclusive.

// differing selects where the stretches of the query before it, called fact, are
// not the same in both: every stretch opens on its first day and closes after
// its last, and equal ones of the two imports cancel each other.
const differing = `
changed AS
(
    SELECT key, day, sum(change) AS change
    FROM
    (
        SELECT key, edge.1 AS day, edge.2 AS change
        FROM
        (
            SELECT key, arrayJoin([(since, if(is_newer, 1, -1)), (until + 1, if(is_newer, -1, 1))]) AS edge
            FROM fact
        )
    )
    GROUP BY key, day
    HAVING change != 0
),
differing AS
(
    SELECT DISTINCT day AS since, next - 1 AS until
    FROM
    (
        SELECT
            day,
            leadInFrame(day) OVER (PARTITION BY key ORDER BY day ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next,
            sum(change) OVER (PARTITION BY key ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS open
        FROM changed
    )
    WHERE open != 0
)`

const rosterTouched = `
WITH
fact AS
(
    SELECT
        toString(import) = '%[2]s' AS is_newer, toInt32(valid_from) AS since, toInt32(valid_to) AS until,
        cityHash64(person, status, employment, role, seniority, team, department, region, timezone) AS key
    FROM roster_version
    WHERE import IN ('%[1]s', '%[2]s')
),` + differing + `,
leave AS
(
    SELECT import, person, min(since) AS since, max(until) AS until
    FROM
    (
        SELECT import, person, since, until, sum(begins) OVER (PARTITION BY import, person ORDER BY since ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS number
        FROM
        (
            SELECT
                import, person, toInt32(valid_from) AS since, toInt32(valid_to) AS until,
                lagInFrame(until, 1, toInt32(-1000000)) OVER (PARTITION BY import, person ORDER BY since ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) + 1 != since AS begins
            FROM roster_version
            WHERE import IN ('%[1]s', '%[2]s') AND status = 'leave'
        )
    )
    GROUP BY import, person, number
),
hired AS
(
    SELECT
        minIf(toInt32(valid_from), import = '%[1]s') AS older, minIf(toInt32(valid_from), import = '%[2]s') AS newer,
        countIf(import = '%[1]s') > 0 AND countIf(import = '%[2]s') > 0 AS in_both
    FROM roster_version
    WHERE import IN ('%[1]s', '%[2]s') AND person IN (SELECT person FROM seat_version WHERE import IN ('%[3]s', '%[4]s'))
    GROUP BY person
    HAVING NOT in_both OR older != newer
)
SELECT DISTINCT toInt32(since), toInt32(until)
FROM
(
    SELECT toInt32(since) AS since, toInt32(until) AS until FROM differing
    UNION ALL
    SELECT any(since) AS since, any(until) AS until FROM leave GROUP BY person, leave.since, leave.until HAVING count() = 1
    UNION ALL
    SELECT if(in_both, least(older, newer), older + newer) AS since, if(in_both, greatest(older, newer) - 1, toInt32(toDate32('2299-12-31'))) AS until FROM hired
)`

// A seat that began on another day is another one: how long it has been held counts.
const seatsTouched = `
WITH
fact AS
(
    SELECT
        toString(import) = '%[2]s' AS is_newer, toInt32(valid_from) AS since, toInt32(valid_to) AS until,
        cityHash64(person, tool, monthly_price_usd, valid_from) AS key
    FROM seat_version
    WHERE import IN ('%[1]s', '%[2]s')
),` + differing + `
SELECT toInt32(since), toInt32(until) FROM differing`

const trainingsTouched = `
SELECT DISTINCT toInt32(least(older, newer)), toInt32(toDate32('2299-12-31'))
FROM
(
    SELECT
        minOrDefaultIf(day, import = '%[1]s') AS first_older, minOrDefaultIf(day, import = '%[2]s') AS first_newer,
        if(countIf(import = '%[1]s') = 0, 1000000, first_older) AS older, if(countIf(import = '%[2]s') = 0, 1000000, first_newer) AS newer
    FROM (SELECT import, person, toInt32(completed_on) AS day FROM training_version WHERE import IN ('%[1]s', '%[2]s'))
    GROUP BY person
    HAVING older != newer
)`
