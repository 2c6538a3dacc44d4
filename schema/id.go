package schema

import (
	"crypto/sha256"
	"encoding/binary"
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

// IDDigest gathers the parts of an event id one by one. Its memory is used again
// for the next id, so that ids by the thousand need none; the zero value works.
type IDDigest struct{ parts []byte }

// NewIDDigest starts the id of an event of the source.
func NewIDDigest(source string) *IDDigest {
	d := new(IDDigest)
	d.Reset(source)
	return d
}

// Reset starts another id.
func (d *IDDigest) Reset(source string) {
	d.parts = d.parts[:0]
	d.String(source)
}

// String adds a part.
func (d *IDDigest) String(part string) {
	d.Uint64(uint64(len(part)))
	d.parts = append(d.parts, part...)
}

// Bytes adds a part.
func (d *IDDigest) Bytes(part []byte) {
	d.Uint64(uint64(len(part)))
	d.parts = append(d.parts, part...)
}

// Uint64 adds a part.
func (d *IDDigest) Uint64(part uint64) {
	d.parts = binary.BigEndian.AppendUint64(d.parts, part)
}

// Claim makes it the id of an event that has one of its sender, which is unique
// per name of the token and device. The device is a pseudonym, empty where none
// was stated.
func (d *IDDigest) Claim(token string, device []byte, id string) {
	d.Reset("id")
	d.String(token)
	d.Bytes(device)
	d.String(id)
}

// Sum returns the id.
func (d *IDDigest) Sum() (id [EventIDSize]byte) {
	sum := sha256.Sum256(d.parts)
	copy(id[:], sum[:])
	return id
}
