package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// readSize is how much of a file is in memory at a time, a larger frame apart.
const readSize = 256 << 10

// scanner walks the frames of a file up to a limit.
type scanner struct {
	file   file
	offset int64
	limit  int64
	buf    []byte
	// window is what of buf stands at offset.
	window []byte
}

// next returns the frame at the offset and passes it. The frame is good until
// the following call. io.EOF is the end; errCorrupt leaves the offset where it
// is, for resync to pass the damage.
func (s *scanner) next() (frame, error) {
	if s.offset >= s.limit {
		return frame{}, io.EOF
	}
	f, err := decodeFrame(s.window)
	for errors.Is(err, errShort) {
		need := max(f.size, headerSize)
		if s.offset+int64(need) > s.limit {
			return frame{}, errCorrupt
		}
		if err := s.fill(need); err != nil {
			return frame{}, err
		}
		f, err = decodeFrame(s.window)
	}
	if err != nil {
		return frame{}, err
	}
	s.pass(f.size)
	return f, nil
}

func (s *scanner) pass(n int) {
	s.offset += int64(n)
	s.window = s.window[n:]
}

// fill makes the window hold at least need bytes.
func (s *scanner) fill(need int) error {
	size := int(min(int64(max(need, readSize)), s.limit-s.offset))
	if cap(s.buf) < size || cap(s.buf) > 4*readSize && size <= readSize {
		s.buf = make([]byte, max(size, min(readSize, int(s.limit))))
	}
	s.window = s.buf[:size]
	n, err := s.file.ReadAt(s.window, s.offset)
	s.window = s.window[:n]
	if n < need {
		if errors.Is(err, io.EOF) {
			return errCorrupt // the file is shorter than we were told
		}
		return fmt.Errorf("read the spool: %w", err)
	}
	return nil
}

// resync passes damage: it goes to the next whole frame, or to the limit, and
// says whether it found one.
func (s *scanner) resync() (bool, error) {
	s.skip(1)
	for s.limit-s.offset >= headerSize {
		if len(s.window) < len(magic) {
			switch err := s.fill(headerSize); {
			case errors.Is(err, errCorrupt):
				s.skip(int(s.limit - s.offset))
				return false, nil
			case err != nil:
				return false, err
			}
		}
		at := bytes.Index(s.window, magic[:])
		if at < 0 {
			s.skip(len(s.window) - len(magic) + 1)
			continue
		}
		s.skip(at)
		whole, err := s.holdsFrame()
		if whole || err != nil {
			return whole, err
		}
		s.skip(1)
	}
	s.skip(int(s.limit - s.offset))
	return false, nil
}

// skip passes bytes that may lie behind the window.
func (s *scanner) skip(n int) {
	n = int(min(int64(n), s.limit-s.offset))
	s.offset += int64(n)
	s.window = s.window[min(n, len(s.window)):]
}

// holdsFrame looks at the frame at the offset without passing it.
func (s *scanner) holdsFrame() (bool, error) {
	at := s.offset
	_, err := s.next()
	if err == nil {
		s.offset, s.window = at, nil
		return true, nil
	}
	if errors.Is(err, errCorrupt) {
		return false, nil
	}
	return false, err
}
