package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// opened is a spool under test with its surroundings.
type opened struct {
	*Spool
	registry *prometheus.Registry
}

func open(t testing.TB, config Config, dir string, fs fileSystem) opened {
	t.Helper()
	registry := prometheus.NewRegistry()
	s, err := Open(config, Deps{Dir: dir, Registerer: registry, Logger: slog.New(slog.DiscardHandler), fs: fs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return opened{s, registry}
}

func small() Config { return Config{MaxBytes: MiB, SegmentBytes: 4 * KiB} }

func entries(ids ...string) [][]byte {
	var all [][]byte
	for _, id := range ids {
		all = append(all, []byte(id))
	}
	return all
}

func numbered(from, to int) []string {
	var ids []string
	for i := from; i < to; i++ {
		ids = append(ids, fmt.Sprintf("entry-%06d", i))
	}
	return ids
}

func (o opened) append(t testing.TB, ids ...string) {
	t.Helper()
	if err := o.Append(context.Background(), entries(ids...)); err != nil {
		t.Fatal(err)
	}
}

// drain reads until n entries are there; it settles nothing.
func (o opened) drain(t testing.TB, n int) (ids []string, next uint64) {
	t.Helper()
	for len(ids) < n {
		err := o.Next(t.Context(), 64<<10, func(sequence uint64, entry []byte) {
			ids, next = append(ids, string(entry)), sequence+1
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return ids, next
}

// rest reads all that is there without waiting.
func (o opened) rest(t testing.TB) (ids []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for {
		err := o.Next(ctx, 64<<10, func(_ uint64, entry []byte) { ids = append(ids, string(entry)) })
		if errors.Is(err, context.Canceled) {
			return ids
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (o opened) value(t testing.TB, name string) float64 {
	t.Helper()
	families, err := o.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == prefix+name {
			m := family.GetMetric()[0]
			return m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	t.Fatalf("there is no metric %s%s", prefix, name)
	return 0
}

func same(t testing.TB, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("read %d entries %.200q, want %d %.200q", len(got), got, len(want), want)
	}
}

func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

func lastFile(t testing.TB, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"+segmentSuffix))
	if err != nil || len(files) == 0 {
		t.Fatal("there is no file", err)
	}
	slices.Sort(files)
	return files[len(files)-1]
}

func fileCount(t testing.TB, dir string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"+segmentSuffix))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// faulty is a disk whose faults a test stages.
type faulty struct {
	disk
	mu sync.Mutex
	// room is how many bytes may still be written; negative is no bound.
	room int
	// failSyncs is how many of the next syncs fail.
	failSyncs int
	// onFailedSync is called after a sync failed.
	onFailedSync func(path string)
	// lazy leaves the syncs out.
	lazy bool
}

func lazy() *faulty { return &faulty{room: -1, lazy: true} }

func (d *faulty) SyncDir(path string) error {
	if d.lazy {
		return nil
	}
	return d.disk.SyncDir(path)
}

func (d *faulty) Create(path string) (file, error) {
	f, err := d.disk.Create(path)
	return &faultyFile{f, path, d}, err
}

func (d *faulty) OpenForRepair(path string) (file, error) {
	f, err := d.disk.OpenForRepair(path)
	return &faultyFile{f, path, d}, err
}

func (d *faulty) set(change func(*faulty)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

type faultyFile struct {
	file
	path string
	disk *faulty
}

func (f *faultyFile) WriteAt(b []byte, at int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if room := f.disk.room; room >= 0 && len(b) > room {
		n, _ := f.file.WriteAt(b[:room], at)
		return n, syscall.ENOSPC
	}
	if f.disk.room >= 0 {
		f.disk.room -= len(b)
	}
	return f.file.WriteAt(b, at)
}

func (f *faultyFile) Sync() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.failSyncs == 0 {
		if f.disk.lazy {
			return nil
		}
		return f.file.Sync()
	}
	f.disk.failSyncs--
	if f.disk.onFailedSync != nil {
		f.disk.onFailedSync(f.path)
	}
	return syscall.EIO
}
