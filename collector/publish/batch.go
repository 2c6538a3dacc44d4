package publish

import (
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/uptake-telemetry/uptake/schema"
)

// Where the fields of a batch of version 2 stand, behind the four bytes of
// length that the set of batches of a request begins with.
const (
	atSize        = 0
	atLength      = 12
	atLeaderEpoch = 16
	atMagic       = 20
	atChecksum    = 21
	atAttributes  = 25
	atLastNumber  = 27
	atFirstTime   = 31
	atMaxTime     = 39
	atProducerID  = 47
	atEpoch       = 55
	atSequence    = 57
	atCount       = 61
	atRecords     = 65
)

const minBatchBytes = 16 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batch is records for one partition, in the order of the spool.
type batch struct {
	records []byte
	count   int
	// first is the lowest sequence number that its entries have in the spool.
	first uint64
	// wire is the batch as it is sent, once it is closed.
	wire   []byte
	closed bool
	// generation is of the session in which it was last sent, 0 before.
	generation int
	headers    []byte
}

// reset empties the batch and keeps its memory.
func (b *batch) reset() {
	*b = batch{records: b.records[:0], wire: b.wire[:0], headers: b.headers}
}

// add appends a message; false says that the batch takes no more.
func (b *batch) add(m *schema.Message, sequence uint64, limit int) bool {
	if b.closed || b.count > 0 && len(b.records)+recordBytes(m) > limit {
		return false
	}
	if b.count == 0 {
		b.first = sequence
	}
	b.first = min(b.first, sequence)
	b.records, b.headers = appendRecord(b.records, m, int64(b.count), b.headers)
	b.count++
	return true
}

// close compresses the records into the form in which they are sent.
func (b *batch) close(compression compressor) {
	if b.closed {
		return
	}
	b.closed = true
	wire, attributes := compression.append(append(b.wire[:0], make([]byte, atRecords)...), b.records)
	binary.BigEndian.PutUint32(wire[atSize:], uint32(len(wire)-4))
	binary.BigEndian.PutUint32(wire[atLength:], uint32(len(wire)-atLeaderEpoch))
	binary.BigEndian.PutUint32(wire[atLeaderEpoch:], ^uint32(0))
	wire[atMagic] = 2
	binary.BigEndian.PutUint16(wire[atAttributes:], attributes)
	binary.BigEndian.PutUint32(wire[atLastNumber:], uint32(b.count-1))
	binary.BigEndian.PutUint32(wire[atCount:], uint32(b.count))
	b.wire = wire
}

// stamp puts in who sends it and when, and seals it. The time is that of the
// sending, not of the events: the brokers keep messages by it, events may be
// old, and a table says by it when an event left its collector.
func (b *batch) stamp(s session, sequence int32, now time.Time) {
	binary.BigEndian.PutUint64(b.wire[atFirstTime:], uint64(now.UnixMilli()))
	binary.BigEndian.PutUint64(b.wire[atMaxTime:], uint64(now.UnixMilli()))
	binary.BigEndian.PutUint64(b.wire[atProducerID:], uint64(s.id))
	binary.BigEndian.PutUint16(b.wire[atEpoch:], uint16(s.epoch))
	binary.BigEndian.PutUint32(b.wire[atSequence:], uint32(sequence))
	binary.BigEndian.PutUint32(b.wire[atChecksum:], crc32.Checksum(b.wire[atAttributes:], castagnoli))
}

// weight is the memory that it takes.
func (b *batch) weight() int64 { return int64(len(b.records) + len(b.wire)) }

// split halves a batch of two records or more.
func (b *batch) split() (head, tail *batch) {
	head, tail = &batch{first: b.first}, &batch{first: b.first}
	rest := b.records
	for i := range b.count {
		r, after, err := cutRecord(rest)
		if err != nil {
			panic("publish: a record of ours cannot be read: " + err.Error())
		}
		half := head
		if i >= b.count/2 {
			half = tail
		}
		half.records = r.appendAs(half.records, int64(half.count))
		half.count++
		rest = after
	}
	return head, tail
}
