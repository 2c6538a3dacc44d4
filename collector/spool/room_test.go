package spool

import (
	"errors"
	"testing"
)

// narrow is a disk with little room.
type narrow struct {
	disk
	free, all uint64
}

func (d *narrow) Room(string) (free, all uint64, err error) { return d.free, d.all, nil }

func TestTheReserveStaysFree(t *testing.T) {
	small := &narrow{all: 1 << 30}
	s, err := Open(DefaultConfig(), Deps{Dir: t.TempDir(), fs: small})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	entries := [][]byte{[]byte("an event")}
	small.free = small.all / reserveShare
	if err := s.Append(t.Context(), entries); !errors.Is(err, ErrNoRoom) {
		t.Errorf("got %v with nothing but the reserve free", err)
	}
	if w := s.Waiting(); w.Entries != 0 {
		t.Errorf("%d entries wait after a refusal", w.Entries)
	}
	small.free += 1 << 20
	if err := s.Append(t.Context(), entries); err != nil {
		t.Errorf("got %v with room again", err)
	}
}
