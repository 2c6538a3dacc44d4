package engine_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/ext"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine"
	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
)

// listed connects as a user who may read uptake.figure alone, where there are
// other tables and views upon them.
func listed(t *testing.T) driver.Conn {
	t.Helper()
	config, ctx := folder(t), context.Background()
	config.ReadonlyTables = []string{"uptake.figure"}
	e := start(t, config, engine.Deps{})
	admin := connect(t, e, "uptake", "full")
	for _, sql := range []string{
		"CREATE DATABASE uptake", "CREATE TABLE uptake.figure (a UInt64) ENGINE = MergeTree ORDER BY a", "CREATE TABLE uptake.event (a UInt64) ENGINE = MergeTree ORDER BY a",
		"CREATE VIEW uptake.peek AS SELECT * FROM uptake.event", "CREATE VIEW uptake.by AS SELECT * FROM uptake.event WHERE a = {a:UInt64}",
		"INSERT INTO uptake.figure VALUES (1)", "INSERT INTO uptake.event VALUES (1)",
	} {
		must(t, admin.Exec(ctx, sql))
	}
	return enginetest.Open(t, &clickhouse.Options{Addr: []string{e.Addr()}, Auth: clickhouse.Auth{Database: "uptake", Username: "grafana", Password: "read"}})
}

