package spool

import (
	"encoding/binary"
	"time"
)

const (
	// denseMarks is up to how many marks each frame gets its own; beyond, one
	// stands for sparseBytes.
	denseMarks  = 4096
	sparseBytes = 16 << 10
	// saveEvery bounds how much is read again after a kill.
	saveEvery = time.Second
)

// mark says where the frame with a sequence number begins.
type mark struct {
	sequence uint64
	segment  *segment
	offset   int64
	time     int64
}

// progress is what is settled, and where that stands on disk. It is under the
// lock of the spool.
type progress struct {
	settled uint64
	// head is the frame of the first entry that is not settled, or one shortly
	// before; its segment is nil while nothing was read.
	head mark
	// marks are of the frames that were read and are not settled, in order.
	marks []mark
}

// passed notes a frame that the reader has come to.
func (p *progress) passed(m mark) {
	if n := len(p.marks); n >= denseMarks {
		if last := p.marks[n-1]; last.segment == m.segment && m.offset-last.offset < sparseBytes {
			return
		}
	}
	p.marks = append(p.marks, m)
	p.advance()
}

// advance moves the head over the marks that are settled.
func (p *progress) advance() {
	n := 0
	for n < len(p.marks) && p.marks[n].sequence <= p.settled {
		n++
	}
	if n == 0 {
		return
	}
	p.head = p.marks[n-1]
	p.marks = p.marks[:copy(p.marks, p.marks[n:])]
}

// Settle says that all entries before a sequence number are safe in Kafka and
// need not be kept. Going back is harmless.
func (s *Spool) Settle(before uint64) error {
	s.saving.Lock()
	defer s.saving.Unlock()
	if s.isClosed() {
		return ErrClosed
	}
	gone := s.settle(before)
	if len(gone) == 0 && time.Since(s.saved) < saveEvery {
		return nil
	}
	// A disk that is too full for the checkpoint needs the room all the more.
	err := s.saveProgress()
	s.remove(gone)
	return err
}

func (s *Spool) remove(settled []*segment) {
	for _, old := range settled {
		if err := s.fs.Remove(old.path(s.dir)); err != nil {
			s.log.Warn("a settled file of the spool cannot be removed", "error", err)
		}
	}
}

// settle returns the files that hold nothing any more. A file may go when the
// next one begins with settled entries: what a next file repeats of the last is
// all that can stand in both.
func (s *Spool) settle(before uint64) []*segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress.settled = max(s.progress.settled, min(before, s.next))
	s.progress.advance()
	n := 0
	for n+1 < len(s.segments) && s.segments[n+1].base <= s.progress.settled {
		n++
	}
	gone := append([]*segment(nil), s.segments[:n]...)
	for _, old := range gone {
		s.stored -= old.size
	}
	s.segments = s.segments[:copy(s.segments, s.segments[n:])]
	return gone
}

// saveProgress notes on disk what is settled, and counted. It wants saving.
func (s *Spool) saveProgress() error {
	s.saved = time.Now()
	s.mu.Lock()
	c := checkpoint{Settled: s.progress.settled, Counted: s.next, Counts: s.counts}
	s.mu.Unlock()
	return writeCheckpoint(s.fs, s.dir, c)
}

// waitingBytes is what is stored and not settled. It wants the lock.
func (s *Spool) waitingBytes() int64 {
	if s.progress.settled >= s.next || len(s.segments) == 0 {
		return 0
	}
	if s.progress.head.segment == s.segments[0] {
		return s.stored - s.progress.head.offset
	}
	return s.stored
}

// oldest returns when the first waiting entry was taken.
func (s *Spool) oldest() (time.Time, bool) {
	s.mu.Lock()
	head, waits := s.progress.head, s.progress.settled < s.next
	if waits && head.segment == nil && len(s.segments) > 0 {
		head = mark{segment: s.segments[0]}
	}
	s.mu.Unlock()
	if !waits || head.segment == nil {
		return time.Time{}, false
	}
	if head.time == 0 {
		head.time = s.readTime(head)
	}
	return time.UnixMilli(head.time), head.time > 0
}

// readTime looks into the header of a frame that was not read yet.
func (s *Spool) readTime(at mark) int64 {
	f, err := s.fs.Open(at.segment.path(s.dir))
	if err != nil {
		return 0
	}
	defer f.Close()
	var header [headerSize]byte
	if _, err := f.ReadAt(header[:], at.offset); err != nil || [4]byte(header[:]) != magic {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(header[24:]))
}
