package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestWhatIsAppendedIsReadInOrderAndGoesWhenSettled(t *testing.T) {
	dir := t.TempDir()
	s := open(t, small(), dir, nil)
	s.append(t, "a", "b")
	s.append(t, "c")
	ids, next := s.drain(t, 3)
	same(t, ids, []string{"a", "b", "c"})
	if got := s.Waiting(); got.Entries != 3 || got.Bytes == 0 {
		t.Errorf("reading changed what waits: %+v", got)
	}
	if err := s.Settle(next); err != nil {
		t.Fatal(err)
	}
	if got := s.Waiting(); got != (Waiting{}) {
		t.Errorf("%+v waits after all was settled", got)
	}
	s.Close()
	same(t, open(t, small(), dir, nil).rest(t), nil)
	if n := fileCount(t, dir); n != 0 {
		t.Errorf("%d settled files are left after a restart", n)
	}
}

func TestWhatIsNotSettledComesAgainAfterARestart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, small(), dir, nil)
	want := numbered(0, 2000)
	for i := 0; i < len(want); i += 10 {
		s.append(t, want[i:i+10]...)
	}
	s.drain(t, len(want))
	if err := s.Settle(705); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(t, small(), dir, nil)
	same(t, s.rest(t), want[705:])
	if got := s.Waiting().Entries; got != uint64(len(want)-705) {
		t.Errorf("%d entries wait", got)
	}
	s.append(t, "new")
	same(t, s.rest(t), []string{"new"})
}

