package roster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Finding is something of the roster in force that somebody should look at.
type Finding struct {
	// Kind is one of the words below, in the order of their list.
	Kind string
	// About is a pseudonym, a tool, a team or a region; empty where only counted.
	About  string
	Detail string
	// Count is of what Unit says: days, seats, people, acts.
	Count uint64
	Unit  string
	// First and Last are days, zero where there are none.
	First, Last time.Time
}

// Kinds of findings, in the order in which they are told.
var findingKinds = []string{"overlap", "alias_claimed_twice", "unknown_tool", "gap", "seat_without_person", "training_without_person",
	"team_in_several_departments", "odd_time_zone", "seen_not_on_roster", "seen_outside_rows", "never_seen"}

// checks are what is asked of the tables. Each selects about, detail, count,
// first and last; a day of 1900 stands for none.
var checks = []struct{ kind, unit, query string }{
	{"overlap", "days", `SELECT person, '', toUInt64(toInt32(before) - toInt32(valid_from) + 1), valid_from, before FROM (
		SELECT person, valid_from, lagInFrame(valid_to, 1, toDate32('1900-01-01')) OVER (PARTITION BY person ORDER BY valid_from ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before FROM roster)
		WHERE before >= valid_from AND before > '1900-01-01'`},
	{"gap", "days", `SELECT person, '', toUInt64(toInt32(valid_from) - toInt32(before) - 1), before + 1, valid_from - 1 FROM (
		SELECT person, valid_from, lagInFrame(valid_to, 1, toDate32('1900-01-01')) OVER (PARTITION BY person ORDER BY valid_from ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before FROM roster)
		WHERE toInt32(before) + 1 < toInt32(valid_from) AND before > '1900-01-01'`},
	{"seat_without_person", "seats", `SELECT person, arrayStringConcat(arraySort(groupUniqArray(toString(tool))), ', '), count(), min(valid_from), max(valid_to) FROM seat
		WHERE person != '*' AND person NOT IN (SELECT person FROM roster) GROUP BY person`},
	{"training_without_person", "courses", `SELECT person, '', count(), min(completed_on), max(completed_on) FROM training
		WHERE person NOT IN (SELECT person FROM roster) GROUP BY person`},
	{"team_in_several_departments", "people", `SELECT toString(team), arrayStringConcat(arraySort(groupUniqArray(toString(department))), ', '), uniqExact(person), toDate32('1900-01-01'), toDate32('1900-01-01')
		FROM roster WHERE today() BETWEEN valid_from AND valid_to GROUP BY team HAVING uniqExact(department) > 1`},
	{"seen_not_on_roster", "acts", `SELECT person, '', toUInt64(sum(acts)), toDate32(min(day)), toDate32(max(day)) FROM person_day
		WHERE person NOT IN (SELECT person FROM roster) GROUP BY person`},
	{"seen_outside_rows", "acts", `SELECT person, '', toUInt64(sum(acts)), toDate32(min(day)), toDate32(max(day)) FROM act_day
		WHERE person != '' AND local_day = '1970-01-01' AND person IN (SELECT person FROM roster) GROUP BY person`},
	{"never_seen", "people", `SELECT '', 'on the roster today', uniqExact(person), toDate32('1900-01-01'), toDate32('1900-01-01') FROM roster
		WHERE today() BETWEEN valid_from AND valid_to AND person NOT IN (SELECT person FROM person_day) HAVING uniqExact(person) > 0`},
}

// Check looks at the roster in force. All persons are pseudonyms.
func Check(ctx context.Context, conn driver.Conn, knownTool func(id string) bool) ([]Finding, error) {
	var all []Finding
	for _, c := range checks {
		found, err := ask(ctx, conn, c.kind, c.unit, c.query)
		if err != nil {
			return nil, fmt.Errorf("check the roster: %w", err)
		}
		all = append(all, found...)
	}
	for _, more := range []func() ([]Finding, error){
		func() ([]Finding, error) { return unknownTools(ctx, conn, knownTool) },
		func() ([]Finding, error) { return oddZones(ctx, conn) },
		func() ([]Finding, error) { return claimedTwice(ctx, conn) },
	} {
		found, err := more()
		if err != nil {
			return nil, fmt.Errorf("check the roster: %w", err)
		}
		all = append(all, found...)
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(findingKinds, a.Kind), slices.Index(findingKinds, b.Kind)), cmp.Compare(b.Count, a.Count), cmp.Compare(a.About, b.About), a.First.Compare(b.First))
	})
	return all, nil
}

