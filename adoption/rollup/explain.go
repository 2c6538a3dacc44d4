package rollup

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/schema"
)

// Told is what one event, or one point of a counter, tells of a person-day, and
// whether it is believed.
type Told struct {
	// ID is the event's, or that of the counter's stream; At is when it was.
	ID string
	At time.Time
	// Person is whom it counts for, empty where it names nobody with an owner.
	Person string
	// Day is the local day of the person; OnRoster says that it lies on one of
	// the person's days of the roster.
	Day      time.Time
	OnRoster bool
	// Tool, Signal and Fact are of what it tells, by which way, and what.
	Tool, Signal, Fact string
	// Counts are by the columns of person_day.
	Acts, Passive, Agent, Prompts, Requests, ToolUses, Commits uint64
	// Believed says that no better signal was heard of the tool on that day;
	// Better are those that were.
	Believed bool
	Better   []string
	// Infers says that a prompt of the day may be inferred from it, because
	// only counters tell of it.
	Infers bool
	// Unused says that it would be a prompt, but that nothing was used that day.
	Unused bool
}

// Explain says what the events and points on some days of UTC tell of those whom
// the keys name, which are pseudonyms as sent: theirs are also the other
// identifiers of the same owner. It is the rule of Rebuild, fact by fact.
func Explain(ctx context.Context, conn driver.Conn, authority Authority, keys []string, days []Day) ([]Told, error) {
	ctx = settings(ctx)
	zones, err := readZones(ctx, conn, "SELECT groupUniqArray(toString(timezone)) FROM roster")
	if err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, explained(authority, keys, utcDays(days), zones))
	if err != nil {
		return nil, fmt.Errorf("explain what counts: %w", err)
	}
	defer rows.Close()
	var all []Told
	for rows.Next() {
		var t Told
		var at int64
		var signal, what, better uint8
		if err := rows.Scan(&t.ID, &at, &t.Person, &t.Day, &t.OnRoster, &t.Tool, &signal, &what, &t.Acts, &t.Passive, &t.Agent, &t.Prompts,
			&t.Requests, &t.ToolUses, &t.Commits, &t.Believed, &better, &t.Infers, &t.Unused); err != nil {
			return nil, fmt.Errorf("explain what counts: %w", err)
		}
		t.At, t.Signal, t.Fact, t.Better = time.Unix(at, 0).UTC(), schema.Signal(signal).Name(), fact(what).String(), signals(better)
		all = append(all, t)
	}
	return all, rows.Err()
}

func explained(authority Authority, keys []string, days []Day, zones []*time.Location) string {
	return fmt.Sprintf(`
SELECT
    id, at, person, day, local_day > toDate(0), tool, signal, fact,
    if(unused, 0, act), passive, agent, if(unused, 0, prompt), request, tool_use, commit,
    kept, toUInt8(bitAnd(heard, before[fact])), use AND infers, unused
FROM
(
    SELECT *, prompt > 0 AND kept AND NOT stated AND NOT max(use AND infers) OVER (PARTITION BY who, tool, day) AS unused
    FROM (%s)
)
ORDER BY at, id`, judged("("+placedWith(days, zones, " AND key IN ("+ofOwners(keys)+")", ", id, at")+")", authority, "day", "late"))
}

// ofOwners are the keys and all other identifiers of their owners.
func ofOwners(keys []string) string {
	quoted := make([]string, len(keys))
	for i, key := range keys {
		quoted[i] = quote(key)
	}
	given := strings.Join(quoted, ", ")
	return fmt.Sprintf(`
        SELECT arrayJoin([%[2]s]) AS key
        UNION DISTINCT
        SELECT key FROM (%[1]s) WHERE owner IN (SELECT owner FROM (%[1]s) WHERE key IN (%[2]s))`, known, given)
}

// signals are the names of a set of signals.
func signals(set uint8) []string {
	var names []string
	for _, s := range []schema.Signal{schema.Signal_SIGNAL_LOGS, schema.Signal_SIGNAL_SPANS, metrics} {
		if set&bit(s) != 0 {
			names = append(names, s.Name())
		}
	}
	return names
}
