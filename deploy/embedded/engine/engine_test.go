package engine_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine"
	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
)

// folder gives a configuration with a data folder and passwords of its own.
func folder(t *testing.T) engine.Config {
	t.Helper()
	config := enginetest.Config(t)
	config.Path = filepath.Join(t.TempDir(), "clickhouse")
	config.PasswordFile = secret(t, "full")
	config.ReadonlyUser, config.ReadonlyPasswordFile = "grafana", secret(t, "read")
	return config
}

func secret(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	must(t, os.WriteFile(file, []byte(text+"\n"), 0o600))
	return file
}

func start(t *testing.T, config engine.Config, deps engine.Deps) *engine.Engine {
	t.Helper()
	e, err := engine.Start(context.Background(), config, deps)
	must(t, err)
	t.Cleanup(func() { stop(t, e) })
	return e
}

func stop(t *testing.T, e *engine.Engine) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	must(t, e.Stop(ctx))
}

func connect(t *testing.T, e *engine.Engine, user, password string) driver.Conn {
	t.Helper()
	return enginetest.Open(t, &clickhouse.Options{
		Addr: []string{e.Addr()}, Auth: clickhouse.Auth{Username: user, Password: password},
		MaxOpenConns: 2, MaxIdleConns: 2,
	})
}

func count(t *testing.T, connection driver.Conn, sql string) (rows uint64) {
	t.Helper()
	must(t, connection.QueryRow(context.Background(), sql).Scan(&rows))
	return rows
}

