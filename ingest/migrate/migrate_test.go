package migrate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"go.uber.org/goleak"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/schema/table"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(enginetest.Stopping(m)) }

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// tables returns how each table and view of the database is made.
func tables(t *testing.T, conn driver.Conn) map[string]string {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT name, replaceAll(create_table_query, currentDatabase() || '.', '') FROM system.tables WHERE database = currentDatabase() AND name NOT LIKE 'schema_lock_%'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	made := map[string]string{}
	for rows.Next() {
		var name, query string
		if err := rows.Scan(&name, &query); err != nil {
			t.Fatal(err)
		}
		made[name] = query
	}
	return made
}

func exec(t *testing.T, conn driver.Conn, statement string, args ...any) {
	t.Helper()
	if err := conn.Exec(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func count(t *testing.T, conn driver.Conn, query string) (n uint64) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func TestAFreshDatabaseGetsAllTables(t *testing.T) {
	conn := enginetest.New(t)
	if err := Check(t.Context(), conn); !errors.Is(err, ErrOlder) || !strings.Contains(err.Error(), "uptake migrate") {
		t.Errorf("before: %v", err)
	}
	for range 2 {
		if err := Run(t.Context(), conn, quiet); err != nil {
			t.Fatal(err)
		}
	}
	if err := Check(t.Context(), conn); err != nil {
		t.Error(err)
	}
	if n := count(t, conn, "SELECT count() FROM schema_version"); n != uint64(table.Latest()) {
		t.Errorf("%d versions are recorded", n)
	}
	if _, found := tables(t, conn)["event"]; !found {
		t.Error("there is no table event")
	}
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	conn := enginetest.New(t)
	if err := Run(t.Context(), conn, quiet); err != nil {
		t.Fatal(err)
	}
	exec(t, conn, "INSERT INTO schema_version SELECT 99, 'future', now64(6)")
	for _, err := range []error{Run(t.Context(), conn, quiet), Check(t.Context(), conn)} {
		if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "version 99") || !strings.Contains(err.Error(), fmt.Sprintf("up to %d", table.Latest())) {
			t.Errorf("got %v", err)
		}
	}
}

// Old states are saved as they were, with rows; each version that is left behind adds one.
func TestSavedStatesComeUp(t *testing.T) {
	fresh := enginetest.New(t)
	if err := Run(t.Context(), fresh, quiet); err != nil {
		t.Fatal(err)
	}
	want := tables(t, fresh)
	for version := 1; version < table.Latest(); version++ {
		t.Run(fmt.Sprintf("version_%d", version), func(t *testing.T) {
			saved, err := os.ReadFile(fmt.Sprintf("../../schema/table/testdata/state-%04d.sql", version))
			if err != nil {
				t.Fatal(err)
			}
			conn := enginetest.New(t)
			for _, statement := range table.Split(string(saved)) {
				exec(t, conn, statement)
			}
			if err := Run(t.Context(), conn, quiet); err != nil {
				t.Fatal(err)
			}
			if got := tables(t, conn); !maps.Equal(got, want) {
				for name := range want {
					if got[name] != want[name] {
						t.Errorf("%s is\n%s\nwant\n%s", name, got[name], want[name])
					}
				}
			}
			if n := count(t, conn, "SELECT count() FROM event FINAL"); n != 1 {
				t.Errorf("%d of 1 event is left", n)
			}
		})
	}
}

func TestAMigrationCutShortIsFinished(t *testing.T) {
	conn := enginetest.New(t)
	all := []table.Migration{
		{Version: 1, Name: "one", Statements: []string{"CREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = MergeTree ORDER BY x"}},
		{Version: 2, Name: "two", Statements: []string{"CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = MergeTree ORDER BY x", "CREATE NONSENSE"}},
	}
	err := run(t.Context(), conn, quiet, all, time.Minute)
	if err == nil || !strings.Contains(err.Error(), "migration 0002_two, statement 2") {
		t.Fatalf("got %v", err)
	}
	if version, err := Version(t.Context(), conn); version != 1 || err != nil {
		t.Fatalf("version %d, %v", version, err)
	}
	all[1].Statements[1] = "ALTER TABLE a ADD COLUMN IF NOT EXISTS y UInt8"
	if err := run(t.Context(), conn, quiet, all, time.Minute); err != nil {
		t.Fatal(err)
	}
	if n := count(t, conn, "SELECT toUInt64(version) FROM (SELECT max(version) AS version FROM schema_version)"); n != 2 {
		t.Errorf("version %d", n)
	}
}

func TestOfManyAtOnceEachStatementRunsOnce(t *testing.T) {
	conn := enginetest.New(t)
	exec(t, conn, "CREATE TABLE trace (x UInt8) ENGINE = MergeTree ORDER BY x")
	all := []table.Migration{{Version: 1, Name: "traced", Statements: []string{"INSERT INTO trace SELECT 1", "INSERT INTO trace SELECT 2 WHERE sleep(0.2) = 0"}}}
	var runs sync.WaitGroup
	for range 6 {
		runs.Go(func() {
			if err := run(t.Context(), conn, quiet, all, time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
	if n := count(t, conn, "SELECT count() FROM trace"); n != 2 {
		t.Errorf("the two statements ran %d times", n)
	}
	if n := count(t, conn, "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name LIKE 'schema_lock_%'"); n != 1 {
		t.Errorf("%d lock tables are left", n)
	}
}

func TestALockWhoseHolderDiedIsTakenOver(t *testing.T) {
	conn := enginetest.New(t)
	dead, err := acquire(t.Context(), conn, quiet, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := acquire(ctx, conn, quiet, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a held lock: %v", err)
	}
	heir, err := acquire(t.Context(), conn, quiet, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if err := dead.renew(t.Context()); !errors.Is(err, ErrLockLost) {
		t.Errorf("the dead one goes on: %v", err)
	}
	dead.release(t.Context(), quiet)
	if err := heir.renew(t.Context()); err != nil {
		t.Error(err)
	}
}

// One may die between making its lock table and writing into it.
func TestALockTableWithoutRowsEndsToo(t *testing.T) {
	conn := enginetest.New(t)
	exec(t, conn, "CREATE TABLE schema_lock_41 (at DateTime64(6, 'UTC'), owner String, free Bool) ENGINE = MergeTree ORDER BY at")
	held, err := acquire(t.Context(), conn, quiet, 100*time.Millisecond)
	if err != nil || held.number != 42 {
		t.Fatalf("got %v, %v", held, err)
	}
}

func TestTheDatabaseIsCreated(t *testing.T) {
	conn := enginetest.New(t)
	name := "odd `name` of " + t.Name()
	for range 2 {
		if err := CreateDatabase(t.Context(), conn, name); err != nil {
			t.Fatal(err)
		}
	}
	exec(t, conn, "DROP DATABASE `odd \\`name\\` of "+t.Name()+"`")
}
