package enginetest

import (
	"context"
	"testing"
)

func TestNewGivesAnEmptyDatabaseEach(t *testing.T) {
	first, second := New(t), New(t)
	ctx := context.Background()
	if err := first.Exec(ctx, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a"); err != nil {
		t.Fatal(err)
	}
	var tables uint64
	if err := second.QueryRow(ctx, "SELECT count() FROM system.tables WHERE database = currentDatabase()").Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if tables != 0 {
		t.Errorf("the second database has %d tables", tables)
	}
}