func TestCleanStopLeavesAFolderThatOpensAgain(t *testing.T) {
	config, ctx := folder(t), context.Background()
	first := start(t, config, engine.Deps{})
	connection := connect(t, first, "uptake", "full")
	must(t, connection.Exec(ctx, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a"))
	must(t, connection.Exec(ctx, "INSERT INTO t VALUES (1)"))
	go connection.Exec(ctx, "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)")
	eventually(t, "a statement runs", func() bool { return running(t, connection, "sipHash64") == 1 })
	began := time.Now()
	stop(t, first)
	t.Logf("stopped in %s", time.Since(began))
	if first.Ready() == nil {
		t.Error("a stopped engine calls itself ready")
	}
	second := start(t, config, engine.Deps{})
	if rows := count(t, connect(t, second, "uptake", "full"), "SELECT count() FROM t"); rows != 1 {
		t.Errorf("got %d rows, want 1", rows)
	}
}

func TestCrashIsReportedAndRepairedAndKeepsAcknowledgedRows(t *testing.T) {
	config, ctx := folder(t), context.Background()
	registry := prometheus.NewPedanticRegistry()
	crashes := make(chan error, 10)
	e := start(t, config, engine.Deps{Registerer: registry, Crashed: func(err error) { crashes <- err }})
	connection := connect(t, e, "uptake", "full")
	must(t, connection.Exec(ctx, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100"))
	addr := e.Addr()
	var acknowledged uint64
	for range 3 {
		var crashed atomic.Bool
		time.AfterFunc(200*time.Millisecond, func() {
			crashed.Store(true)
			syscall.Kill(e.PID(), syscall.SIGKILL)
		})
		for !crashed.Load() {
			if insert(ctx, connection, acknowledged) == nil {
				acknowledged++
			}
		}
		if err := <-crashes; !strings.Contains(err.Error(), "killed") {
			t.Errorf("reported %v, want that it was killed", err)
		}
		eventually(t, "the engine is back", func() bool { return e.Ready() == nil && connection.Ping(ctx) == nil })
		if kept := count(t, connection, "SELECT count() FROM t"); kept < acknowledged || kept > acknowledged+1 {
			t.Fatalf("%d rows after a crash, %d were acknowledged", kept, acknowledged)
		}
		// The one that was not acknowledged is sent again, and its token makes that harmless.
		must(t, insert(ctx, connection, acknowledged))
		acknowledged++
	}
	if kept := count(t, connection, "SELECT count() FROM t"); kept != acknowledged {
		t.Errorf("%d rows, want %d", kept, acknowledged)
	}
	if e.Addr() != addr {
		t.Errorf("the address changed from %s to %s", addr, e.Addr())
	}
	metrics := "# HELP uptake_engine_crashes_total Times the embedded ClickHouse ended without being asked to.\n# TYPE uptake_engine_crashes_total counter\nuptake_engine_crashes_total 3\n" +
		"# HELP uptake_engine_up 1 while the embedded ClickHouse answers, 0 while it is being started again.\n# TYPE uptake_engine_up gauge\nuptake_engine_up 1\n"
	must(t, testutil.GatherAndCompare(registry, strings.NewReader(metrics)))
}

// insert sends one row under a token of its own.
func insert(ctx context.Context, connection driver.Conn, number uint64) error {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": number}))
	batch, err := connection.PrepareBatch(ctx, "INSERT INTO t")
	if err != nil {
		return err
	}
	if err := batch.Append(number); err != nil {
		return err
	}
	return batch.Send()
}

func TestFolderAndAddressInUseAreNamed(t *testing.T) {
	config := folder(t)
	first := start(t, config, engine.Deps{})
	short, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := engine.Start(short, config, engine.Deps{})
	if !errors.Is(err, engine.ErrFolderInUse) || !strings.Contains(err.Error(), config.Path) {
		t.Errorf("second engine on one folder: %v", err)
	}
	other := folder(t)
	other.Listen = first.Addr()
	_, err = engine.Start(short, other, engine.Deps{})
	if !errors.Is(err, engine.ErrAddressInUse) || !strings.Contains(err.Error(), first.Addr()) {
		t.Errorf("second engine on one address: %v", err)
	}
	must(t, connect(t, first, "uptake", "full").Ping(short))
}

func TestWrongSettingsAreNamedWithTheirMend(t *testing.T) {
	text := filepath.Join(t.TempDir(), "libchdb.so")
	must(t, os.WriteFile(text, []byte("no library"), 0o600))
	for want, change := range map[string]func(*engine.Config){
		"path: want":            func(c *engine.Config) { c.Path = "" },
		"make engine":           func(c *engine.Config) { c.Library = "/nowhere/libchdb.so" },
		"no shared library":     func(c *engine.Config) { c.Library = text },
		"make build":            func(c *engine.Config) { c.Binary = "/nowhere/uptake-engine" },
		"listens on loopback":   func(c *engine.Config) { c.Listen = "0.0.0.0:0" },
		"password of user":      func(c *engine.Config) { c.PasswordFile = "/nowhere/password" },
		"max_connections: want": func(c *engine.Config) { c.MaxConnections = 0 },
		"checksum or size": func(c *engine.Config) {
			c.Library = filepath.Join(t.TempDir(), "libchdb.so")
			self, _ := os.ReadFile(os.Args[0])
			os.WriteFile(c.Library, self, 0o600)
			os.WriteFile(c.Library+".sha256", []byte("36ad  libchdb.so\n"), 0o600)
		},
		"is for EM_AARCH64": func(c *engine.Config) {
			c.Library = filepath.Join(t.TempDir(), "libchdb.so")
			self, _ := os.ReadFile(os.Args[0])
			self[18], self[19] = 183, 0 // the machine in the ELF header
			os.WriteFile(c.Library, self, 0o600)
		},
	} {
		config := folder(t)
		change(&config)
		e, err := engine.Start(context.Background(), config, engine.Deps{})
		if err == nil {
			stop(t, e)
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want one line with %q", err, want)
		}
	}
}

func TestReadonlyUserOnlyReads(t *testing.T) {
	e, ctx := start(t, folder(t), engine.Deps{}), context.Background()
	admin, reader := connect(t, e, "uptake", "full"), connect(t, e, "grafana", "read")
	must(t, admin.Exec(ctx, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a"))
	must(t, admin.Exec(ctx, "INSERT INTO t VALUES (1)"))
	with := clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"max_execution_time": 30}))
	var rows uint64
	must(t, reader.QueryRow(with, "SELECT count() FROM t").Scan(&rows))
	for _, sql := range []string{
		"INSERT INTO t VALUES (2)", "DROP TABLE t", "CREATE TABLE u (a UInt8) ENGINE = Memory", "ALTER TABLE t DELETE WHERE 1", "SET readonly = 0",
		"KILL QUERY WHERE 1", "SYSTEM STOP MERGES", "TRUNCATE TABLE t",
	} {
		if err := reader.Exec(with, sql); code(err) != 164 {
			t.Errorf("%s: got %v, want code 164", sql, err)
		}
	}
	if _, err := reader.PrepareBatch(with, "INSERT INTO t"); code(err) != 164 {
		t.Errorf("batch: got %v, want code 164", err)
	}
	if rows := count(t, admin, "SELECT count() FROM t"); rows != 1 {
		t.Errorf("%d rows, want 1", rows)
	}
}

func TestTooManyConnectionsAreToldSo(t *testing.T) {
	config := folder(t)
	config.MaxConnections = 2
	e, ctx := start(t, config, engine.Deps{}), context.Background()
	first, second, third := connect(t, e, "uptake", "full"), connect(t, e, "uptake", "full"), connect(t, e, "uptake", "full")
	must(t, errors.Join(first.Ping(ctx), second.Ping(ctx)))
	if err := third.Ping(ctx); code(err) != 202 {
		t.Errorf("got %v, want code 202", err)
	}
	must(t, first.Close())
	eventually(t, "a place is free", func() bool { return third.Ping(ctx) == nil })
}

func TestNonsenseClosesTheConnectionOnly(t *testing.T) {
	e := start(t, folder(t), engine.Deps{})
	hello := []byte("\x00\x01c\x01\x00\xb5\xa9\x03\x00\x06uptake\x04full")
	for _, wire := range [][]byte{
		[]byte("GET / HTTP/1.1\r\n\r\n"),
		{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		append(hello, 99),
		append(hello, 2, 0),
		append(hello, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
		append(hello, bytes.Repeat([]byte{0xff}, 100)...),
	} {
		connection, err := net.Dial("tcp", e.Addr())
		must(t, err)
		_, err = connection.Write(wire)
		must(t, err)
		connection.SetReadDeadline(time.Now().Add(20 * time.Second))
		for buffer := make([]byte, 1024); err == nil; {
			_, err = connection.Read(buffer)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the connection stays open after %q", wire)
		}
		connection.Close()
	}
	must(t, connect(t, e, "uptake", "full").Ping(context.Background()))
}

func TestEngineLeavesWhenItsParentIsGone(t *testing.T) {
	config := folder(t)
	command := exec.Command(config.Binary, "--path="+config.Path, "--library="+config.Library, "--listen=127.0.0.1:0",
		"--password-file="+config.PasswordFile, "--stop-with-stdin", "--ephemeral")
	stdin, err := command.StdinPipe()
	must(t, err)
	stdout, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || !strings.Contains(line, `"state":"ready"`) {
		t.Fatalf("got %q, %v", line, err)
	}
	stdin.Close()
	must(t, command.Wait())
	if _, err := os.Stat(config.Path); !os.IsNotExist(err) {
		t.Errorf("the folder of a test is still there: %v", err)
	}
}
