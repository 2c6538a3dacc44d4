package roster

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// Range is days since 1970, the last one inclusive.
type Range struct{ From, To int32 }

// always is every day that a roster can name.
var always = Range{From: dayNumber(earliest), To: dayNumber(OpenEnd)}

// Touched is where what two imports have in force differs, each part as ranges
// in their order that neither meet nor overlap. It tells the days of the facts;
// figures that look back or ahead hang on days beside them.
type Touched struct {
	// Roster has the days on which somebody's row differs. A leave that has
	// another length differs on all its days; for who holds a seat, so do the days
	// on which they had been on the roster before by one import and not by the other.
	Roster []Range
	// Seats has the days on which seats differ, in their price or first day too.
	Seats []Range
	// Trainings has the days by which somebody's first training was another one.
	Trainings []Range
}

// DaysTouched tells on which days what the newer import has in force differs from what
// the older one had; uuid.Nil had nothing. Where an import is not known any
// more, every day is touched.
func DaysTouched(ctx context.Context, conn driver.Conn, older, newer uuid.UUID) (Touched, error) {
	history, err := readHistory(ctx, conn)
	if err != nil {
		return Touched{}, err
	}
	before, knownBefore := history.at(older)
	after, knownAfter := history.at(newer)
	if !knownBefore || !knownAfter {
		all := []Range{always}
		return Touched{Roster: all, Seats: all, Trainings: all}, nil
	}
	var t Touched
	for _, part := range []compared{
		{&t.Roster, parts[0], func(v version) uint64 { return v.Periods }, "roster_version", rosterTouched},
		{&t.Seats, parts[1], func(v version) uint64 { return v.Held }, "seat_version", seatsTouched},
		{&t.Trainings, parts[2], func(v version) uint64 { return v.Trainings }, "training_version", trainingsTouched},
	} {
		if err := part.compare(ctx, conn, before, after); err != nil {
			return Touched{}, fmt.Errorf("compare two imports: %w", err)
		}
	}
	return t, nil
}

// compared is a part of what is in force, and how its versions are compared.
type compared struct {
	to           *[]Range
	of           func(*version) *string
	count        func(version) uint64
	table, query string
}

func (c compared) compare(ctx context.Context, conn driver.Conn, before, after history) error {
	a, b := before.inForceOf(c.of), after.inForceOf(c.of)
	if a.ID == b.ID {
		return nil
	}
	stored, err := bothStored(ctx, conn, c.table, map[uuid.UUID]uint64{a.ID: c.count(a), b.ID: c.count(b)})
	if err != nil {
		return err
	}
	// Without any seat everybody is entitled to everything.
	if !stored || c.table == "seat_version" && (c.count(a) == 0) != (c.count(b) == 0) {
		*c.to = []Range{always}
		return nil
	}
	held := []uuid.UUID{before.inForceOf(parts[1]).ID, after.inForceOf(parts[1]).ID}
	*c.to, err = readRanges(ctx, conn, c.query, a.ID, b.ID, held)
	return err
}

// at is the history up to an import, and whether the import is known.
func (h history) at(id uuid.UUID) (history, bool) {
	if id == uuid.Nil {
		return nil, true
	}
	i := slices.IndexFunc(h, func(v version) bool { return v.ID == id })
	return h[:i+1], i >= 0
}

// inForceOf is the newest version that gave a part, without an id where none did.
func (h history) inForceOf(part func(*version) *string) version {
	for i := len(h) - 1; i >= 0; i-- {
		if *part(&h[i]) != "" {
			return h[i]
		}
	}
	return version{}
}

// bothStored tells whether the rows of the versions are still there. Versions are
// dropped whole; of one that is there some may be missing, of people who were
// erased, and an erasure tells by itself what it touches.
func bothStored(ctx context.Context, conn driver.Conn, table string, rows map[uuid.UUID]uint64) (bool, error) {
	for id, want := range rows {
		var stored uint64
		if err := conn.QueryRow(ctx, "SELECT count() FROM "+table+" WHERE import = ?", id.String()).Scan(&stored); err != nil {
			return false, err
		}
		if stored == 0 && want > 0 {
			return false, nil
		}
	}
	return true, nil
}

func readRanges(ctx context.Context, conn driver.Conn, query string, older, newer uuid.UUID, held []uuid.UUID) ([]Range, error) {
	rows, err := conn.Query(ctx, fmt.Sprintf(query, older, newer, held[0], held[1]))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ranges []Range
	for rows.Next() {
		var r Range
		if err := rows.Scan(&r.From, &r.To); err != nil {
			return nil, err
		}
		ranges = append(ranges, r)
	}
	return joined(ranges), rows.Err()
}

// joined makes one of ranges that meet or overlap.
func joined(ranges []Range) []Range {
	slices.SortFunc(ranges, func(a, b Range) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	var all []Range
	for _, r := range ranges {
		if n := len(all); n > 0 && r.From <= all[n-1].To+1 {
			all[n-1].To = max(all[n-1].To, r.To)
			continue
		}
		all = append(all, r)
	}
	return all
}