// column has the first column of what a query gives, as text.
func column(t *testing.T, connection driver.Conn, sql string) (texts []string) {
	t.Helper()
	rows, err := connection.Query(context.Background(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	for rows.Next() {
		var targets []any
		for _, c := range rows.ColumnTypes() {
			targets = append(targets, reflect.New(c.ScanType()).Interface())
		}
		must(t, rows.Scan(targets...))
		texts = append(texts, reflect.ValueOf(targets[0]).Elem().String())
	}
	must(t, rows.Err())
	return texts
}

func TestListedTablesCanBeRead(t *testing.T) {
	reader, ctx := listed(t), clickhouse.Context(context.Background(), clickhouse.WithSettings(clickhouse.Settings{"max_execution_time": 60}))
	for _, sql := range []string{
		"SELECT a FROM figure", "SELECT f.a FROM uptake.figure AS f WHERE f.a IN (1, 2)", "WITH x AS (SELECT a FROM figure) SELECT a FROM x WHERE a IN x",
		"SELECT * FROM (SELECT a FROM figure) AS z JOIN numbers(3) AS n ON n.number = z.a", "SELECT 1", "SELECT a FROM figure WHERE 0", "DESCRIBE TABLE figure", "SELECT 'it costs $1, “quoted”'",
		"SELECT argMin(f.a, f.a) FROM figure AS f", "SELECT a FROM figure SETTINGS max_threads = 1, join_use_nulls = 1", "SELECT name FROM system.functions", "EXPLAIN SELECT a FROM figure",
	} {
		if err := read(ctx, reader, sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	must(t, reader.Exec(ctx, "SET max_execution_time = 30"))
}

// TestOtherTablesHaveNoNames for such a user, wherever names are listed.
func TestOtherTablesHaveNoNames(t *testing.T) {
	reader, ctx := listed(t), context.Background()
	for _, sql := range []string{
		"SHOW TABLES", "SHOW FULL TABLES FROM uptake", "SELECT name FROM system.tables", "SELECT DISTINCT table FROM system.columns", "SELECT name FROM system.tables SETTINGS max_threads = 1",
		"SELECT table_name FROM information_schema.tables", "SELECT DISTINCT table_name FROM INFORMATION_SCHEMA.COLUMNS", "SELECT t.name FROM system.tables AS t WHERE 1 OR t.database = 'system'",
	} {
		if names := column(t, reader, sql); len(names) != 1 || names[0] != "figure" {
			t.Errorf("%s gave %v, want figure", sql, names)
		}
	}
	for _, sql := range []string{"SHOW TABLES FROM system", "SHOW COLUMNS FROM event", "SHOW TABLES FROM default"} {
		if names := column(t, reader, sql); len(names) != 0 {
			t.Errorf("%s gave %v, want nothing", sql, names)
		}
	}
	if names := column(t, reader, "SHOW DATABASES"); len(names) != 1 || names[0] != "uptake" {
		t.Errorf("the databases are %v", names)
	}
	var proposed *clickhouse.Exception
	if err := read(ctx, reader, "SELECT * FROM evnt"); code(err) != 60 || !errors.As(err, &proposed) || proposed.Message != "Unknown table expression identifier 'evnt' in scope SELECT * FROM evnt." {
		t.Errorf("a table that does not exist: %v", err)
	}
}

// TestOtherTablesCannotBeRead holds attacks, each of which is refused for what
// it tries to use.
func TestOtherTablesCannotBeRead(t *testing.T) {
	reader, ctx := listed(t), context.Background()
	for _, sql := range []string{
		// The table by its name, wherever one may stand.
		"SELECT a FROM event", "SELECT a FROM uptake.event", "SELECT * FROM `uptake`.`event`", "SELECT * FROM uptake/**/./**/event -- figure", "FROM event SELECT *", "SELECT * FROM event AS figure",
		"SELECT (SELECT max(a) FROM event)", "SELECT EXISTS(SELECT 1 FROM event)", "SELECT * FROM figure, event", "SELECT * FROM figure PASTE JOIN event", "SELECT a FROM figure UNION ALL SELECT a FROM event",
		"SELECT * FROM numbers((SELECT max(a) FROM event))", "SELECT 1 LIMIT (SELECT max(a) FROM event)", "SELECT 1 FROM view(SELECT * FROM event)", "SELECT * FROM VALUES('a UInt64', (SELECT max(a) FROM event))",
		"WITH event AS (SELECT a FROM event) SELECT a FROM event", "WITH RECURSIVE x AS (SELECT a FROM event UNION ALL SELECT a FROM x) SELECT * FROM x",
		"DESCRIBE TABLE event", "DESCRIBE (SELECT * FROM event)", "EXPLAIN SELECT * FROM event", "EXPLAIN ESTIMATE SELECT * FROM event", "SELECT * FROM (EXPLAIN SELECT * FROM event)",
		// As a set.
		"SELECT a FROM figure WHERE a IN event", "SELECT a FROM figure WHERE (a IN uptake.event) IN (1)", "SELECT a FROM figure WHERE (a IN (1)) IN uptake.event", "SELECT * FROM figure WHERE in(a, event)",
		"SELECT a GLOBAL NOT IN event FROM figure", "WITH event AS x SELECT a IN x FROM figure", "WITH event AS x, x AS y SELECT a IN y FROM figure", "SELECT a IN (event AS e) FROM figure", "SELECT arrayMap(x -> x IN uptake.event, [1])",
		// Views, also with parameters.
		"SELECT * FROM peek", "SELECT * FROM by(a = 1)", "SELECT * FROM uptake.by(a = 1)", "DESCRIBE by(a = 1)",
		// Functions that reach files, hosts and tables.
		"SELECT * FROM file('/etc/hostname', 'LineAsString')", "SELECT * FROM FILE('/etc/hostname')", "SELECT * FROM `file`('/etc/hostname')", "SELECT file('/etc/hostname')", "DESCRIBE TABLE file('/etc/hostname')",
		"SELECT * FROM merge('uptake', '.*')", "SELECT * FROM url('http://127.0.0.1:1')", "SELECT * FROM remote('127.0.0.1', uptake.event)", "SELECT * FROM cluster('default', uptake.event)", "SELECT * FROM loop(uptake.event)",
		"SELECT * FROM mergeTreeIndex(uptake, event)", "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT 1))", "SELECT * FROM viewIfPermitted(SELECT 1 ELSE null('a UInt8'))", "SELECT dictGet('uptake.event', 'a', 1)",
		"SELECT joinGet('uptake.event', 'a', 1)", "SELECT hasColumnInTable('uptake', 'event', 'a')", "SELECT * FROM executable('cat', TSV, 'x String')",
		// What the server knows.
		"SELECT * FROM system.processes", "SELECT * FROM system.parts", "SELECT * FROM system.query_log", "SELECT * FROM system.completions", "SELECT * FROM information_schema.statistics", "SHOW PROCESSLIST", "SHOW MERGES", "SHOW GRANTS",
		"SHOW CREATE TABLE event", "SHOW CREATE VIEW peek", "EXISTS TABLE event", "CHECK TABLE event", "SET ROLE DEFAULT",
		// Settings that read, or change how the text is read.
		"SELECT a FROM figure SETTINGS additional_table_filters = {'figure': 'a IN event'}", "SELECT a FROM figure SETTINGS `additional_table_filters` = {'uptake.figure': 'a IN event'}",
		"SELECT a SETTINGS implicit_table_at_top_level = 'event'", "SELECT 1 SETTINGS max_threads = 1, \"dialect\" = 'prql'", "SET `dialect` = 'kusto'", "SET additional_table_filters = {}", "SET param_t = 'event'",
		"SELECT a FROM (SELECT 1 AS a SETTINGS profile = 'default')", "SELECT 1 SETTINGS additional_result_filter = 'a IN event'",
		// Texts in which a quote means one thing here and another to the engine.
		"SELECT ‘'’, a SETTINGS implicit_table_at_top_level = 'event', max_threads = '1'", "SELECT x'\\', a SETTINGS implicit_table_at_top_level = 'event' -- '",
		"SELECT 1 AS a$$ SETTINGS dialect = 'prql', log_comment = $$x$$", "SELECT 1$$'$$ SETTINGS implicit_table_at_top_level = 'event' -- '", "SELECT * FROM \"ev\\x65nt\"",
	} {
		if err := read(ctx, reader, sql); code(err) != 497 && code(err) != 164 {
			t.Errorf("%s: got %v, want code 497 or 164", sql, err)
		}
	}
	if err := read(ctx, reader, "SELECT 1; SELECT * FROM event"); code(err) != 62 {
		t.Errorf("two statements: got %v, want code 62", err)
	}
}

func TestOtherTablesCannotBeReadBesideTheStatement(t *testing.T) {
	reader, ctx := listed(t), context.Background()
	with := clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"additional_result_filter": "a IN event"}))
	if err := read(with, reader, "SELECT a FROM figure"); code(err) != 497 {
		t.Errorf("a filter as a setting: got %v, want code 497", err)
	}
	sent, err := ext.NewTable("sent", ext.Column("a", "UInt64"))
	must(t, err)
	must(t, sent.Append(uint64(1)))
	if err := read(clickhouse.Context(ctx, clickhouse.WithExternalTable(sent)), reader, "SELECT a FROM sent"); code(err) != 497 {
		t.Errorf("a table sent with the query: got %v, want code 497", err)
	}
	if names := column(t, reader, "SHOW TABLES"); len(names) != 1 {
		t.Errorf("after refusals the tables are %v", names)
	}
}
