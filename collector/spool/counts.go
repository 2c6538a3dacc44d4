package spool

import (
	"errors"
	"fmt"
	"io"
)

// MaxClasses is how many kinds of entries can be told apart.
const MaxClasses = 16

// Counts are how many entries of each class were ever written. They outlive the
// process, and a kill: the checkpoint holds them up to a sequence number, and
// what was written since is counted again when the spool is opened. Files go
// only after the checkpoint counts them.
type Counts [MaxClasses]uint64

func (c *Counts) add(more *Counts) {
	for class, n := range more {
		c[class] += n
	}
}

// classify is safe for concurrent use.
func (s *Spool) classify(c *Counts, entry []byte) {
	if class := s.class(entry); class >= 0 && class < MaxClasses {
		c[class]++
	}
}

// Counts returns what was written since the folder was made.
func (s *Spool) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

func (s *Spool) countsOf(entries [][]byte) (c Counts) {
	if s.class == nil {
		return c
	}
	for _, entry := range entries {
		s.classify(&c, entry)
	}
	return c
}

// recount counts the entries of the files from a sequence number on. Frames may
// be there twice, with the same numbers.
func (s *Spool) recount(segments []*segment, from uint64) error {
	if s.class == nil {
		return nil
	}
	for i, segment := range segments {
		if i+1 < len(segments) && segments[i+1].base <= from {
			continue
		}
		var err error
		if from, err = s.recountFile(segment, from); err != nil {
			return fmt.Errorf("count what the spool holds: %w", err)
		}
	}
	return nil
}

func (s *Spool) recountFile(segment *segment, from uint64) (next uint64, err error) {
	f, err := s.fs.Open(segment.path(s.dir))
	if err != nil {
		return from, err
	}
	defer f.Close()
	scan := scanner{file: f, limit: segment.size}
	for {
		frame, err := scan.next()
		switch {
		case err == nil:
			frame.each(from, func(_ uint64, entry []byte) { s.classify(&s.counts, entry) })
			from = max(from, frame.end())
		case errors.Is(err, errCorrupt):
			if _, err := scan.resync(); err != nil {
				return from, err
			}
		case errors.Is(err, io.EOF):
			return from, nil
		default:
			return from, err
		}
	}
}
