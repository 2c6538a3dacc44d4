package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// reader is where the reading stands. It belongs to who calls Next.
type reader struct {
	scanner scanner
	segment *segment
	// next is the sequence number of the first entry that was not given out.
	next uint64
}

// Next waits until something waits to be read, and calls visit for its entries
// in order: those of at least one frame, and of further ones up to max bytes.
// An entry is good only within the call of visit, which must not close the
// spool. The following Next reads on, whether or not this was settled. Next may
// be called again after an error; entries given out before it count.
func (s *Spool) Next(ctx context.Context, max int, visit func(sequence uint64, entry []byte)) error {
	for {
		n, err := s.read(max, visit)
		if n > 0 || err != nil {
			return err
		}
		select {
		case <-s.readable:
		case <-s.closing:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// read gives out what is there, up to max bytes, and returns how many entries
// that was.
func (s *Spool) read(max int, visit func(uint64, []byte)) (int, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	if s.isClosed() {
		return 0, ErrClosed
	}
	entries, bytes := 0, 0
	for bytes < max {
		at := s.reader.scanner.offset
		f, err := s.reader.scanner.next()
		switch {
		case err == nil:
			// Frames that were settled before a restart do not count: reading
			// must not end, and wait, at them.
			if n := s.give(f, at, visit); n > 0 {
				entries, bytes = entries+n, bytes+f.size
			}
		case errors.Is(err, io.EOF):
			if more, err := s.readOn(); !more {
				return entries, err
			}
		case errors.Is(err, errCorrupt):
			if err := s.passDamage(); err != nil {
				return entries, err
			}
		default:
			return entries, err
		}
	}
	return entries, nil
}

// give calls visit for the entries of a frame that were not given out yet.
func (s *Spool) give(f frame, at int64, visit func(uint64, []byte)) int {
	r := &s.reader
	if f.end() <= r.next {
		return 0
	}
	s.mu.Lock()
	s.progress.passed(mark{sequence: f.sequence, segment: r.segment, offset: at, time: f.time})
	s.mu.Unlock()
	from := max(r.next, f.sequence)
	r.next = f.end()
	f.each(from, visit)
	return int(f.end() - from)
}

// readOn goes on with what was added to the file, or with the next file.
func (s *Spool) readOn() (bool, error) {
	r := &s.reader
	following, size := s.look()
	switch following {
	case nil:
		return false, nil
	case r.segment:
		r.scanner.limit = size
		return true, nil
	}
	f, err := s.fs.Open(following.path(s.dir))
	if err != nil {
		return false, fmt.Errorf("read the spool: %w", err)
	}
	s.closeReader()
	r.segment = following
	r.scanner = scanner{file: f, limit: size, buf: r.scanner.buf}
	return true, nil
}

// look returns where to go on, and how far that goes by now: the file that is
// read when it has grown, else the one after it, else nil. A file that has a
// successor grows no more.
func (s *Spool) look() (*segment, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.reader
	if r.segment != nil && r.segment.size > r.scanner.limit {
		return r.segment, r.segment.size
	}
	for _, candidate := range s.segments {
		if r.segment == nil || candidate.ordinal > r.segment.ordinal {
			return candidate, candidate.size
		}
	}
	return nil, 0
}

// passDamage skips to the next whole frame and tells what was lost.
func (s *Spool) passDamage() error {
	r := &s.reader
	from := r.scanner.offset
	if _, err := r.scanner.resync(); err != nil {
		return err
	}
	s.metrics.corrupt.Inc()
	s.log.Error("a damaged stretch of the spool is skipped; its entries are lost",
		"file", r.segment.path(s.dir), "offset", from, "bytes", r.scanner.offset-from, "after_sequence", r.next)
	return nil
}

func (s *Spool) closeReader() {
	if s.reader.scanner.file != nil {
		_ = s.reader.scanner.file.Close()
		s.reader.scanner.file = nil
	}
}
