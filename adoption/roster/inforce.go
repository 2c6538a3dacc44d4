package roster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// people is the version whose people are in force.
func (h history) people() (version, bool) {
	v := h.inForceOf(parts[0])
	return v, v.ID != uuid.Nil
}

// peopleBefore is the version whose people were in force before another one.
func (h history) peopleBefore(id uuid.UUID) (version, bool) {
	i := slices.IndexFunc(h, func(v version) bool { return v.ID == id })
	return h[:max(i, 0)].people()
}

// errRetired says that a version was dropped while it was read.
var errRetired = errors.New("the people in force changed meanwhile; run it again")

// readPeople reads the people of a version and its aliases, those that were
// accepted excepted.
func readPeople(ctx context.Context, conn driver.Conn, v version) (*Roster, error) {
	r, aliases, err := readRows(ctx, conn, v.ID)
	if err == nil && (uint64(len(r.Periods)) != v.Periods || aliases != v.Aliases) {
		err = errRetired
	}
	return r, err
}

// readBase reads what a version was joined of, nil where the id is of nothing.
func readBase(ctx context.Context, conn driver.Conn, v version, id uuid.UUID, fingerprint string) (*Roster, error) {
	switch id {
	case uuid.Nil:
		return nil, nil
	case v.ID:
		return readPeople(ctx, conn, v)
	}
	r, _, err := readRows(ctx, conn, id)
	if err != nil || fingerprintPeople(r) == fingerprint {
		return r, err
	}
	// While the version is in force nobody drops what it was joined of; only an
	// erasure takes rows out of it.
	after, err := readHistory(ctx, conn)
	if newest, _ := after.people(); err == nil && newest.ID != v.ID {
		err = errRetired
	}
	return r, err
}

// readRows reads the people and aliases under an id, and counts all aliases.
func readRows(ctx context.Context, conn driver.Conn, id uuid.UUID) (*Roster, uint64, error) {
	r := &Roster{}
	if err := readPeriods(ctx, conn, id, r); err != nil {
		return nil, 0, err
	}
	aliases, err := readAliases(ctx, conn, id, r)
	return r, aliases, err
}

func readPeriods(ctx context.Context, conn driver.Conn, id uuid.UUID, r *Roster) error {
	rows, err := conn.Query(ctx, `SELECT person, valid_from, valid_to, toString(status), toString(employment), role, seniority, team, department, region, timezone
		FROM roster_version WHERE import = ? ORDER BY person, valid_from`, id.String())
	if err != nil {
		return fmt.Errorf("read the people in force: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p Period
		if err := rows.Scan(&p.Person, &p.From, &p.To, &p.Status, &p.Employment, &p.Role, &p.Seniority, &p.Team, &p.Department, &p.Region, &p.TimeZone); err != nil {
			return fmt.Errorf("read the people in force: %w", err)
		}
		if p.To.Before(p.From) {
			r.take(p.Person, p.From)
			continue
		}
		r.Periods = append(r.Periods, p)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the people in force: %w", err)
	}
	return nil
}

// take notes since when the identity provider answers for a person. In the
// table that is a row which ends before it begins.
func (r *Roster) take(person string, since time.Time) {
	if r.Taken == nil {
		r.Taken = map[string]time.Time{}
	}
	r.Taken[person] = since
}

func readAliases(ctx context.Context, conn driver.Conn, id uuid.UUID, r *Roster) (all uint64, err error) {
	rows, err := conn.Query(ctx, "SELECT alias, person, accepted FROM alias_version WHERE import = ? ORDER BY alias", id.String())
	if err != nil {
		return 0, fmt.Errorf("read the aliases in force: %w", err)
	}
	defer rows.Close()
	for ; rows.Next(); all++ {
		var a Alias
		if err := rows.Scan(&a.Alias, &a.Person, &a.Accepted); err != nil {
			return 0, fmt.Errorf("read the aliases in force: %w", err)
		}
		if !a.Accepted {
			r.Aliases = append(r.Aliases, a)
		}
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("read the aliases in force: %w", err)
	}
	return all, nil
}
