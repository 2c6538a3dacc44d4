package roster

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// kept is how many versions of each part stay: the one in force, and one
// more for queries that began before the last switch.
const kept = 2

// abandoned is how long an import may take. Rows older than that of an import
// that never came in force are of one that was cut short.
const abandoned = 24 * time.Hour

// retire drops versions that nobody reads any more. Those with which the
// person-days were last rebuilt and the figures last calculated stay: what
// changed since is told from them.
func retire(ctx context.Context, conn driver.Conn, h history) error {
	var rebuilt, observed uuid.UUID
	err := conn.QueryRow(ctx, "SELECT (SELECT argMax(import, rebuilt_at) FROM rebuilt_import), (SELECT argMax(import, observed_at) FROM observed)").Scan(&rebuilt, &observed)
	if err != nil {
		return fmt.Errorf("read with which imports the figures were calculated: %w", err)
	}
	for i, tables := range [][]string{{"roster_version", "alias_version"}, {"seat_version"}, {"training_version"}} {
		keep := h.keep(parts[i])
		for _, v := range h {
			if keep[v.ID] {
				keep[v.CSV], keep[v.SCIM] = true, true
			}
		}
		for _, used := range []uuid.UUID{rebuilt, observed} {
			before, _ := h.at(used)
			keep[before.inForceOf(parts[i]).ID] = true
		}
		for _, table := range tables {
			if err := retireFrom(ctx, conn, table, h, keep); err != nil {
				return fmt.Errorf("retire old versions of %s: %w", table, err)
			}
		}
	}
	return nil
}

// keep has the newest versions of a part.
func (h history) keep(part func(*version) *string) map[uuid.UUID]bool {
	keep := make(map[uuid.UUID]bool)
	for i := len(h) - 1; i >= 0 && len(keep) < kept; i-- {
		if *part(&h[i]) != "" {
			keep[h[i].ID] = true
		}
	}
	return keep
}

func retireFrom(ctx context.Context, conn driver.Conn, table string, h history, keep map[uuid.UUID]bool) error {
	var stored []uuid.UUID
	if err := conn.QueryRow(ctx, "SELECT groupUniqArray(import) FROM "+table).Scan(&stored); err != nil {
		return err
	}
	known := make(map[uuid.UUID]bool, len(h))
	for i := range h {
		known[h[i].ID] = true
	}
	for _, id := range stored {
		if keep[id] || (!known[id] && time.Since(time.Unix(id.Time().UnixTime())) < abandoned) {
			continue
		}
		if err := conn.Exec(ctx, "ALTER TABLE "+table+" DROP PARTITION ?", id.String()); err != nil {
			return err
		}
	}
	return nil
}
