package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestMistakesInSettingsAreSaidInOneLine(t *testing.T) {
	for _, c := range []struct{ name, settings, want string }{
		{"no YAML", "kafka: [1,\n", ":1:8: "},
		{"an unknown key", "kafka:\n  brookers: [a:1]\n", `:2:3: unknown field "brookers"`},
		{"another type", "publish: {minimum_group: five}\n", ":1:26: int wanted, not string"},
		{"a port out of range", `listen: {web: "127.0.0.1:99999"}`, `listen.web: "99999" is no port`},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "settings.yaml")
			if err := os.WriteFile(file, []byte(c.settings), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := (&settings{configFile: file}).load()
			var usage usageError
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || !errors.As(err, &usage) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestFilesThatCannotBeUsedAreNamed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("too short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dataFolder(file).open(); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "--data") {
		t.Errorf("a data folder that is a file: %v", err)
	}
	c := DefaultConfig()
	c.Identity.KeyFile = file
	if err := c.checkFiles(); err == nil || !strings.Contains(err.Error(), "identity.key_file "+file) {
		t.Errorf("a short key: %v", err)
	}
	c.Tools = filepath.Join(dir, "missing")
	if _, err := loadTools(c.Tools); err == nil || !strings.Contains(err.Error(), "tools "+c.Tools) {
		t.Errorf("a missing folder of tools: %v", err)
	}
}

func TestASignalDuringTheStartIsNoFailure(t *testing.T) {
	dir := t.TempDir()
	p := startProcess(t, "up", "--data", dir, "--auto-ports")
	waitFor(t, "the start of the engine", p.done, func() error {
		_, err := os.Stat(filepath.Join(dir, "clickhouse"))
		return err
	})
	if status := p.stop(); status != exitDone {
		t.Errorf("status %d", status)
	}
}

func TestDrainedIsReachedWhileEventsKeepComing(t *testing.T) {
	c := newCompany(5, 30, 20)
	s := startUp(t, t.TempDir())
	c.importInto(t, "--data", s.dir)
	s.mustPost(c.batches[0])
	var stop atomic.Bool
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 1; !stop.Load(); i++ {
			event := fmt.Sprintf(`{"id":"more-%d","time":%q,"tool":"codex","action":"prompt"}`, i, time.Now().UTC().Format(time.RFC3339))
			_, _ = s.post("/v1/events", "application/x-ndjson", "", []byte(event))
		}
	}()
	s.drain()
	stop.Store(true)
	<-stopped
}

func TestAClickHouseThatHangsIsNamed(t *testing.T) {
	s := startUp(t, t.TempDir())
	lock, err := os.ReadFile(filepath.Join(s.dir, "clickhouse", "uptake-engine.lock"))
	if err != nil {
		t.Fatal(err)
	}
	engine, err := strconv.Atoi(strings.TrimSpace(string(lock)))
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSuffix(strings.TrimPrefix(s.Metrics, "http://"), "/metrics")
	if err := syscall.Kill(engine, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "readiness to name ClickHouse", s.done, func() error {
		if err := ready(address); err == nil || !strings.Contains(err.Error(), "ClickHouse at "+s.ClickHouse+" to answer") {
			return fmt.Errorf("it says: %w", err)
		}
		return nil
	})
	if err := syscall.Kill(engine, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "readiness to come back", s.done, func() error { return ready(address) })
}