func TestReadingGoesOnBehindWhatWasSettledBeforeARestart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, DefaultConfig(), dir, nil)
	for i := range 100 {
		s.append(t, numbered(i, i+1)...)
	}
	s.drain(t, 100)
	s.Settle(99)
	s.Close()
	s = open(t, DefaultConfig(), dir, nil)
	err := s.Next(t.Context(), 1, func(_ uint64, entry []byte) { same(t, []string{string(entry)}, numbered(99, 100)) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestSettledFilesGoWhileTheSpoolIsOpen(t *testing.T) {
	dir := t.TempDir()
	s := open(t, small(), dir, nil)
	for i := range 400 {
		s.append(t, numbered(10*i, 10*i+10)...)
	}
	before := fileCount(t, dir)
	_, next := s.drain(t, 4000)
	if err := s.Settle(next); err != nil {
		t.Fatal(err)
	}
	if after := fileCount(t, dir); before < 10 || after != 1 {
		t.Errorf("%d files became %d, want only the last to stay", before, after)
	}
}

func TestNextWaitsForWhatIsAppended(t *testing.T) {
	s := open(t, small(), t.TempDir(), nil)
	got := make(chan string)
	go func() {
		_ = s.Next(t.Context(), 1, func(_ uint64, entry []byte) { got <- string(entry) })
	}()
	s.append(t, "late")
	if id := <-got; id != "late" {
		t.Errorf("got %q", id)
	}
}

func TestAFullSpoolTakesAllOrNothing(t *testing.T) {
	s := open(t, Config{MaxBytes: 64 * KiB, SegmentBytes: 16 * KiB}, t.TempDir(), nil)
	taken := 0
	for s.Append(t.Context(), entries(numbered(taken, taken+10)...)) == nil {
		taken += 10
	}
	waits := s.Waiting().Bytes
	if err := s.Append(t.Context(), [][]byte{make([]byte, 64<<10)}); !errors.Is(err, ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	if waits > 64<<10 || s.Waiting().Bytes != waits {
		t.Errorf("%d bytes wait, %d did before the refusal; the bound is %d", s.Waiting().Bytes, waits, 64<<10)
	}
	if s.value(t, "refused_total") != 2 {
		t.Errorf("%v refusals are counted, want 2", s.value(t, "refused_total"))
	}
	ids, next := s.drain(t, taken)
	same(t, ids, numbered(0, taken))
	s.Settle(next)
	s.append(t, "again")
}

func TestTheWritingOfManyCallsIsAccountedFor(t *testing.T) {
	s := open(t, Config{MaxBytes: 64 * MiB, SegmentBytes: 64 * KiB}, t.TempDir(), nil)
	const callers, calls = 16, 100
	var senders sync.WaitGroup
	for caller := range callers {
		senders.Go(func() {
			for call := range calls {
				s.append(t, fmt.Sprintf("%d/%d", caller, call))
			}
		})
	}
	last := map[string]int{}
	for read := 0; read < callers*calls; {
		var settled uint64
		err := s.Next(t.Context(), 4<<10, func(sequence uint64, entry []byte) {
			caller, call, _ := strings.Cut(string(entry), "/")
			if n, _ := strconv.Atoi(call); n != last[caller] {
				t.Errorf("caller %s: call %d came, want %d", caller, n, last[caller])
			}
			last[caller]++
			read, settled = read+1, sequence+1
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Settle(settled); err != nil {
			t.Fatal(err)
		}
	}
	senders.Wait()
	if syncs := s.value(t, "sync_duration_seconds"); syncs >= callers*calls {
		t.Errorf("%v syncs for %d calls: none was shared", syncs, callers*calls)
	}
	if n := s.value(t, "appended_entries_total"); n != callers*calls {
		t.Errorf("%v entries are counted", n)
	}
}

func TestLargeAndManyEntriesPass(t *testing.T) {
	s := open(t, DefaultConfig(), t.TempDir(), nil)
	large := strings.Repeat("x", 3<<20)
	s.append(t, large, "small", large)
	ids, _ := s.drain(t, 3)
	same(t, ids, []string{large, "small", large})
	if err := s.Append(t.Context(), [][]byte{make([]byte, MaxEntryBytes+1)}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	many := numbered(0, 50000)
	s.append(t, many...)
	got, _ := s.drain(t, len(many))
	same(t, got, many)
}

func TestAnEmptyEntryPasses(t *testing.T) {
	s := open(t, small(), t.TempDir(), nil)
	s.append(t, "", "a")
	ids, _ := s.drain(t, 2)
	same(t, ids, []string{"", "a"})
}

func TestAFolderIsUsedByOneSpool(t *testing.T) {
	dir := t.TempDir()
	s := open(t, small(), dir, nil)
	_, err := Open(small(), Deps{Dir: dir})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("a second spool got %v, want one that names the process", err)
	}
	s.Close()
	open(t, small(), dir, nil)
}

func TestAClosedSpoolTakesNothing(t *testing.T) {
	s := open(t, small(), t.TempDir(), nil)
	ended := make(chan error)
	go func() { ended <- s.Next(context.Background(), 1, func(uint64, []byte) {}) }()
	s.Close()
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Errorf("a waiting reader got %v", err)
	}
	if err := s.Append(t.Context(), entries("a")); !errors.Is(err, ErrClosed) {
		t.Errorf("a sender got %v", err)
	}
	if err := s.Settle(1); !errors.Is(err, ErrClosed) {
		t.Errorf("a settler got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestTheAgeIsThatOfTheOldestThatWaits(t *testing.T) {
	dir := t.TempDir()
	s := open(t, small(), dir, nil)
	if got := s.value(t, "oldest_seconds"); got != 0 {
		t.Errorf("an empty spool is %v s old", got)
	}
	begun := time.Now()
	s.append(t, "a")
	s.append(t, "b")
	for _, moment := range []string{"not read", "read", "half settled"} {
		if at, ok := s.oldest(); !ok || at.Before(begun.Truncate(time.Millisecond)) || at.After(time.Now()) {
			t.Errorf("%s: the oldest is of %v, %v", moment, at, ok)
		}
		switch moment {
		case "not read":
			s.drain(t, 2)
		case "read":
			s.Settle(1)
		}
	}
	s.Settle(2)
	if _, ok := s.oldest(); ok {
		t.Error("something waits after all was settled")
	}
}

func TestTheMemoryOfMarksIsBounded(t *testing.T) {
	s := open(t, DefaultConfig(), t.TempDir(), nil)
	s.mu.Lock()
	for range 3 * denseMarks {
		s.pending.add(entries("x"))
	}
	s.mu.Unlock()
	s.append(t, "last")
	s.drain(t, 3*denseMarks+1)
	if n := len(s.progress.marks); n > denseMarks+100 {
		t.Errorf("%d marks are kept", n)
	}
}
