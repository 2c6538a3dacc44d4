package rollup

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// The import of people in force, and the one the days were last rebuilt with;
// both are a UUID of zeros where there is none.
const (
	importInForce = "(SELECT argMax(import, (imported_at, import)) FROM roster_import WHERE people_fingerprint != '')"
	importRebuilt = "(SELECT argMax(import, rebuilt_at) FROM rebuilt_import)"
)

func readImports(ctx context.Context, conn driver.Conn) (Work, error) {
	var w Work
	if err := conn.QueryRow(ctx, "SELECT "+importInForce+", "+importRebuilt).Scan(&w.people, &w.rebuilt); err != nil {
		return Work{}, fmt.Errorf("read which import of people is in force: %w", err)
	}
	return w, nil
}

// movedHours selects the hours with facts that the newer import gives to
// another person or another day than the older one.
//
// A person's days are compared as stretches in one time zone, so that a new
// role or team moves nothing; where only the end of a stretch moved, only the
// days after it did.
func movedHours(older, newer uuid.UUID) string {
	return fmt.Sprintf(`
WITH
stretch AS
(
    SELECT import, person, timezone, min(since) AS since, max(until) AS until
    FROM
    (
        SELECT import, person, timezone, since, until, sum(begins) OVER (PARTITION BY import, person ORDER BY since ROWS UNBOUNDED PRECEDING) AS number
        FROM
        (
            SELECT
                import, person, toString(timezone) AS timezone, toInt32(valid_from) AS since, toInt32(valid_to) AS until,
                lagInFrame(timezone) OVER before != timezone OR lagInFrame(until) OVER before + 1 != since AS begins
            FROM roster_version
            WHERE import IN ('%[1]s', '%[2]s')
            WINDOW before AS (PARTITION BY import, person ORDER BY since ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
        )
    )
    GROUP BY import, person, timezone, number
),
moved AS
(
    SELECT person, if(count() = 2 AND min(since) = max(since) AND min(timezone) = max(timezone), min(until) + 1, min(since)) AS first
    FROM (SELECT person, timezone, since, until FROM stretch GROUP BY person, timezone, since, until HAVING count() = 1)
    GROUP BY person
),
renamed AS
(
    SELECT alias FROM alias_version WHERE import IN ('%[1]s', '%[2]s') GROUP BY alias, person HAVING count() = 1
),
affected AS
(
    SELECT key, min(first) AS first
    FROM
    (
        SELECT person AS key, first FROM moved
        UNION ALL
        SELECT alias AS key, moved.first AS first FROM alias_version INNER JOIN moved USING person WHERE import IN ('%[1]s', '%[2]s')
        UNION ALL
        SELECT alias AS key, toInt32(-30000) AS first FROM renamed
    )
    GROUP BY key
)
SELECT DISTINCT fact.hour
FROM
(
    SELECT if(person != '', person, device) AS key, %[3]s AS hour FROM event
    UNION ALL
    SELECT if(person != '', person, device) AS key, %[4]s AS hour FROM reading
) AS fact
INNER JOIN affected ON fact.key = affected.key
WHERE intDiv(fact.hour, 24) + 1 >= affected.first`, older, newer, hourOf("occurred_at"), hourOf("read_at"))
}
