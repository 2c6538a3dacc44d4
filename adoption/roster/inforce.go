package roster

import (
	"context"
	"errors"
	"fmt"
	"slices"

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

// readPeople reads the people and the aliases of the file of a version.
func readPeople(ctx context.Context, conn driver.Conn, v version) (*Roster, error) {
	r := &Roster{}
	rows, err := conn.Query(ctx, `SELECT person, valid_from, valid_to, toString(status), toString(employment), role, seniority, team, department, region, timezone
		FROM roster_version WHERE import = ? ORDER BY person, valid_from`, v.ID.String())
	if err != nil {
		return nil, fmt.Errorf("read the people in force: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p Period
		if err := rows.Scan(&p.Person, &p.From, &p.To, &p.Status, &p.Employment, &p.Role, &p.Seniority, &p.Team, &p.Department, &p.Region, &p.TimeZone); err != nil {
			return nil, fmt.Errorf("read the people in force: %w", err)
		}
		r.Periods = append(r.Periods, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the people in force: %w", err)
	}
	if uint64(len(r.Periods)) != v.Periods {
		return nil, errRetired
	}
	return r, readAliases(ctx, conn, v, r)
}

func readAliases(ctx context.Context, conn driver.Conn, v version, r *Roster) error {
	rows, err := conn.Query(ctx, "SELECT alias, person, accepted FROM alias_version WHERE import = ? ORDER BY alias", v.ID.String())
	if err != nil {
		return fmt.Errorf("read the aliases in force: %w", err)
	}
	defer rows.Close()
	all := uint64(0)
	for ; rows.Next(); all++ {
		var a Alias
		if err := rows.Scan(&a.Alias, &a.Person, &a.Accepted); err != nil {
			return fmt.Errorf("read the aliases in force: %w", err)
		}
		if !a.Accepted {
			r.Aliases = append(r.Aliases, a)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the aliases in force: %w", err)
	}
	if all != v.Aliases {
		return errRetired
	}
	return nil
}
