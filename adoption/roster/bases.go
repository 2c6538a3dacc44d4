package roster

import (
	"context"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// Sources of an import.
const (
	fromCSV     = "csv"
	fromSCIM    = "scim"
	fromAliases = "aliases"
)

// bases are what the people in force are joined of: those of the people file and
// those of the identity provider, nil where there are none. Each is kept as it
// came, so that either can come anew without the other.
type bases struct {
	source    string
	csv, scim *Roster
}

// readBases reads what the people of a version are joined of.
func readBases(ctx context.Context, conn driver.Conn, v version) (of bases, err error) {
	if of.csv, err = readBase(ctx, conn, v, v.CSV, v.CSVPrint); err != nil {
		return of, err
	}
	of.scim, err = readBase(ctx, conn, v, v.SCIM, v.SCIMPrint)
	return of, err
}

// joined is the roster of both, with the seats and trainings of an import where
// there is one.
func (of bases) joined(r *Roster) *Roster {
	people := join(of.csv, of.scim)
	if people == nil {
		people = &Roster{}
	}
	all := Roster{Periods: people.Periods, Aliases: people.Aliases}
	if r != nil {
		all.Seats, all.Trainings, all.GivesSeats, all.GivesTraining = r.Seats, r.Trainings, r.GivesSeats, r.GivesTraining
		all.settle()
	}
	return &all
}

// base is rows that lie under an id of their own.
type base struct {
	id   uuid.UUID
	rows *Roster
}

// place says in the version what its people are joined of, and returns what is
// not stored yet. The file alone needs no place beside the version.
func (of bases) place(v *version, before version) (apart []base) {
	v.Source = of.source
	v.CSV, v.CSVPrint, v.SCIM, v.SCIMPrint = uuid.Nil, of.csv.print(), uuid.Nil, of.scim.print()
	put := func(rows *Roster, print, printBefore string, idBefore uuid.UUID) uuid.UUID {
		if print == printBefore {
			return idBefore
		}
		apart = append(apart, base{uuid.New(), rows})
		return apart[len(apart)-1].id
	}
	switch {
	case of.scim == nil && of.csv != nil:
		v.CSV = v.ID
		return nil
	case of.csv != nil:
		v.CSV = put(of.csv, v.CSVPrint, before.CSVPrint, before.CSV)
	}
	if of.scim != nil {
		v.SCIM = put(of.scim, v.SCIMPrint, before.SCIMPrint, before.SCIM)
	}
	return apart
}

// print is the fingerprint of the rows, empty where there are none.
func (r *Roster) print() string {
	if r == nil {
		return ""
	}
	return fingerprintPeople(r)
}

// sameBases tells whether both versions are joined of the same. Versions from
// before there were identity providers do not say.
func (v version) sameBases(before version) bool {
	return (v.CSVPrint == before.CSVPrint || before.CSVPrint == "" && before.CSV != uuid.Nil) && v.SCIMPrint == before.SCIMPrint
}

// compare counts whose rows are new, other or gone against the version before.
func (v *version) compare(ctx context.Context, conn driver.Conn, before uuid.UUID) error {
	if v.People == "" {
		return nil
	}
	err := conn.QueryRow(ctx, `
SELECT countIf(older = 0), countIf(older > 0 AND newer > 0 AND other), countIf(newer = 0)
FROM
(
    SELECT person, countIf(import = ?) AS older, countIf(import = ?) AS newer, sumIf(row, import = ?) != sumIf(row, import = ?) AS other
    FROM
    (
        SELECT import, person, cityHash64(valid_from, valid_to, status, employment, role, seniority, team, department, region, timezone) AS row
        FROM roster_version WHERE import IN (?, ?)
    )
    GROUP BY person
)`, before.String(), v.ID.String(), before.String(), v.ID.String(), before.String(), v.ID.String()).Scan(&v.Added, &v.Altered, &v.Removed)
	if err != nil {
		return fmt.Errorf("compare with the people in force: %w", err)
	}
	return nil
}

// StoreDirectory puts in force what an identity provider sent, joined with the
// people file. An accepted alias that clashes with it stays out: nobody is there
// who could mend it at once, and roster check names it.
func StoreDirectory(ctx context.Context, conn driver.Conn, r *Roster) (Change, error) {
	ctx = synchronous(ctx)
	for changed := false; ; {
		change, settled, err := storeDirectoryOnce(ctx, conn, r)
		changed = changed || change.Changed
		if err != nil || settled {
			change.Changed = changed
			return change, err
		}
	}
}

// storeDirectoryOnce is not settled where another import came in between.
func storeDirectoryOnce(ctx context.Context, conn driver.Conn, r *Roster) (change Change, settled bool, err error) {
	history, err := readHistory(ctx, conn)
	if err != nil {
		return Change{}, false, err
	}
	before, _ := history.people()
	if len(r.Taken) == 0 && before.SCIM == uuid.Nil {
		return before.change(false, 0), true, nil
	}
	of, err := readBases(ctx, conn, before)
	if errors.Is(err, errRetired) {
		return Change{}, false, nil
	}
	if err != nil {
		return Change{}, false, err
	}
	of.source, of.scim = fromSCIM, r
	decisions, err := Accepted(ctx, conn)
	if err != nil {
		return Change{}, false, err
	}
	joined, _ := of.joined(nil).accept(decisions)
	change, id, err := storeOnce(ctx, conn, history, joined, of, before.ID)
	if errors.Is(err, errOvertaken) {
		return Change{}, false, nil
	}
	if err != nil || !change.Changed {
		return change, true, err
	}
	after, err := readHistory(ctx, conn)
	if err != nil {
		return change, false, err
	}
	previous, _ := after.peopleBefore(id)
	return change, previous.ID == before.ID, nil
}
