package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/schema/table"
)

// Entry says who does what with records about persons.
type Entry struct {
	// Actor is the account of the operating system, the name of a token, or the
	// person's own link.
	Actor string
	// Via is command, web, scim or sql.
	Via string
	// Action is what is done, such as export.
	Action string
	// Person is the pseudonym of whom it is about, empty where it is about many.
	Person string
	// Tables are those that are read or changed.
	Tables []string
	// Rows are how many were, where it is known before.
	Rows uint64
}

// Audit notes the entry. It comes before the reading that it speaks of: on an
// error nothing may be read.
func Audit(ctx context.Context, conn driver.Conn, e Entry) error {
	err := conn.Exec(quiet(ctx), "INSERT INTO audit (at, actor, via, action, person, tables, rows) SELECT now64(6), ?, ?, ?, ?, ?, ?",
		e.Actor, e.Via, e.Action, e.Person, append([]string{}, e.Tables...), e.Rows)
	if err != nil {
		return fmt.Errorf("the access could not be noted in the table audit, so nothing was read: %w", err)
	}
	return nil
}

// Looked is an entry with its moment.
type Looked struct {
	At time.Time
	Entry
}

// ReadAudit reads the entries since a moment, the newest first: all of them, or
// those about the person and no other.
func ReadAudit(ctx context.Context, conn driver.Conn, about *Person, since time.Time) ([]Looked, error) {
	where := "1"
	if about != nil {
		where = "person IN (" + quoted(about.withHashes()) + ")"
	}
	rows, err := conn.Query(quiet(ctx), `SELECT at, actor, via, action, person, tables, rows FROM audit
		WHERE at >= fromUnixTimestamp64Micro(?) AND `+where+" ORDER BY at DESC", max(since.UnixMicro(), 0))
	if err != nil {
		return nil, fmt.Errorf("read who looked: %w", err)
	}
	defer rows.Close()
	var all []Looked
	for rows.Next() {
		var l Looked
		if err := rows.Scan(&l.At, &l.Actor, &l.Via, &l.Action, &l.Person, &l.Tables, &l.Rows); err != nil {
			return nil, fmt.Errorf("read who looked: %w", err)
		}
		all = append(all, l)
	}
	return all, rows.Err()
}

// withHashes are the pseudonyms and what an erasure leaves of them in audit.
func (p Person) withHashes() []string {
	keys := p.keys()
	for _, key := range p.keys() {
		keys = append(keys, table.ErasedHash(key))
	}
	return keys
}
