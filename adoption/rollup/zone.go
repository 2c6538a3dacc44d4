package rollup

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	// Time zones are those of the program where the machine has none.
	_ "time/tzdata"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// readZones loads the time zones that the query names, and UTC.
func readZones(ctx context.Context, conn driver.Conn, query string, args ...any) ([]*time.Location, error) {
	var names []string
	if err := conn.QueryRow(ctx, query, args...).Scan(&names); err != nil {
		return nil, fmt.Errorf("read the time zones of the roster: %w", err)
	}
	zones := []*time.Location{time.UTC}
	for _, name := range names {
		zone, err := time.LoadLocation(name)
		if err != nil {
			return nil, fmt.Errorf("the roster has the time zone %s, which this program does not know; import the people again with another one: %w", strconv.Quote(name), err)
		}
		zones = append(zones, zone)
	}
	return zones, nil
}

// span is a time during which a zone keeps its distance from UTC; all in
// seconds, until exclusive. Within it the local day is that of at + offset, so
// days of 23 or 25 hours and days that a zone skipped come out right.
type span struct{ from, until, offset int64 }

func spans(zone *time.Location, from, until time.Time) []span {
	var all []span
	for t := from.In(zone); t.Before(until); {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		if end.IsZero() || end.After(until) {
			end = until.In(zone)
		}
		all = append(all, span{t.Unix(), end.Unix(), int64(offset)})
		t = end
	}
	return all
}

// zoneTable is the spans of all zones as SQL: rows of (timezone, opens, shuts, shift).
func zoneTable(zones []*time.Location, from, until time.Time) string {
	var names, froms, untils, offsets []string
	for _, zone := range zones {
		for _, s := range spans(zone, from, until) {
			names = append(names, quote(zone.String()))
			froms = append(froms, strconv.FormatInt(s.from, 10))
			untils = append(untils, strconv.FormatInt(s.until, 10))
			offsets = append(offsets, strconv.FormatInt(s.offset, 10))
		}
	}
	return fmt.Sprintf("SELECT z.1 AS timezone, toInt64(z.2) AS opens, toInt64(z.3) AS shuts, toInt64(z.4) AS shift FROM (SELECT arrayJoin(arrayZip([%s], [%s], [%s], [%s])) AS z)",
		strings.Join(names, ","), strings.Join(froms, ","), strings.Join(untils, ","), strings.Join(offsets, ","))
}

// timesOf is the condition that the time, in seconds, may lie on one of the local
// days, or in the hour before, in one of the zones. It spares most of the days
// before and after.
func timesOf(days []Day, zones []*time.Location, from, until time.Time) string {
	var west, east int64
	for _, zone := range zones {
		for _, s := range spans(zone, from, until) {
			west, east = min(west, s.offset), max(east, s.offset)
		}
	}
	var runs []string
	for i := 0; i < len(days); {
		first := days[i]
		for i++; i < len(days) && days[i] == days[i-1]+1; i++ {
		}
		runs = append(runs, fmt.Sprintf("at >= %d AND at < %d", int64(first)*secondsPerDay-secondsPerHour-east, int64(days[i-1]+1)*secondsPerDay-west))
	}
	return strings.Join(runs, " OR ")
}

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// hour counts the hours since 1970 in UTC.
type hour int64

func (h hour) day() Day { return Day(floorDiv(int64(h), 24)) }

// localDays are the days that any of the hours has in any of the zones, and
// those that follow it: what is heard in a day's last hour counts for the next.
func localDays(hours []hour, zones []*time.Location) []Day {
	var days []Day
	for _, h := range hours {
		start := time.Unix(int64(h)*secondsPerHour, 0)
		last := start.Add(time.Hour - 1)
		for _, zone := range zones {
			days = append(days, heardOn(start.In(zone))...)
			days = append(days, heardOn(last.In(zone))...)
		}
		// Kept small, because there are hundreds of zones and thousands of hours.
		if len(days) > 1<<16 {
			days = distinct(days)
		}
	}
	return distinct(days)
}

// heardOn are the days for which something is heard at that time.
func heardOn(t time.Time) []Day {
	if day := DayOf(t); t.Hour() == 23 {
		return []Day{day, day + 1}
	} else {
		return []Day{day}
	}
}
