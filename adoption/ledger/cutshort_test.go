package ledger_test

import (
	"context"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// replaced cuts a mutation short once, as the engine does where a rebuild
// replaces the partition meanwhile.
type replaced struct {
	driver.Conn
	mutation string
	cut      *int
}

func (r replaced) Exec(ctx context.Context, query string, args ...any) error {
	if strings.Contains(query, r.mutation) && *r.cut == 0 {
		*r.cut++
		return &clickhouse.Exception{Code: 341, Name: "UNFINISHED"}
	}
	return r.Conn.Exec(ctx, query, args...)
}

func TestAnErasureOutlastsDaysThatAreRebuilt(t *testing.T) {
	conn := seeded(t)
	cut := 0
	erase(t, replaced{conn, "ALTER TABLE act_day DELETE", &cut}, find(t, conn, ada))
	if n := number(t, conn, "SELECT count() FROM act_day WHERE person = '"+ada+"'"); n > 0 || cut != 1 {
		t.Errorf("%d rows are left after %d mutations that were cut short", n, cut)
	}
}
