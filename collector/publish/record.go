package publish

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/uptake-telemetry/uptake/schema"
)

var errRecord = errors.New("not a record")

// appendRecord appends a record of a batch of version 2: its length, then
// attributes, distance to the batch's time, number in the batch, key, value,
// headers. All records of a batch are sent at its time, so that the distance is
// none. headers is room to work in.
func appendRecord(dst []byte, m *schema.Message, number int64, headers []byte) ([]byte, []byte) {
	headers = m.AppendHeaders(headers[:0])
	size := 1 + 1 + varintSize(number) +
		varintSize(int64(len(m.Key))) + len(m.Key) +
		varintSize(int64(len(m.Value))) + len(m.Value) + len(headers)
	dst = binary.AppendVarint(dst, int64(size))
	dst = append(dst, 0, 0)
	dst = binary.AppendVarint(dst, number)
	dst = binary.AppendVarint(dst, int64(len(m.Key)))
	dst = append(dst, m.Key...)
	dst = binary.AppendVarint(dst, int64(len(m.Value)))
	dst = append(dst, m.Value...)
	return append(dst, headers...), headers
}

// recordBytes is more than a record takes.
func recordBytes(m *schema.Message) int { return len(m.Key) + len(m.Value) + 256 }

func varintSize(n int64) int {
	zigzag := uint64(n<<1) ^ uint64(n>>63)
	return (bits.Len64(zigzag|1) + 6) / 7
}

// record is a record taken apart.
type record struct {
	// rest is key, value and headers as they stand.
	rest []byte
}

// cutRecord takes the first record off b.
func cutRecord(b []byte) (r record, rest []byte, err error) {
	size, n := binary.Varint(b)
	if n <= 0 || size < 1 || int(size) > len(b)-n {
		return record{}, nil, errRecord
	}
	body, rest := b[n:n+int(size)], b[n+int(size):]
	body = body[1:]
	for range 2 { // the distance to the batch's time, and the number
		if _, n = binary.Varint(body); n <= 0 {
			return record{}, nil, errRecord
		}
		body = body[n:]
	}
	return record{rest: body}, rest, nil
}

// appendAs appends the record with another number.
func (r record) appendAs(dst []byte, number int64) []byte {
	dst = binary.AppendVarint(dst, int64(1+1+varintSize(number)+len(r.rest)))
	dst = append(dst, 0, 0)
	dst = binary.AppendVarint(dst, number)
	return append(dst, r.rest...)
}

// value returns the value of the record.
func (r record) value() ([]byte, error) {
	_, b, err := cutBytes(r.rest)
	if err != nil {
		return nil, err
	}
	value, _, err := cutBytes(b)
	return value, err
}

func cutBytes(b []byte) (head, rest []byte, err error) {
	size, n := binary.Varint(b)
	if n <= 0 || size < 0 || int(size) > len(b)-n {
		return nil, nil, errRecord
	}
	return b[n : n+int(size)], b[n+int(size):], nil
}
