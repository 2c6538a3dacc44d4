package publish

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
)

// fingerprint is of all that the rows say but for their states and watermarks.
func (d *Door) fingerprint() string {
	h := sha256.New()
	for _, cell := range d.draft.Cells {
		write(h, key(cell.Dimensions))
	}
	for _, scope := range d.draft.Scopes {
		write(h, scope.Name)
	}
	for i := range d.views {
		v := &d.views[i]
		write(h, v.Metric, v.Definition, key(v.Dimensions))
		var buffer []byte
		d.each(v, func(scope, cell int, g glimpse) {
			buffer = g.append(binary.LittleEndian.AppendUint32(buffer, uint32(d.draft.at(scope, cell))), d.k)
			if len(buffer) > 1<<16 {
				h.Write(buffer)
				buffer = buffer[:0]
			}
		})
		h.Write(buffer)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func write(h hash.Hash, parts ...string) {
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{2})
	}
}

// append adds what the glimpse shows, and nothing that it does not.
func (g *glimpse) append(to []byte, k int64) []byte {
	to = append(to, byte(g.sight), g.band)
	if g.unknown {
		to = append(to, 1)
	}
	if g.sight == hidden {
		return to
	}
	low, _ := g.sight.class(g.people, k)
	to = binary.LittleEndian.AppendUint64(to, uint64(low))
	for _, f := range []float64{g.value, g.low, g.high, g.numerator, g.denominator, g.coverage} {
		to = binary.LittleEndian.AppendUint64(to, math.Float64bits(f))
	}
	return to
}
