package store

import (
	"time"

	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/schema"
)

// MaxMonths is how many partitions of a table a block may touch. Events may be
// 400 days old, so honest blocks stay below it.
const MaxMonths = 16

// Block gathers rows until they are written as one. It is for one goroutine and
// may be used again after Reset.
type Block struct {
	names    names
	events   map[month]*events
	readings map[month]*readings
	heard    map[month]*heard
	letters  map[month]*letters
	// hours holds the number of events and readings by the UTC hour of their
	// occurrence, in seconds.
	hours map[int64]uint64
	rows  int
	bytes int
	// codes counts letters by their code.
	codes map[string]int
}

// month is what the tables are partitioned by: toYYYYMM.
type month int

func monthOf(t time.Time) month {
	year, m, _ := t.UTC().Date()
	return month(year*100 + int(m))
}

// NewBlock returns an empty block.
func NewBlock() *Block {
	b := &Block{names: names{}}
	b.Reset()
	return b
}

// Reset empties the block. It keeps room for one month of each table, which is
// nearly always the one that is needed next.
func (b *Block) Reset() {
	b.names.trim()
	b.events = kept(b.events, (*events).reset)
	b.readings = kept(b.readings, (*readings).reset)
	b.heard = kept(b.heard, (*heard).reset)
	b.letters = kept(b.letters, (*letters).reset)
	b.hours = map[int64]uint64{}
	b.codes = map[string]int{}
	b.rows, b.bytes = 0, 0
}

func kept[C any](columns map[month]*C, reset func(*C)) map[month]*C {
	next := make(map[month]*C, 1)
	for m, c := range columns {
		if len(columns) == 1 {
			reset(c)
			next[m] = c
		}
	}
	return next
}

// Rows is the number of messages taken.
func (b *Block) Rows() int { return b.rows }

// Bytes is about what the block holds in memory.
func (b *Block) Bytes() int { return b.bytes }

// Months is the greatest number of partitions of one table that it touches.
func (b *Block) Months() int {
	return max(len(b.events), len(b.readings), len(b.heard), len(b.letters))
}

// Origin is where a message lies and when it was sent there.
type Origin struct {
	Partition int
	Offset    int64
	Published time.Time
}

// Add takes a valid event, reading or heard mark. It keeps nothing of e.
func (b *Block) Add(e *schema.UsageEvent, from Origin) {
	occurred := unixNano(e.OccurredAtUnixNano)
	b.rows++
	switch {
	case e.Heard:
		at(b.heard, monthOf(occurred)).add(&b.names, e, occurred)
		b.bytes += heardBytes
	case e.Reading != nil:
		at(b.readings, monthOf(occurred)).add(&b.names, e, occurred, from)
		b.bytes += readingBytes
		b.hours[hourOf(occurred)]++
	default:
		at(b.events, monthOf(occurred)).add(&b.names, e, occurred, from)
		b.bytes += eventBytes
		b.hours[hourOf(occurred)]++
	}
}

// Place is where a message lies in Kafka.
type Place struct {
	Topic     string
	Partition int
	Offset    int64
}

// AddLetter takes a dead letter. Its id keeps it one row, however often it was
// sent and is read.
func (b *Block) AddLetter(letter *schema.DeadLetter, id uuid.UUID, place Place) {
	received := unixNano(letter.ReceivedAtUnixNano)
	at(b.letters, monthOf(received)).add(&b.names, letter, received, id, place)
	b.rows++
	b.bytes += letterBytes + len(letter.Message)
	b.codes[letter.Code]++
}

func at[C any](columns map[month]*C, m month) *C {
	c, found := columns[m]
	if !found {
		c = new(C)
		columns[m] = c
	}
	return c
}

func hourOf(t time.Time) int64 {
	const hour = 3600
	seconds := t.Unix()
	return seconds - (seconds%hour+hour)%hour
}

func unixNano(nano uint64) time.Time { return time.Unix(0, int64(nano)).UTC() }
