package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/schema/table"
)

// Person is who a record is about, by pseudonyms.
type Person struct {
	ID string
	// Aliases are the pseudonyms of further identifiers, devices among them.
	Aliases []string
}

// keys are all pseudonyms of the person.
func (p Person) keys() []string { return append([]string{p.ID}, p.Aliases...) }

// Find tells to whom a pseudonym belongs, and under which others the person is
// stored: aliases of every version of the roster that is kept, unless they are
// another's by now, and those that IT accepted.
func Find(ctx context.Context, conn driver.Conn, pseudonym string) (Person, error) {
	p := Person{ID: pseudonym}
	if !isPseudonym(pseudonym) {
		return p, fmt.Errorf("%q is no pseudonym: 32 hexadecimal digits", pseudonym)
	}
	var owners []string
	if err := conn.QueryRow(quiet(ctx), "SELECT groupUniqArray(person) FROM alias WHERE alias = ?", pseudonym).Scan(&owners); err != nil {
		return p, fmt.Errorf("look up whose the identifier is: %w", err)
	}
	if len(owners) > 0 {
		p.ID = owners[0]
	}
	err := conn.QueryRow(quiet(ctx), `
SELECT arraySort(groupUniqArray(alias)) FROM
(
    SELECT alias FROM alias_version WHERE person = ?
    UNION ALL
    SELECT alias FROM alias_decision WHERE person = ? GROUP BY alias HAVING argMax(accepted, decided_at)
)
WHERE alias != ? AND alias NOT IN (SELECT alias FROM alias WHERE person != ?)`, p.ID, p.ID, p.ID, p.ID).Scan(&p.Aliases)
	if err != nil {
		return p, fmt.Errorf("look up the person's other identifiers: %w", err)
	}
	if pseudonym != p.ID && !slices.Contains(p.Aliases, pseudonym) {
		p.Aliases = append(p.Aliases, pseudonym)
	}
	return p, nil
}

// where selects the person's rows of a personal table. Rows with a device are
// the person's where they name the person, or nobody and the person's device.
func (p Person) where(t table.PersonalTable) string {
	keys := quoted(p.keys())
	if t.Name == "audit" {
		keys = quoted(p.withHashes())
	}
	if slices.Contains(t.Columns, "device") {
		return fmt.Sprintf("(person IN (%s) OR person = '' AND device IN (%s))", keys, keys)
	}
	var any []string
	for _, column := range t.Columns {
		any = append(any, column+" IN ("+keys+")")
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

// quoted is a list of pseudonyms or hashes for a statement.
func quoted(keys []string) string { return "'" + strings.Join(keys, "', '") + "'" }

// ErasedAt is when the person was last erased, zero where never.
func ErasedAt(ctx context.Context, conn driver.Conn, p Person) (time.Time, error) {
	var hashes []string
	for _, key := range p.keys() {
		hashes = append(hashes, table.ErasedHash(key))
	}
	var at time.Time
	if err := conn.QueryRow(quiet(ctx), "SELECT max(erased_at) FROM erased WHERE hash IN ("+quoted(hashes)+")").Scan(&at); err != nil {
		return at, fmt.Errorf("look up whether the person was erased: %w", err)
	}
	if at.Unix() <= 0 {
		return time.Time{}, nil
	}
	return at, nil
}

// ErasedSince are all erasures: when, by the hash of the pseudonym.
func ErasedSince(ctx context.Context, conn driver.Conn) (map[string]time.Time, error) {
	rows, err := conn.Query(ctx, "SELECT hash, max(erased_at) FROM erased GROUP BY hash")
	if err != nil {
		return nil, fmt.Errorf("read who was erased: %w", err)
	}
	defer rows.Close()
	erased := map[string]time.Time{}
	for rows.Next() {
		var hash string
		var at time.Time
		if err := rows.Scan(&hash, &at); err != nil {
			return nil, fmt.Errorf("read who was erased: %w", err)
		}
		erased[hash] = at
	}
	return erased, rows.Err()
}

// isPseudonym tells what may stand in a statement.
func isPseudonym(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}
