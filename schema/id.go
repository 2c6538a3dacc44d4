package schema

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// EventIDSize is the length of an event id in bytes.
const EventIDSize = 16

// EventID derives the id of an event from what makes it that event and no
// other: the source it came from, then the parts of its native identity. Every
// part is counted with its length, so ("ab", "c") and ("a", "bc") differ.
//
// Nothing that depends on the collector, the connection or the moment of
// sending may be among the parts.
func EventID(source string, parts ...string) [EventIDSize]byte {
	d := NewIDDigest(source)
	for _, part := range parts {
		d.String(part)
	}
	return d.Sum()
}

// IDDigest gathers the parts of an event id one by one, for callers that would
// otherwise have to build strings first.
type IDDigest struct {
	hash  hash.Hash
	small [8]byte
}

// NewIDDigest starts the id of an event of the source.
func NewIDDigest(source string) *IDDigest {
	d := &IDDigest{hash: sha256.New()}
	d.String(source)
	return d
}

// String adds a part.
func (d *IDDigest) String(part string) {
	d.Uint64(uint64(len(part)))
	d.hash.Write([]byte(part))
}

// Bytes adds a part.
func (d *IDDigest) Bytes(part []byte) {
	d.Uint64(uint64(len(part)))
	d.hash.Write(part)
}

// Uint64 adds a part.
func (d *IDDigest) Uint64(part uint64) {
	binary.BigEndian.PutUint64(d.small[:], part)
	d.hash.Write(d.small[:])
}

// Sum returns the id.
func (d *IDDigest) Sum() (id [EventIDSize]byte) {
	var sum [sha256.Size]byte
	copy(id[:], d.hash.Sum(sum[:0]))
	return id
}
