package engine_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"go.uber.org/goleak"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(enginetest.Stopping(m))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// code gives the code of a ClickHouse exception, 0 for anything else.
func code(err error) int32 {
	var exception *clickhouse.Exception
	if errors.As(err, &exception) {
		return exception.Code
	}
	return 0
}

func TestExceptionsComeWithTheirCodeAndLeaveTheConnectionUsable(t *testing.T) {
	options := enginetest.Options(t)
	options.MaxOpenConns, options.MaxIdleConns = 1, 1
	connection := enginetest.Open(t, options)
	ctx := context.Background()
	must(t, connection.Exec(ctx, "CREATE TABLE t (a UInt8, CONSTRAINT small CHECK a < 10) ENGINE = MergeTree ORDER BY a"))
	for _, c := range []struct {
		sql  string
		want int32
	}{
		{"SELECT * FROM nowhere", 60},
		{"SELECT missing FROM t", 47},
		{"SELECT FROM WHERE", 62},
		{"SELECT 1; SELECT 2", 62},
		{"CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a", 57},
		{"INSERT INTO nowhere VALUES (1)", 60},
		{"INSERT INTO t VALUES (11)", 469},
		{"SELECT throwIf(number = 3000000) FROM numbers(4000000)", 395},
		{"SELECT sleep(3) SETTINGS max_execution_time = 1, function_sleep_max_microseconds_per_block = 10000000", 159},
		{"SELECT 1 INTO OUTFILE '/tmp/x'", 48},
	} {
		if err := read(ctx, connection, c.sql); code(err) != c.want {
			t.Errorf("%s: got %v, want code %d", c.sql, err, c.want)
		}
	}
	_, err := connection.PrepareBatch(ctx, "INSERT INTO t (b)")
	if code(err) != 16 {
		t.Errorf("insert into a missing column: got %v, want code 16", err)
	}
	must(t, read(ctx, connection, "SELECT 1"))
}

// read runs a query to its end.
func read(ctx context.Context, connection driver.Conn, sql string, arguments ...any) error {
	rows, err := connection.Query(ctx, sql, arguments...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

func TestStatementsOfEveryKind(t *testing.T) {
	connection := enginetest.New(t)
	ctx := context.Background()
	must(t, connection.Exec(ctx, "CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a"))
	must(t, connection.Exec(ctx, "INSERT INTO t VALUES (1, 'it''s; FORMAT'), (?, ?)", 2, "two"))
	must(t, connection.Exec(ctx, "INSERT INTO t SELECT number, 'x' FROM numbers(10, 5)"))
	must(t, connection.Exec(ctx, "-- note\nALTER TABLE t DELETE WHERE a = 14;"))
	for _, c := range []struct{ sql, want string }{
		{"SELECT count() FROM t", "6"},
		{"SELECT s FROM t WHERE a = 1 FORMAT JSON", "it's; FORMAT"},
		{"WITH 1 AS x SELECT toUInt8(x) -- end", "1"},
		{"(SELECT 'u') UNION ALL (SELECT 'u')", "u"},
		{"SHOW TABLES", "t"},
		{"EXISTS TABLE t", "1"},
		{"EXPLAIN SYNTAX SELECT 1", "SELECT 1"},
		{"SELECT timezone()", "UTC"},
	} {
		var got any
		var text string
		var number uint64
		var small uint8
		switch c.want[0] {
		case '1':
			must(t, connection.QueryRow(ctx, c.sql).Scan(&small))
			got = small
		case '6':
			must(t, connection.QueryRow(ctx, c.sql).Scan(&number))
			got = number
		default:
			must(t, connection.QueryRow(ctx, c.sql).Scan(&text))
			got = text
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: got %v, want %s", c.sql, got, c.want)
		}
	}
}

func TestEmptyResultsHaveTheirColumns(t *testing.T) {
	connection := enginetest.New(t)
	ctx := context.Background()
	for sql, want := range map[string][]string{
		"SELECT toUInt8(1) AS one, 'x' AS two WHERE 0":                    {"one", "two"},
		"SELECT number FROM numbers(10) WHERE number > 20 -- none":        {"number"},
		"SELECT number FROM numbers(10) LIMIT 0 SETTINGS max_threads = 1": {"number"},
		"SHOW TABLES": {"name"},
	} {
		rows, err := connection.Query(ctx, sql)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		if got := rows.Columns(); !reflect.DeepEqual(got, want) || rows.Next() {
			t.Errorf("%s: got columns %v, want %v and no row", sql, got, want)
		}
		must(t, rows.Err())
		rows.Close()
	}
}

func TestLargeResultsComeWhole(t *testing.T) {
	connection := enginetest.New(t)
	rows, err := connection.Query(context.Background(), "SELECT number, toString(number) FROM numbers(1000000)")
	must(t, err)
	defer rows.Close()
	var count, number uint64
	var text string
	for ; rows.Next(); count++ {
		must(t, rows.Scan(&number, &text))
		if number != count || text != fmt.Sprint(count) {
			t.Fatalf("row %d is %d, %s", count, number, text)
		}
	}
	must(t, rows.Err())
	if count != 1_000_000 {
		t.Errorf("got %d rows", count)
	}
}

func TestSettingsCountForTheirStatementOnly(t *testing.T) {
	options := enginetest.Options(t)
	options.MaxOpenConns, options.MaxIdleConns = 1, 1
	connection := enginetest.Open(t, options)
	ctx := context.Background()
	setting := func(ctx context.Context, name string) (value string) {
		t.Helper()
		must(t, connection.QueryRow(ctx, "SELECT value FROM system.settings WHERE name = ?", name).Scan(&value))
		return value
	}
	before := setting(ctx, "max_threads")
	with := clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"max_threads": 7, "async_insert": 1, "readonly": 2}))
	if got := setting(with, "max_threads"); got != "7" {
		t.Errorf("max_threads = %s, want 7", got)
	}
	if err := connection.Exec(with, "CREATE TABLE t (a UInt8) ENGINE = Memory"); code(err) != 164 {
		t.Errorf("create under readonly: got %v, want code 164", err)
	}
	if got := setting(ctx, "max_threads"); got != before {
		t.Errorf("max_threads = %s after the statement, want %s", got, before)
	}
	if got := setting(ctx, "async_insert"); got != "0" {
		t.Errorf("async_insert = %s after the statement, want 0", got)
	}
	must(t, connection.Exec(ctx, "CREATE TABLE t (a UInt8) ENGINE = Memory"))
	unknown := clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"no_such_setting": 1}))
	if err := read(unknown, connection, "SELECT 1"); code(err) != 115 {
		t.Errorf("an unknown setting: got %v, want code 115", err)
	}
	must(t, read(ctx, connection, "SELECT 1"))
}

