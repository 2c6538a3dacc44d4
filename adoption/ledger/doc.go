// Package ledger serves the rights of those who are measured: to see what is
// held about them and who looked at it, to take it away, and to have it erased.
//
// It promises that
//   - nothing about a person is read here before a row in audit says so, and
//     where that row cannot be written nothing is read;
//   - a record holds every row of every personal table, in the list that
//     schema/table keeps;
//   - after an erasure the pseudonyms stand in no table and no file of the
//     tables' engine; what stays are hashes, so that what was received before is
//     refused, and a receipt that names nobody;
//   - statements of this package never reach the engine's log of queries, which
//     would keep the pseudonyms.
package ledger

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// quiet keeps statements with pseudonyms out of the engine's own logs, and makes
// the answer to a change mean that it is done.
func quiet(ctx context.Context) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"log_queries": 0, "async_insert": 0, "mutations_sync": 2, "alter_sync": 2,
	}))
}
