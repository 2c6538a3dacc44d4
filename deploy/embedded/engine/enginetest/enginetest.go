// Package enginetest gives tests the real ClickHouse engine.
//
// One engine runs per test binary, begun by the first test that asks, in a
// temporary folder and on a free port; each test gets a database of its own.
// The engine and its folder go with the process. Where the library is missing
// tests are skipped with a word on how to get it, and fail in CI.
package enginetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine"
)

const (
	user     = "uptake"
	password = "test-password"
)

// New gives a connection whose default database is new, empty, and dropped at
// the end of the test.
func New(t testing.TB) driver.Conn {
	t.Helper()
	return Open(t, Options(t))
}

// Options gives the settings of a connection to a new, empty database, for
// tests that connect by themselves or more than once.
func Options(t testing.TB) *clickhouse.Options {
	t.Helper()
	options := at(shared(t).Addr(), "default")
	admin := Open(t, options)
	database := "test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := admin.Exec(context.Background(), "CREATE DATABASE "+database); err != nil {
		t.Fatalf("create the database of the test: %v", err)
	}
	t.Cleanup(func() {
		if err := admin.Exec(context.Background(), "DROP DATABASE IF EXISTS "+database+" SYNC"); err != nil {
			t.Logf("drop the database of the test: %v", err)
		}
	})
	return at(shared(t).Addr(), database)
}

func at(addr, database string) *clickhouse.Options {
	return &clickhouse.Options{
		Addr:        []string{addr},
		Auth:        clickhouse.Auth{Database: database, Username: user, Password: password},
		DialTimeout: 10 * time.Second,
		Compression: &clickhouse.Compression{Method: clickhouse.CompressionLZ4},
	}
}

// Open connects and closes the connection at the end of the test.
func Open(t testing.TB, options *clickhouse.Options) driver.Conn {
	t.Helper()
	connection, err := clickhouse.Open(options)
	if err != nil {
		t.Fatalf("open a connection to the engine: %v", err)
	}
	t.Cleanup(func() { connection.Close() })
	return connection
}

// Stopping wraps the M of TestMain so that the engine is gone when Run returns,
// as tests for leaked goroutines want it: goleak.VerifyTestMain(enginetest.Stopping(m)).
func Stopping(m interface{ Run() int }) interface{ Run() int } {
	return stopping{m}
}

type stopping struct{ m interface{ Run() int } }

func (s stopping) Run() int {
	status := s.m.Run()
	running.Lock()
	defer running.Unlock()
	if running.engine != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := running.engine.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "stop the engine:", err)
		}
	}
	return status
}

// running is the engine of this test binary.
var running struct {
	sync.Mutex
	begun  bool
	engine *engine.Engine
	err    error
}

func shared(t testing.TB) *engine.Engine {
	t.Helper()
	config := Config(t)
	running.Lock()
	defer running.Unlock()
	if !running.begun {
		running.begun = true
		running.engine, running.err = start(config)
	}
	if running.err != nil {
		t.Fatalf("start the engine: %v", running.err)
	}
	return running.engine
}

func start(config engine.Config) (*engine.Engine, error) {
	folder, err := os.MkdirTemp("", "uptake-enginetest-")
	if err != nil {
		return nil, err
	}
	config.Path, config.Ephemeral = folder, true
	config.PasswordFile = filepath.Join(folder, "password")
	if err := os.WriteFile(config.PasswordFile, []byte(password), 0o600); err != nil {
		return nil, err
	}
	return engine.Start(context.Background(), config, engine.Deps{})
}

// Config gives a configuration with program and library, for tests that start
// engines of their own. It lacks data folder and password file, and takes a
// free port. It skips the test where the library is missing.
func Config(t testing.TB) engine.Config {
	t.Helper()
	config := engine.DefaultConfig()
	config.Listen = "127.0.0.1:0"
	config.Library = library(t)
	binary, err := binary()
	if err != nil {
		t.Fatalf("build uptake-engine: %v", err)
	}
	config.Binary = binary
	return config
}

func library(t testing.TB) string {
	t.Helper()
	path := os.Getenv("UPTAKE_ENGINE_LIBRARY")
	if path == "" {
		path = filepath.Join(root(), "bin", "libchdb.so")
	}
	if _, err := os.Stat(path); err != nil {
		complaint := fmt.Sprintf("NOT TESTED: no ClickHouse engine at %s; run `make engine` or set UPTAKE_ENGINE_LIBRARY", path)
		if os.Getenv("CI") == "true" {
			t.Fatal(complaint)
		}
		t.Skip(complaint)
	}
	return path
}

// root is the top folder of the repository.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "..")
}

// binary builds uptake-engine once for all test binaries; the lock keeps two of
// them from writing it at once.
var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("UPTAKE_ENGINE_BINARY"); path != "" {
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, "uptake-enginetest")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	path := filepath.Join(folder, "uptake-engine")
	build := exec.Command("go", "build", "-o", path, "./cmd/uptake-engine")
	build.Dir = root()
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", errors.New(strings.TrimSpace(string(output)))
	}
	return path, nil
})