func TestExternalTables(t *testing.T) {
	connection := enginetest.New(t)
	table, err := ext.NewTable("wanted", ext.Column("id", "UInt64"), ext.Column("name", "LowCardinality(String)"))
	must(t, err)
	for i := range 3 {
		must(t, table.Append(uint64(i*10), fmt.Sprint("n", i)))
	}
	ctx := clickhouse.Context(context.Background(), clickhouse.WithExternalTable(table))
	for range 2 {
		var found uint64
		must(t, connection.QueryRow(ctx, "SELECT count() FROM numbers(15) WHERE number IN (SELECT id FROM wanted WHERE name != 'n0')").Scan(&found))
		if found != 1 {
			t.Errorf("found %d, want 1", found)
		}
	}
	if err := read(context.Background(), connection, "SELECT * FROM wanted"); code(err) != 60 {
		t.Errorf("external table after its query: got %v, want code 60", err)
	}
}

// running counts the statements in the engine with a marker in their text.
func running(t *testing.T, connection driver.Conn, marker string) (count uint64) {
	t.Helper()
	must(t, connection.QueryRow(context.Background(),
		"SELECT count() FROM system.processes WHERE position(query, ?) > 0 AND position(query, 'system.processes') = 0", marker).Scan(&count))
	return count
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("did not happen: %s", what)
		}
	}
}

func TestCancelEndsTheStatementInTheEngine(t *testing.T) {
	options := enginetest.Options(t)
	observer, connection := enginetest.Open(t, options), enginetest.Open(t, options)
	must(t, observer.Exec(context.Background(), "CREATE TABLE sink (a UInt64) ENGINE = Null"))
	for name, sql := range map[string]string{
		"select": "SELECT 'cancel-select', sum(sipHash64(number)) FROM numbers(1000000000000)",
		"insert": "INSERT INTO sink SELECT sipHash64(number) + length('cancel-insert') FROM numbers(1000000000000)",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			failed := make(chan error, 1)
			go func() { failed <- connection.Exec(ctx, sql) }()
			eventually(t, "the statement runs", func() bool { return running(t, observer, "cancel-"+name) == 1 })
			cancel()
			if err := <-failed; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want a cancelled context", err)
			}
			eventually(t, "the statement is gone", func() bool { return running(t, observer, "cancel-"+name) == 0 })
		})
	}
}

func TestDeadlineOfTheClientEndsTheStatement(t *testing.T) {
	options := enginetest.Options(t)
	observer, connection := enginetest.Open(t, options), enginetest.Open(t, options)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if err := read(ctx, connection, "SELECT 'deadline', sum(sipHash64(number)) FROM numbers(1000000000000)"); err == nil {
		t.Error("a statement without end has ended well")
	}
	eventually(t, "the statement is gone", func() bool { return running(t, observer, "'deadline'") == 0 })
}

