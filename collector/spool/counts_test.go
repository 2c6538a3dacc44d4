package spool

import (
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// byFirst counts entries by their first letter; others not at all.
func byFirst(entry []byte) int { return int(entry[0]) - 'a' }

func openCounting(t *testing.T, dir string, fs fileSystem) opened {
	t.Helper()
	registry := prometheus.NewRegistry()
	s, err := Open(small(), Deps{Dir: dir, Registerer: registry, Logger: slog.New(slog.DiscardHandler), Class: byFirst, fs: fs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return opened{s, registry}
}

// kill ends a spool as kill -9 does: nothing is noted any more.
func (o opened) kill() {
	o.mu.Lock()
	o.closed = true
	o.gathered.Signal()
	close(o.closing)
	o.mu.Unlock()
	<-o.written
	o.metrics.unregister()
	o.lock.release()
}

func (o opened) mustCount(t *testing.T, a, b uint64) {
	t.Helper()
	if c := o.Counts(); c[0] != a || c[1] != b {
		t.Errorf("counts %d and %d, want %d and %d", c[0], c[1], a, b)
	}
}

func TestCountsOutliveStopsAndKills(t *testing.T) {
	dir := t.TempDir()
	for life := range uint64(6) {
		s := openCounting(t, dir, nil)
		s.mustCount(t, 200*life, 100*life)
		for range 100 {
			s.append(t, "a", "b", "a", "?")
		}
		s.mustCount(t, 200*(life+1), 100*(life+1))
		switch life % 3 {
		case 0: // Kafka has nothing of it.
			s.kill()
		case 1: // Kafka has all of it, and files are gone.
			_, next := s.drain(t, 400)
			if err := s.Settle(next); err != nil {
				t.Fatal(err)
			}
			s.kill()
		default:
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestACallThatFailedIsNotCounted(t *testing.T) {
	disk := &faulty{room: -1}
	s := openCounting(t, t.TempDir(), disk)
	s.append(t, "a")
	disk.set(func(d *faulty) { d.room = 0 })
	if err := s.Append(t.Context(), entries("a", "b")); err == nil {
		t.Fatal("the call did not fail")
	}
	disk.set(func(d *faulty) { d.room = -1 })
	s.append(t, "b")
	s.mustCount(t, 1, 1)
}
