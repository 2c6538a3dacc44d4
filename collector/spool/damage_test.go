package spool

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"
)

// written returns a folder with four frames of two entries each in one file.
func written(t *testing.T) (dir string, frames [][]string) {
	t.Helper()
	dir = t.TempDir()
	s := open(t, DefaultConfig(), dir, nil)
	for i := range 4 {
		frames = append(frames, []string{fmt.Sprintf("%d-first", i), fmt.Sprintf("%d-second", i)})
		s.append(t, frames[i]...)
	}
	s.Close()
	return dir, frames
}

func TestATornEndIsCutAtEveryByte(t *testing.T) {
	dir, frames := written(t)
	info, err := os.Stat(lastFile(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	perFrame := info.Size() / int64(len(frames))
	for size := range info.Size() {
		torn := copyDir(t, dir)
		if err := os.Truncate(lastFile(t, torn), size); err != nil {
			t.Fatal(err)
		}
		s := open(t, DefaultConfig(), torn, lazy())
		whole := slices.Concat(frames[:size/perFrame]...)
		same(t, s.rest(t), whole)
		s.append(t, "after")
		s.Close()
		same(t, open(t, DefaultConfig(), torn, lazy()).rest(t), append(whole, "after"))
	}
}

func TestADamagedFrameLosesOnlyItself(t *testing.T) {
	dir, frames := written(t)
	content, err := os.ReadFile(lastFile(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	perFrame := len(content) / len(frames)
	for bit := range 8 * len(content) {
		damaged := copyDir(t, dir)
		flipped := slices.Clone(content)
		flipped[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(lastFile(t, damaged), flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, DefaultConfig(), damaged, lazy())
		hit := bit / 8 / perFrame
		same(t, s.rest(t), slices.Concat(slices.Concat(frames[:hit]...), slices.Concat(frames[hit+1:]...)))
		if n := s.value(t, "corrupt_frames_total"); hit < len(frames)-1 && n != 1 {
			t.Errorf("bit %d: %v damaged frames are counted, want 1", bit, n)
		}
		s.Close()
	}
}

func TestAFullDiskRefusesAndComesBack(t *testing.T) {
	dir := t.TempDir()
	disk := &faulty{room: 200}
	s := open(t, small(), dir, disk)
	s.append(t, "a")
	refused := entries(numbered(0, 50)...)
	for range 3 {
		if err := s.Append(t.Context(), refused); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("got %v, want that the disk is full", err)
		}
	}
	disk.set(func(d *faulty) { d.room = -1 })
	s.append(t, "b")
	ids, next := s.drain(t, 2)
	same(t, ids, []string{"a", "b"})
	if got := s.Waiting(); got.Entries != 2 || next != 2 {
		t.Errorf("what was refused is counted: %+v, next %d", got, next)
	}
	if n := s.value(t, "write_errors_total"); n != 3 {
		t.Errorf("%v write errors are counted", n)
	}
	s.Close()
	same(t, open(t, small(), dir, nil).rest(t), []string{"a", "b"})
}

func TestADiskFullAtTheFirstByteRefusesAndComesBack(t *testing.T) {
	disk := &faulty{room: 0}
	s := open(t, small(), t.TempDir(), disk)
	if err := s.Append(t.Context(), entries("a")); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v, want that the disk is full", err)
	}
	disk.set(func(d *faulty) { d.room = -1 })
	s.append(t, "b")
	same(t, s.rest(t), []string{"b"})
}

// TestAFailedSyncLosesNoAcknowledgedEntry stages the worst of a failed sync:
// the page that was written is lost, with the acknowledged frames in it.
func TestAFailedSyncLosesNoAcknowledgedEntry(t *testing.T) {
	dir := t.TempDir()
	disk := &faulty{room: -1}
	disk.onFailedSync = func(path string) {
		info, err := os.Stat(path)
		if err != nil {
			t.Error(err)
			return
		}
		last := (info.Size() - 1) / pageBytes * pageBytes
		if err := overwrite(path, last, info.Size()-last); err != nil {
			t.Error(err)
		}
	}
	config := Config{MaxBytes: MiB, SegmentBytes: 64 * KiB}
	s := open(t, config, dir, disk)
	want := numbered(0, 300)
	for i, id := range want {
		if i%70 == 69 {
			disk.set(func(d *faulty) { d.failSyncs = 1 })
		}
		s.append(t, id)
	}
	if n := fileCount(t, dir); n != 5 {
		t.Errorf("%d files, want a new one after each of 4 failed syncs", n)
	}
	s.Close()
	same(t, open(t, config, dir, nil).rest(t), want)
}

func overwrite(path string, at, n int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteAt(make([]byte, n), at)
	return err
}

func TestADiskThatCannotSyncIsNotTrustedAgain(t *testing.T) {
	dir := t.TempDir()
	disk := &faulty{room: -1}
	s := open(t, small(), dir, disk)
	s.append(t, "a")
	before := lastFile(t, dir)
	disk.set(func(d *faulty) { d.failSyncs = 2 })
	if err := s.Append(t.Context(), entries("lost")); !errors.Is(err, syscall.EIO) {
		t.Fatalf("got %v, want that the sync failed", err)
	}
	s.append(t, "b")
	if lastFile(t, dir) == before {
		t.Error("a file whose sync failed was written again")
	}
	same(t, s.rest(t), []string{"a", "b"})
	s.Close()
	same(t, open(t, small(), dir, nil).rest(t), []string{"a", "b"})
}

func TestADamagedCheckpointMeansReadingAgain(t *testing.T) {
	dir := t.TempDir()
	s := open(t, small(), dir, nil)
	s.append(t, "a", "b")
	s.Settle(1)
	s.Close()
	if err := os.WriteFile(dir+"/"+checkpointName, []byte("what?"), 0o600); err != nil {
		t.Fatal(err)
	}
	same(t, open(t, small(), dir, nil).rest(t), []string{"a", "b"})
}