func TestClientThatLeavesDuringAnInsertHasInsertedNothing(t *testing.T) {
	options := enginetest.Options(t)
	ctx := context.Background()
	observer := enginetest.Open(t, options)
	must(t, observer.Exec(ctx, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a"))
	leaver, err := clickhouse.Open(options)
	must(t, err)
	batch, err := leaver.PrepareBatch(ctx, "INSERT INTO t")
	must(t, err)
	for flushes := range 3 {
		for n := range 1000 {
			must(t, batch.Append(uint64(flushes*1000+n)))
		}
		must(t, batch.Flush())
	}
	eventually(t, "the insert runs", func() bool { return running(t, observer, "INSERT INTO t") == 1 })
	must(t, batch.Abort())
	must(t, leaver.Close())
	eventually(t, "the insert is gone", func() bool { return running(t, observer, "INSERT INTO t") == 0 })
	var rows uint64
	must(t, observer.QueryRow(ctx, "SELECT count() FROM t").Scan(&rows))
	if rows != 0 {
		t.Errorf("%d rows of an insert that was never finished", rows)
	}
}

func TestWrongPasswordAndUnknownDatabase(t *testing.T) {
	for want, change := range map[int32]func(*clickhouse.Auth){
		516: func(auth *clickhouse.Auth) { auth.Password += "x" },
		81:  func(auth *clickhouse.Auth) { auth.Database = "no`where" },
	} {
		options := enginetest.Options(t)
		change(&options.Auth)
		if err := enginetest.Open(t, options).Ping(context.Background()); code(err) != want {
			t.Errorf("got %v, want code %d", err, want)
		}
	}
	options := enginetest.Options(t)
	options.Auth.Username = "nobody"
	if err := enginetest.Open(t, options).Ping(context.Background()); code(err) != 516 {
		t.Errorf("unknown user: got %v, want code 516", err)
	}
}

func TestManyConnectionsAtOnce(t *testing.T) {
	options := enginetest.Options(t)
	const clients = 120
	options.MaxOpenConns, options.MaxIdleConns = clients, clients
	connection := enginetest.Open(t, options)
	var wait sync.WaitGroup
	failures := make(chan error, clients)
	for range clients {
		wait.Go(func() {
			var slept uint8
			failures <- connection.QueryRow(context.Background(), "SELECT sleep(0.3)").Scan(&slept)
		})
	}
	wait.Wait()
	for range clients {
		must(t, <-failures)
	}
}

func TestDroppedConnectionsHarmNobody(t *testing.T) {
	options := enginetest.Options(t)
	observer := enginetest.Open(t, options)
	dropper := enginetest.Open(t, options)
	for range 50 {
		// A cancelled context closes the socket while the engine still sends.
		ctx, drop := context.WithCancel(context.Background())
		rows, err := dropper.Query(ctx, "SELECT 'dropped', number FROM numbers(1000000000)")
		must(t, err)
		rows.Next()
		drop()
		rows.Close()
	}
	eventually(t, "their statements are gone", func() bool { return running(t, observer, "'dropped'") == 0 })
	must(t, observer.Ping(context.Background()))
}

func TestPartitionsAreReplacedAndTablesExchanged(t *testing.T) {
	connection := enginetest.New(t)
	ctx := context.Background()
	for _, sql := range []string{
		"CREATE TABLE t (day Date, n UInt64) ENGINE = MergeTree PARTITION BY day ORDER BY n",
		"CREATE TABLE staging AS t",
		"INSERT INTO t VALUES ('2026-11-20', 1), ('2026-11-21', 2)",
		"INSERT INTO staging VALUES ('2026-11-20', 10), ('2026-11-20', 11)",
		"ALTER TABLE t REPLACE PARTITION '2026-11-20' FROM staging",
		"ALTER TABLE t REPLACE PARTITION '2026-11-21' FROM staging",
		"EXCHANGE TABLES t AND staging",
	} {
		if err := connection.Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	var exchanged, replaced uint64
	must(t, connection.QueryRow(ctx, "SELECT (SELECT sum(n) FROM t), (SELECT sum(n) FROM staging)").Scan(&exchanged, &replaced))
	if exchanged != 21 || replaced != 21 {
		t.Errorf("got sums %d and %d, want 21 each", exchanged, replaced)
	}
}

func TestInsertTokenDropsARepeat(t *testing.T) {
	connection := enginetest.New(t)
	ctx := context.Background()
	must(t, connection.Exec(ctx, "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100"))
	for _, token := range []string{"topic:0:1-2", "topic:0:1-2", "topic:0:3-4"} {
		with := clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": token, "async_insert": 0}))
		batch, err := connection.PrepareBatch(with, "INSERT INTO t")
		must(t, err)
		must(t, batch.Append(uint64(1)))
		must(t, batch.Append(uint64(2)))
		must(t, batch.Send())
	}
	var rows uint64
	must(t, connection.QueryRow(ctx, "SELECT count() FROM t").Scan(&rows))
	if rows != 4 {
		t.Errorf("got %d rows, want 4", rows)
	}
}
