package spool

import (
	"errors"
	"fmt"
)

// ErrNoRoom says that the disk is nearly full. Nothing was written, and it may
// be tried again when there is room.
var ErrNoRoom = errors.New("the disk of the spool is nearly full")

// What stays free on the disk, so that what stands on it beside the spool, a
// broker or a database that must take the events next, can still write: a
// twentieth of it, and no more than reserveBytes.
const (
	reserveShare = 20
	reserveBytes = 256 << 20
)

// room says whether so many bytes leave the reserve free. A disk that cannot be
// asked has room: writing tells the truth.
func (s *Spool) room(size int) error {
	free, all, err := s.fs.Room(s.dir)
	if err != nil {
		return nil
	}
	if reserve := min(all/reserveShare, reserveBytes); free < reserve+uint64(size) {
		return fmt.Errorf("%w: %d MiB are free and %d MiB stay free; make room on it", ErrNoRoom, free>>20, reserve>>20)
	}
	return nil
}
