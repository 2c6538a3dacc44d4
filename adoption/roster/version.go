package roster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// version is a row of roster_import. People, Seats and Training are the
// fingerprints of what the import put in force, empty for what it left.
type version struct {
	ImportedAt                                 time.Time
	ID                                         uuid.UUID
	People, Seats, Training                    string
	Persons, Periods, Aliases, Held, Trainings uint64
	// Source is where the import came from: csv, scim or aliases.
	Source string
	// CSV and SCIM are the ids under which lie the rows of the people file and those
	// of the identity provider, of which the people are joined; the id of the
	// version itself where there is nothing to join.
	CSV, SCIM           uuid.UUID
	CSVPrint, SCIMPrint string
	// Added, Altered and Removed count persons, against the version before.
	Added, Altered, Removed uint64
}

// history is all versions, the oldest first.
type history []version

func readHistory(ctx context.Context, conn driver.Conn) (history, error) {
	rows, err := conn.Query(ctx, `SELECT imported_at, import, people_fingerprint, seats_fingerprint, training_fingerprint, people, periods, aliases, seats, trainings,
		source, csv, scim, csv_fingerprint, scim_fingerprint, added, altered, removed
		FROM roster_import ORDER BY imported_at, import`)
	if err != nil {
		return nil, fmt.Errorf("read the earlier imports: %w", err)
	}
	defer rows.Close()
	var h history
	for rows.Next() {
		var v version
		if err := rows.Scan(&v.ImportedAt, &v.ID, &v.People, &v.Seats, &v.Training, &v.Persons, &v.Periods, &v.Aliases, &v.Held, &v.Trainings,
			&v.Source, &v.CSV, &v.SCIM, &v.CSVPrint, &v.SCIMPrint, &v.Added, &v.Altered, &v.Removed); err != nil {
			return nil, fmt.Errorf("read the earlier imports: %w", err)
		}
		if v.People != "" && v.CSV == uuid.Nil && v.SCIM == uuid.Nil {
			v.CSV = v.ID
		}
		h = append(h, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the earlier imports: %w", err)
	}
	return h, nil
}

// parts picks each fingerprint of a version: people, seats and training.
var parts = []func(*version) *string{
	func(v *version) *string { return &v.People },
	func(v *version) *string { return &v.Seats },
	func(v *version) *string { return &v.Training },
}

// inForce is what the versions together put in force, with the newest counts.
func (h history) inForce() version {
	var v version
	for i := range h {
		before := v
		v = h[i]
		for _, part := range parts {
			if *part(&v) == "" {
				*part(&v) = *part(&before)
			}
		}
	}
	return v
}

// next is the row that puts the roster in force, and whether it changes anything.
func (h history) next(r *Roster, id uuid.UUID, now time.Time) (version, bool) {
	current := h.inForce()
	v := current
	v.Added, v.Altered, v.Removed = 0, 0, 0
	v.ID, v.ImportedAt = id, now.UTC().Truncate(time.Microsecond)
	// A clock that was set back must not leave the older import in force.
	if !v.ImportedAt.After(current.ImportedAt) {
		v.ImportedAt = current.ImportedAt.Add(time.Microsecond)
	}
	v.People, v.Persons, v.Periods, v.Aliases = fingerprintPeople(r), uint64(r.People()), uint64(len(r.Periods)), uint64(len(r.Aliases))
	if r.GivesSeats {
		v.Seats, v.Held = fingerprintSeats(r), uint64(len(r.Seats))
	}
	if r.GivesTraining {
		v.Training, v.Trainings = fingerprintTraining(r), uint64(len(r.Trainings))
	}
	changed := false
	for _, part := range parts {
		if *part(&v) == *part(&current) {
			*part(&v) = ""
		} else {
			changed = true
		}
	}
	return v, changed
}

// errOvertaken says that another version came in force meanwhile.
var errOvertaken = errors.New("another import came in between")

// insert is the switch: from here on the version is in force. Where newest is
// named, it is made only while that version's people are the newest.
func (v version) insert(ctx context.Context, conn driver.Conn, newest uuid.UUID) error {
	err := conn.Exec(ctx, `
INSERT INTO roster_import (imported_at, import, fingerprint, people_fingerprint, seats_fingerprint, training_fingerprint, people, periods, aliases, seats, trainings,
    source, csv, scim, csv_fingerprint, scim_fingerprint, added, altered, removed)
SELECT fromUnixTimestamp64Micro(?), toUUID(?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, toUUID(?), toUUID(?), ?, ?, ?, ?, ?
WHERE toUUID(?) IN (toUUID('00000000-0000-0000-0000-000000000000'),
    (SELECT argMax(import, (imported_at, import)) FROM roster_import WHERE people_fingerprint != ''))`,
		v.ImportedAt.UnixMicro(), v.ID.String(), v.fingerprint(), v.People, v.Seats, v.Training, v.Persons, v.Periods, v.Aliases, v.Held, v.Trainings,
		v.Source, v.CSV.String(), v.SCIM.String(), v.CSVPrint, v.SCIMPrint, v.Added, v.Altered, v.Removed, newest.String())
	var made uint64
	if err == nil && newest != uuid.Nil {
		err = conn.QueryRow(ctx, "SELECT count() FROM roster_import WHERE import = ?", v.ID.String()).Scan(&made)
	}
	switch {
	case err != nil:
		return fmt.Errorf("put the import in force: %w", err)
	case newest != uuid.Nil && made == 0:
		return errOvertaken
	}
	return nil
}

// fingerprint differs between versions even where their contents are equal,
// because what another import put in force beside them may differ.
func (v version) fingerprint() string {
	d := newDigest()
	d.add(v.ID.String(), v.People, v.Seats, v.Training)
	return d.sum()
}

func (v version) change(changed bool, leftOut uint64) Change {
	return Change{Changed: changed, LeftOut: leftOut, People: v.Persons, Periods: v.Periods, Aliases: v.Aliases, Seats: v.Held, Trainings: v.Trainings}
}

// The rows are sorted, so that a fingerprint does not depend on their order in the file.
func fingerprintPeople(r *Roster) string {
	d := newDigest()
	for i := range r.Periods {
		p := &r.Periods[i]
		d.add(p.Person, day(p.From), day(p.To), p.Status, p.Employment, p.Role, p.Seniority, p.Team, p.Department, p.Region, p.TimeZone)
	}
	for i := range r.Aliases {
		d.add(r.Aliases[i].Alias, r.Aliases[i].Person)
		if r.Aliases[i].Accepted {
			d.add("accepted")
		}
	}
	for _, person := range slices.Sorted(maps.Keys(r.Taken)) {
		d.add(person, day(r.Taken[person]))
	}
	return d.sum()
}

func fingerprintSeats(r *Roster) string {
	d := newDigest()
	for i := range r.Seats {
		s := &r.Seats[i]
		d.add(s.Person, s.Tool, day(s.From), day(s.To), strconv.FormatFloat(s.MonthlyPriceUSD, 'g', -1, 64))
	}
	return d.sum()
}

func fingerprintTraining(r *Roster) string {
	d := newDigest()
	for i := range r.Trainings {
		d.add(r.Trainings[i].Person, r.Trainings[i].Course, day(r.Trainings[i].CompletedOn))
	}
	return d.sum()
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

// digest hashes rows so that no two tables of different values are alike.
type digest struct{ hash hash.Hash }

func newDigest() digest { return digest{sha256.New()} }

func (d digest) add(values ...string) {
	for _, value := range values {
		io.WriteString(d.hash, strconv.Itoa(len(value)))
		io.WriteString(d.hash, ":")
		io.WriteString(d.hash, value)
	}
	io.WriteString(d.hash, "\n")
}

func (d digest) sum() string { return hex.EncodeToString(d.hash.Sum(nil)[:16]) }
