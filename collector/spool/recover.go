package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
)

// recover finds out what the folder holds, mends its end and removes what is
// settled.
func (s *Spool) recover() error {
	segments, err := s.list()
	if err != nil {
		return err
	}
	known := readCheckpoint(s.fs, s.dir)
	s.progress.settled, s.counts = known.Settled, known.Counts
	s.next = s.progress.settled
	if err := s.mendEnd(segments); err != nil {
		return err
	}
	if err := s.recount(segments, known.Counted); err != nil {
		return err
	}
	s.writer = writer{fs: s.fs, dir: s.dir, limit: int64(s.config.SegmentBytes)}
	if n := len(segments); n > 0 {
		s.writer.ordinal = segments[n-1].ordinal
	}
	s.reader.next = s.progress.settled
	gone := s.keepUnsettled(segments)
	if len(gone) > 0 {
		if err := s.saveProgress(); err != nil {
			s.log.Warn("the spool cannot note what it has counted", "error", err)
		}
	}
	s.remove(gone)
	return nil
}

func (s *Spool) list() ([]*segment, error) {
	names, err := s.fs.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("list the folder: %w", err)
	}
	var segments []*segment
	for _, name := range names {
		found := parseSegment(name.Name())
		if found == nil {
			continue
		}
		info, err := name.Info()
		if err != nil {
			return nil, fmt.Errorf("list the folder: %w", err)
		}
		found.size = info.Size()
		segments = append(segments, found)
	}
	slices.SortFunc(segments, func(a, b *segment) int { return cmp.Compare(a.ordinal, b.ordinal) })
	return segments, nil
}

// mendEnd cuts a torn end off the last file, and finds the number of the next
// entry. The last file may repeat the end of the one before it and be torn
// within that, so two are looked at.
func (s *Spool) mendEnd(segments []*segment) error {
	for i := max(0, len(segments)-2); i < len(segments); i++ {
		end, whole, err := s.scan(segments[i])
		if err != nil {
			return err
		}
		s.next = max(s.next, end, segments[i].base)
		if i == len(segments)-1 {
			if err := s.cut(segments[i], whole); err != nil {
				return err
			}
		}
	}
	return nil
}

// scan returns the sequence number after the last entry of a file, and the
// length of the file up to its last whole frame.
func (s *Spool) scan(segment *segment) (end uint64, whole int64, err error) {
	f, err := s.fs.Open(segment.path(s.dir))
	if err != nil {
		return 0, 0, fmt.Errorf("read the spool: %w", err)
	}
	defer f.Close()
	scan := scanner{file: f, limit: segment.size}
	for {
		frame, err := scan.next()
		switch {
		case err == nil:
			end, whole = max(end, frame.end()), scan.offset
		case errors.Is(err, errCorrupt):
			if _, err := scan.resync(); err != nil {
				return 0, 0, err
			}
		case errors.Is(err, io.EOF):
			return end, whole, nil
		default:
			return 0, 0, err
		}
	}
}

// cut ends the file after its last whole frame, and syncs it: what a killed
// process wrote may stand in memory only.
func (s *Spool) cut(segment *segment, whole int64) error {
	f, err := s.fs.OpenForRepair(segment.path(s.dir))
	if err != nil {
		return fmt.Errorf("mend the spool: %w", err)
	}
	defer f.Close()
	if whole < segment.size {
		s.log.Warn("the torn end of the spool is cut", "file", segment.path(s.dir), "bytes", segment.size-whole)
		if err := f.Truncate(whole); err != nil {
			return fmt.Errorf("mend the spool: %w", err)
		}
		segment.size = whole
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync the spool: %w", err)
	}
	return nil
}

// keepUnsettled keeps the files that hold something that waits, and returns the others.
func (s *Spool) keepUnsettled(segments []*segment) (gone []*segment) {
	for i, candidate := range segments {
		following := s.next
		if i+1 < len(segments) {
			following = segments[i+1].base
		}
		if candidate.size > 0 && following > s.progress.settled {
			s.segments = append(s.segments, candidate)
			s.stored += candidate.size
			continue
		}
		gone = append(gone, candidate)
	}
	if len(s.segments) > 0 {
		s.signalReader()
	}
	return gone
}
