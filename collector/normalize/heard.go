package normalize

import (
	"sync"
	"time"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// heardKept bounds the marks that are remembered: people and devices of a day
// and then some. Beyond it the oldest are forgotten, which repeats marks and
// changes no figure.
const heardKept = 16384

// mark is whose record left the last mark of a batch.
type mark struct {
	tool           *tools.Tool
	person, device string
	day            int64
}

const secondsOfDay = 24 * 60 * 60

// mark notes that something of the record's person, device and tool was heard
// on its UTC day, once a day and process.
func (b *Batch) mark(rec *tools.Record) {
	person, identity := rec.Tool.Person(rec)
	m := mark{rec.Tool, person, rec.Tool.Device(rec), b.day(rec)}
	if m == b.lastMark {
		return
	}
	b.lastMark = m
	e := b.begin(uint64(m.day * secondsOfDay * int64(time.Second)))
	b.identify(e, person, identity)
	e.Device = b.pseudonym(deviceKind, m.device)
	if e.Person == nil && e.Device == nil {
		return
	}
	e.Tool, e.Heard, e.Evidence = rec.Tool.ID, true, schema.Evidence_EVIDENCE_OBSERVED
	b.id = b.markID(e, m.day)
	if b.n.heard.has(b.id) {
		return
	}
	e.EventId = b.id[:]
	b.marks = append(b.marks, b.id)
	b.add()
}

// day is the record's UTC day, or that of receipt where its time cannot be.
func (b *Batch) day(rec *tools.Record) int64 {
	at := time.Unix(0, int64(rec.Occurred()))
	if schema.ValidateTime(at, b.received) != nil {
		at = b.received
	}
	return at.Unix() / secondsOfDay
}

func (b *Batch) markID(e *schema.UsageEvent, day int64) [schema.EventIDSize]byte {
	d := b.digest("heard")
	d.Bytes(e.Person)
	d.Bytes(e.Device)
	d.String(e.Tool)
	d.Uint64(uint64(day))
	return d.Sum()
}

// recent is a bounded set of ids; adding to a full one drops the oldest.
type recent struct {
	mu    sync.Mutex
	ids   map[[schema.EventIDSize]byte]struct{}
	order [][schema.EventIDSize]byte
	next  int
	max   int
}

func newRecent(most int) *recent {
	return &recent{ids: map[[schema.EventIDSize]byte]struct{}{}, max: most}
}

func (r *recent) has(id [schema.EventIDSize]byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, has := r.ids[id]
	return has
}

func (r *recent) add(ids [][schema.EventIDSize]byte) {
	if len(ids) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		r.addOne(id)
	}
}

func (r *recent) addOne(id [schema.EventIDSize]byte) {
	if _, has := r.ids[id]; has {
		return
	}
	if len(r.order) < r.max {
		r.order = append(r.order, id)
	} else {
		delete(r.ids, r.order[r.next])
		r.order[r.next] = id
		r.next = (r.next + 1) % r.max
	}
	r.ids[id] = struct{}{}
}
