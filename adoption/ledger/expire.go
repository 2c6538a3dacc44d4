package ledger

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// expireEvery is how often rows are looked for that time alone takes out.
const expireEvery = 24 * time.Hour

// gone are users and groups that the directory removed 15 months ago. The engine
// cannot do it by the time of a row: the last state must not go before the others.
const gone = `id IN (SELECT id FROM scim_resource GROUP BY id
	HAVING argMax(deleted, changed_at) AND max(changed_at) < now() - INTERVAL 15 MONTH)`

// KeepExpired takes out, once a day, what the engine does not take out by itself,
// until ctx ends.
func KeepExpired(ctx context.Context, conn driver.Conn, logger *slog.Logger) error {
	tick := time.NewTicker(expireEvery)
	defer tick.Stop()
	for {
		if err := Expire(ctx, conn); err != nil && ctx.Err() == nil {
			logger.Warn("rows that have outlived their time are still there", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Expire takes out the states of those whom the directory removed long ago.
func Expire(ctx context.Context, conn driver.Conn) error {
	ctx = quiet(ctx)
	var rows uint64
	err := conn.QueryRow(ctx, "SELECT count() FROM scim_resource WHERE "+gone).Scan(&rows)
	if err == nil && rows > 0 {
		err = conn.Exec(ctx, "ALTER TABLE scim_resource DELETE WHERE "+gone+" SETTINGS allow_nondeterministic_mutations = 1")
	}
	if err != nil {
		return fmt.Errorf("take out former users of the directory: %w", err)
	}
	return nil
}
