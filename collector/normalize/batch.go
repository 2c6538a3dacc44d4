package normalize

import (
	"time"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// Batch gathers the messages of one request. It belongs to one goroutine, and
// what it is given must stay unchanged until it is closed.
type Batch struct {
	n        *Normalizer
	sender   Sender
	received time.Time

	event      schema.UsageEvent
	reading    schema.Reading
	pseudonyms [kinds]memo
	id         [schema.EventIDSize]byte
	ids        schema.IDDigest
	values     []tools.Value

	// Messages lie in encoded one after the other; ends says where each ends.
	encoded []byte
	ends    []int
	entries [][]byte

	accepted int
	rejected int
	codes    []schema.Code
	ignored  []ignored
	unknown  []unknown
	lastMark mark
	marks    [][schema.EventIDSize]byte
}

// ignored counts records of one tool that no rule maps.
type ignored struct {
	tool *tools.Tool
	n    int
}

// keptBytes is the most memory that a batch keeps for the next request.
const keptBytes = 1 << 20

// Entries returns the messages for the spool. They are valid until Close.
func (b *Batch) Entries() [][]byte {
	b.entries = b.entries[:0]
	start := 0
	for _, end := range b.ends {
		b.entries = append(b.entries, b.encoded[start:end:end])
		start = end
	}
	return b.entries
}

// Accepted is the number of events and readings taken.
func (b *Batch) Accepted() int { return b.accepted }

// Rejected is the number of events refused.
func (b *Batch) Rejected() int { return b.rejected }

// Bytes is the size of the messages.
func (b *Batch) Bytes() int { return len(b.encoded) }

// Ignore counts n records of the tool, nil where no tool is known, that nothing
// maps.
func (b *Batch) Ignore(tool *tools.Tool, n int) {
	for i := range b.ignored {
		if b.ignored[i].tool == tool {
			b.ignored[i].n += n
			return
		}
	}
	b.ignored = append(b.ignored, ignored{tool, n})
}

// Close ends the batch; stored says whether its messages are safe. Only then do
// they count, since a sender repeats what was refused as a whole.
func (b *Batch) Close(stored bool) {
	if stored {
		b.count()
		b.n.heard.add(b.marks)
	}
	b.recycle()
}

func (b *Batch) count() {
	m := b.n.metrics
	m.accepted.Add(float64(b.accepted))
	for _, code := range b.codes {
		m.rejected.WithLabelValues(string(code)).Inc()
	}
	for _, i := range b.ignored {
		m.ignoredOf(i.tool).Add(float64(i.n))
	}
	for i := range b.unknown {
		m.unknown.add(&b.unknown[i])
	}
}

func (b *Batch) recycle() {
	if cap(b.encoded) > keptBytes {
		b.encoded, b.ends, b.entries = nil, nil, nil
	}
	for i := range b.pseudonyms {
		b.pseudonyms[i] = memo{pseudonym: b.pseudonyms[i].pseudonym[:0]}
	}
	n := b.n
	*b = Batch{
		n: n, ids: b.ids, values: b.values[:0], pseudonyms: b.pseudonyms,
		encoded: b.encoded[:0], ends: b.ends[:0], entries: b.entries[:0],
		codes: b.codes[:0], ignored: b.ignored[:0], unknown: b.unknown[:0], marks: b.marks[:0],
	}
	n.batches.Put(b)
}

// add encodes the event as a message.
func (b *Batch) add() {
	b.encoded = schema.AppendEvent(b.encoded, &b.event)
	b.ends = append(b.ends, len(b.encoded))
}

// receivedUnixNano is the time of receipt of the next message. Within a request
// it goes up by the microsecond that the tables keep, so that of two contents of
// one id the first stands.
func (b *Batch) receivedUnixNano() uint64 {
	return uint64(b.received.Add(time.Duration(len(b.ends)) * time.Microsecond).UnixNano())
}

// digest starts an id in memory that the batch reuses.
func (b *Batch) digest(source string) *schema.IDDigest {
	b.ids.Reset(source)
	return &b.ids
}

// begin empties the event and fills in what all events of the batch have.
func (b *Batch) begin(occurredUnixNano uint64) *schema.UsageEvent {
	e := &b.event
	e.Reset()
	e.OccurredAtUnixNano = occurredUnixNano
	e.ReceivedAtUnixNano = b.receivedUnixNano()
	e.Path = b.sender.Path
	e.Collector = b.n.collector
	return e
}

// refuse adds a dead letter. The event is what is known of it, or nil, and so is
// the pseudonym of a word that names an unknown tool.
func (b *Batch) refuse(r *schema.Rejection, event *schema.UsageEvent, unknownTool []byte) {
	letter := schema.DeadLetter{
		ReceivedAtUnixNano: uint64(b.received.UnixNano()), Path: b.sender.Path, Stage: schema.Stage_STAGE_COLLECTOR,
		Code: string(r.Code), Field: r.Field, Message: r.Message, Event: event, ToolPseudonym: unknownTool,
	}
	if event != nil {
		letter.Tool, letter.EventId = event.Tool, event.EventId
	}
	id := b.letterID(letter.EventId)
	b.encoded = schema.AppendDeadLetter(b.encoded, &letter, id)
	b.ends = append(b.ends, len(b.encoded))
	b.rejected++
	b.codes = append(b.codes, r.Code)
}

// letterID tells the letters of a batch apart; a letter repeated is a letter more.
func (b *Batch) letterID(eventID []byte) [schema.EventIDSize]byte {
	d := b.digest("letter")
	d.Bytes(eventID)
	d.Uint64(uint64(b.received.UnixNano()))
	d.Uint64(uint64(len(b.ends)))
	return d.Sum()
}
