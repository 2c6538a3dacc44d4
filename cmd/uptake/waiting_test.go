package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhatIsAwayIsNamed starts modes without what they need: they stay up, say
// what they wait for, and still stop cleanly.
func TestWhatIsAwayIsNamed(t *testing.T) {
	for _, c := range []struct{ mode, want string }{
		{"ingest", "waiting for ClickHouse"},
		{"observe", "waiting for ClickHouse"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			settings := DefaultConfig()
			settings.Data, settings.Listen = t.TempDir(), freeListen()
			settings.ClickHouse.Addr, settings.Kafka.Brokers = []string{"127.0.0.1:1"}, []string{"127.0.0.1:1"}
			p := startProcess(t, c.mode, "--config", writeConfig(t, settings))
			waitFor(t, c.mode+" to say what it waits for", p.done, func() error {
				err := ready(settings.Listen.Metrics)
				if err == nil {
					return errors.New("it says that it is ready")
				}
				if !strings.Contains(err.Error(), c.want) {
					return fmt.Errorf("it says: %w", err)
				}
				return nil
			})
			if status := p.stop(); status != exitDone {
				t.Errorf("status %d", status)
			}
		})
	}
	t.Run("collect goes on taking events", func(t *testing.T) {
		settings := DefaultConfig()
		settings.Data, settings.Listen = t.TempDir(), freeListen()
		settings.Kafka.Brokers = []string{"127.0.0.1:1"}
		settings.Identity.KeyFile = filepath.Join(settings.Data, "key")
		if err := os.WriteFile(settings.Identity.KeyFile, []byte("0123456789abcdef0123456789abcdef"), 0o600); err != nil {
			t.Fatal(err)
		}
		p := startMode(t, "collect", settings)
		waitFor(t, "collect to name Kafka", p.done, func() error {
			if text := fetch(t, "http://"+settings.Listen.OTLPHTTP+"/readyz"); !strings.Contains(text, "127.0.0.1:1") {
				return errors.New(text)
			}
			return nil
		})
		if status := p.stop(); status != exitDone {
			t.Errorf("status %d", status)
		}
	})
}

func TestWrongUseIsStatusTwo(t *testing.T) {
	for _, args := range [][]string{
		{"nonsense"}, {"sql"}, {"figures", "--by", "shoe"}, {"figures", "--period", "soon"}, {"up", "--nonsense"},
		{"check", "--config", "/does/not/exist"}, {"roster", "import"}, {"status", "--wait", "long"}, {"token", "create"},
		{"token", "create", "--name", "x", "--expires", "soon"}, {"token", "create", "--name", "x", "--scope", "all"},
	} {
		if code := run(args); code != exitUsage {
			t.Errorf("uptake %s: status %d, want %d", strings.Join(args, " "), code, exitUsage)
		}
	}
	for _, args := range [][]string{{"version"}, {"--help"}, {"figures", "--help"}, {"definitions"}, {"check"}} {
		if code := run(args); code != exitDone {
			t.Errorf("uptake %s: status %d, want %d", strings.Join(args, " "), code, exitDone)
		}
	}
}
