package spool

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// segment is one file of frames. Its name holds its place in the order of
// files and the sequence number it begins with.
type segment struct {
	ordinal uint64
	base    uint64
	// size counts the bytes that are synced; what follows them is nobody's.
	size int64
}

const segmentSuffix = ".spool"

func (s *segment) path(dir string) string {
	return filepath.Join(dir, fmt.Sprintf("%012d-%020d%s", s.ordinal, s.base, segmentSuffix))
}

// parseSegment returns the segment of a file name, or nil.
func parseSegment(name string) *segment {
	stem, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok {
		return nil
	}
	ordinal, base, ok := strings.Cut(stem, "-")
	if !ok {
		return nil
	}
	s := new(segment)
	var err error
	if s.ordinal, err = strconv.ParseUint(ordinal, 10, 64); err != nil {
		return nil
	}
	if s.base, err = strconv.ParseUint(base, 10, 64); err != nil {
		return nil
	}
	return s
}
