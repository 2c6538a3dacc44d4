package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/schema/table"
)

// holding is a table with columns of pseudonyms, how many rows of it have one of
// the person's, and how many are the person's: a record that names somebody else
// on the person's device is not.
type holding struct {
	table      string
	columns    []string
	rows, mine uint64
}

func names(found []holding) []string {
	var all []string
	for _, h := range found {
		all = append(all, h.table)
	}
	return all
}

// count finds the tables that hold rows of the person. It asks the engine which
// tables have such columns, because a rebuild under way has tables of its own.
func (e *erasing) count(ctx context.Context) ([]holding, error) {
	all, err := holdings(ctx, e.conn)
	if err != nil {
		return nil, err
	}
	var found []holding
	for _, h := range all {
		var any []string
		for _, column := range h.columns {
			any = append(any, column+" IN ("+quoted(e.person.keys())+")")
		}
		mine := e.person.where(table.PersonalTable{Columns: h.columns})
		err := e.conn.QueryRow(ctx, "SELECT count(), countIf("+mine+") FROM "+h.table+" WHERE "+strings.Join(any, " OR ")).Scan(&h.rows, &h.mine)
		switch {
		case isGone(err):
		case err != nil:
			return nil, fmt.Errorf("count the rows of %s: %w", h.table, err)
		case h.rows > 0:
			found = append(found, h)
		}
	}
	return found, nil
}

// holdings are the stored tables with columns of pseudonyms. Those of aliases
// come last: an erasure that is cut short must find the aliases again.
func holdings(ctx context.Context, conn driver.Conn) ([]holding, error) {
	rows, err := conn.Query(ctx, `
SELECT table, arraySort(groupArray(name)) FROM system.columns
WHERE database = currentDatabase() AND name IN ('`+strings.Join(table.IdentifierColumns(), "', '")+`')
    AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND endsWith(engine, 'MergeTree'))
GROUP BY table ORDER BY has(groupArray(name), 'alias'), table`)
	if err != nil {
		return nil, fmt.Errorf("find the tables about persons: %w", err)
	}
	defer rows.Close()
	var all []holding
	for rows.Next() {
		var h holding
		if err := rows.Scan(&h.table, &h.columns); err != nil {
			return nil, fmt.Errorf("find the tables about persons: %w", err)
		}
		all = append(all, h)
	}
	return all, rows.Err()
}

// ClickHouse's codes for a table that is no longer there, and for a mutation of
// which a part was replaced meanwhile.
const (
	unknownTable = 60
	unfinished   = 341
)

func isGone(err error) bool { return hasCode(err, unknownTable) }

func hasCode(err error, code int32) bool {
	var exception *clickhouse.Exception
	return errors.As(err, &exception) && exception.Code == code
}

// purge rewrites the parts that hold the person.
func (e *erasing) purge(ctx context.Context, found []holding) error {
	for _, h := range found {
		for _, statement := range e.mutations(h) {
			if err := e.mutate(ctx, statement); err != nil && !isGone(err) {
				return fmt.Errorf("erase from %s: %w", h.table, err)
			}
		}
	}
	return nil
}

// mutate runs a mutation again that days which are being rebuilt cut short, by
// putting others in the place of those that it changed.
func (e *erasing) mutate(ctx context.Context, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, e.how.Patience)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		err := e.conn.Exec(ctx, statement)
		if !hasCode(err, unfinished) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

// mutations name the person by hashes: the engine keeps the text of a mutation
// in a file. The quick hash spares most rows the other.
func (e *erasing) mutations(h holding) []string {
	among := func(column string) string {
		return "(sipHash64(" + column + ") IN (" + e.quick + ") AND lower(hex(SHA256(" + column + "))) IN (" + quoted(e.hashes) + "))"
	}
	if h.table == "audit" {
		return []string{"ALTER TABLE audit UPDATE person = lower(hex(SHA256(person))) WHERE " + among("person")}
	}
	var statements []string
	condition := make([]string, len(h.columns))
	for i, column := range h.columns {
		condition[i] = among(column)
	}
	if slices.Contains(h.columns, "device") && slices.Contains(h.columns, "person") {
		// A record that names somebody else stays, without the device.
		others := among("device") + " AND person != '' AND NOT " + among("person")
		if h.table == "heard" {
			statements = append(statements, "INSERT INTO heard (day, person, device, tool) SELECT DISTINCT day, person, '', tool FROM heard WHERE "+others)
		} else {
			statements = append(statements, "ALTER TABLE "+h.table+" UPDATE device = '' WHERE "+others)
		}
	}
	return append(statements, "ALTER TABLE "+h.table+" DELETE WHERE "+strings.Join(condition, " OR "))
}
