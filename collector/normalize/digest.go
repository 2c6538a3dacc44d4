package normalize

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/uptake-telemetry/uptake/schema"
)

// digest derives ids as schema.EventID does, in memory that the batch reuses.
type digest struct{ b *Batch }

func (b *Batch) digest(source string) digest {
	b.parts = b.parts[:0]
	d := digest{b}
	d.string(source)
	return d
}

func (d digest) string(part string) {
	d.uint64(uint64(len(part)))
	d.b.parts = append(d.b.parts, part...)
}

func (d digest) bytes(part []byte) {
	d.uint64(uint64(len(part)))
	d.b.parts = append(d.b.parts, part...)
}

func (d digest) uint64(part uint64) {
	d.b.parts = binary.BigEndian.AppendUint64(d.b.parts, part)
}

func (d digest) sum() (id [schema.EventIDSize]byte) {
	sum := sha256.Sum256(d.b.parts)
	copy(id[:], sum[:])
	return id
}