func ask(ctx context.Context, conn driver.Conn, kind, unit, query string) ([]Finding, error) {
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Finding
	for rows.Next() {
		f := Finding{Kind: kind, Unit: unit}
		if err := rows.Scan(&f.About, &f.Detail, &f.Count, &f.First, &f.Last); err != nil {
			return nil, err
		}
		for _, day := range []*time.Time{&f.First, &f.Last} {
			if !day.After(earliest) || !day.Before(OpenEnd) {
				*day = time.Time{}
			}
		}
		found = append(found, f)
	}
	return found, rows.Err()
}

func unknownTools(ctx context.Context, conn driver.Conn, knownTool func(id string) bool) ([]Finding, error) {
	seats, err := ask(ctx, conn, "unknown_tool", "seats", "SELECT toString(tool), '', count(), min(valid_from), max(valid_to) FROM seat GROUP BY tool")
	return slices.DeleteFunc(seats, func(f Finding) bool { return knownTool(f.About) }), err
}

// claimedTwice finds aliases that somebody accepted, or an identity provider
// sent, for another person than the one who has them.
func claimedTwice(ctx context.Context, conn driver.Conn) ([]Finding, error) {
	history, err := readHistory(ctx, conn)
	if err != nil {
		return nil, err
	}
	newest, _ := history.people()
	of, err := readBases(ctx, conn, newest)
	if err != nil {
		return nil, err
	}
	decisions, err := Accepted(ctx, conn)
	if err != nil {
		return nil, err
	}
	joined := of.joined(nil)
	_, problems := joined.accept(decisions)
	var found []Finding
	for _, p := range problems.List {
		found = append(found, Finding{Kind: "alias_claimed_twice", Detail: p.Reason, Count: 1, Unit: "aliases"})
	}
	return append(found, of.contested(joined)...), nil
}

// contested are aliases that the provider sent for somebody and that are another's.
func (of bases) contested(joined *Roster) []Finding {
	if of.scim == nil {
		return nil
	}
	csv := of.csv
	if csv == nil {
		csv = &Roster{}
	}
	names, owners := newJoiner(csv, of.scim).names, map[string]string{}
	for i := range joined.Periods {
		owners[joined.Periods[i].Person] = joined.Periods[i].Person
	}
	for _, a := range joined.Aliases {
		owners[a.Alias] = a.Person
	}
	var found []Finding
	for _, a := range of.scim.Aliases {
		if owner := owners[a.Alias]; owner != "" && owner != names[a.Person] {
			found = append(found, Finding{Kind: "alias_claimed_twice", About: a.Alias, Detail: "sent for " + names[a.Person] + ", belongs to " + owner, Count: 1, Unit: "aliases"})
		}
	}
	return found
}

// oddHours is how far a time zone may lie from that of most people of its region.
const oddHours = 6

// oddZones finds time zones of few that lie far from those of their region.
func oddZones(ctx context.Context, conn driver.Conn) ([]Finding, error) {
	zones, err := ask(ctx, conn, "odd_time_zone", "people", `SELECT toString(region), toString(timezone), uniqExact(person), toDate32('1900-01-01'), toDate32('1900-01-01')
		FROM roster WHERE today() BETWEEN valid_from AND valid_to GROUP BY region, timezone ORDER BY region, uniqExact(person) DESC, timezone`)
	if err != nil {
		return nil, err
	}
	usual := map[string]Finding{}
	var odd []Finding
	for _, z := range zones {
		most, seen := usual[z.About]
		if !seen {
			usual[z.About] = z
			continue
		}
		apart := offset(z.Detail) - offset(most.Detail)
		if far := apart > oddHours*time.Hour || apart < -oddHours*time.Hour; far && z.Count*5 <= most.Count || z.Detail == "UTC" {
			z.Detail += ", most have " + most.Detail
			odd = append(odd, z)
		}
	}
	return odd, nil
}

func offset(zone string) time.Duration {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return 0
	}
	_, seconds := time.Now().In(location).Zone()
	return time.Duration(seconds) * time.Second
}
