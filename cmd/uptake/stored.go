package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/schema"
)

// storedEvents knows what the tables hold.
type storedEvents struct{ conn driver.Conn }

// Rows of the tables by a name of their own.
const (
	eventNames   = "SELECT DISTINCT toString(event_id) FROM event WHERE event_id IN (%s)"
	readingNames = `
SELECT DISTINCT concat(toString(stream), ' ', toString(toUnixTimestamp64Nano(started_at)), ' ', toString(toUnixTimestamp64Nano(read_at)))
FROM reading WHERE (stream, started_at, read_at) IN (%s)`
)

// among says which of the events are stored, on whatever day: of two contents of
// one id the first stands.
func (s storedEvents) among(ctx context.Context, events []*schema.UsageEvent) (map[*schema.UsageEvent]bool, error) {
	byName := map[string]*schema.UsageEvent{}
	var ids, points []string
	for _, e := range events {
		switch r := e.Reading; {
		case e.Heard: // a mark that is made twice is one
		case r != nil:
			byName[fmt.Sprintf("%s %d %d", uuidText(r.Stream), r.StartedAtUnixNano, e.OccurredAtUnixNano)] = e
			points = append(points, fmt.Sprintf("(toUUID('%s'), fromUnixTimestamp64Nano(%d), fromUnixTimestamp64Nano(%d))",
				uuidText(r.Stream), r.StartedAtUnixNano, e.OccurredAtUnixNano))
		default:
			byName[uuidText(e.EventId)] = e
			ids = append(ids, "'"+uuidText(e.EventId)+"'")
		}
	}
	stored := map[*schema.UsageEvent]bool{}
	for query, keys := range map[string][]string{eventNames: ids, readingNames: points} {
		if len(keys) == 0 {
			continue
		}
		names, err := readStrings(ctx, s.conn, fmt.Sprintf(query, strings.Join(keys, ",")))
		if err != nil {
			return nil, fmt.Errorf("look up what is stored: %w", err)
		}
		for _, name := range names {
			stored[byName[name]] = true
		}
	}
	return stored, nil
}

func readStrings(ctx context.Context, conn driver.Conn, query string) ([]string, error) {
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// uuidText is an id as the tables write it.
func uuidText(id []byte) string {
	u, err := uuid.FromBytes(id)
	if err != nil {
		return ""
	}
	return u.String()
}
