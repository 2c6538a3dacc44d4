package publish

import (
	"context"
	"math"
	"strconv"
	"sync"

	"github.com/uptake-telemetry/uptake/schema"
)

// lane is the way to one partition: the batches for it in order, of which the
// first is under way.
type lane struct {
	name      string
	kind      schema.MessageKind
	topic     string
	partition int

	mu    sync.Mutex
	queue []*batch
	// sending says that the first batch belongs to the sender.
	sending bool
	// retired says that the partition is gone; the lane takes nothing more.
	retired bool
	wake    chan struct{}

	// The sender's own: in which session it sent last, and its next number.
	generation int
	sequence   int32
}

func newLane(kind schema.MessageKind, topic string, partition int) *lane {
	return &lane{
		name: topic + "/" + strconv.Itoa(partition),
		kind: kind, topic: topic, partition: partition, wake: make(chan struct{}, 1),
	}
}

// add puts a message into the last batch or a new one, and returns by how many
// bytes the lane grew; false says that the lane is retired.
func (l *lane) add(m *schema.Message, sequence uint64, limit int, fresh func() *batch) (int64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.retired {
		return 0, false
	}
	if n := len(l.queue); n > 0 && (n > 1 || !l.sending) {
		last := l.queue[n-1]
		before := last.weight()
		if last.add(m, sequence, limit) {
			return last.weight() - before, true
		}
	}
	b := fresh()
	b.add(m, sequence, limit)
	l.queue = append(l.queue, b)
	return b.weight(), true
}

// addBatches puts whole batches at the end.
func (l *lane) addBatches(batches []*batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, batches...)
}

// notify lets the sender look.
func (l *lane) notify() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// isWaiting reports whether something is there that nobody sends.
func (l *lane) isWaiting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue) > 0 && !l.sending
}

// take waits for the first batch, which is the sender's until replace; nil
// means that the lane is retired or ctx has ended.
func (l *lane) take(ctx context.Context) *batch {
	for ctx.Err() == nil && !l.isRetired() {
		if b := l.tryTake(); b != nil {
			return b
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
		}
	}
	return nil
}

func (l *lane) tryTake() *batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return nil
	}
	l.sending = true
	return l.queue[0]
}

// replace puts others, or none, in the place of the first batch.
func (l *lane) replace(others ...*batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sending = false
	l.queue = append(others, l.queue[1:]...)
}

// retire ends the taking of messages.
func (l *lane) retire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retired = true
}

func (l *lane) isRetired() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.retired
}

// leave returns all that is in the lane.
func (l *lane) leave() []*batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.queue
	l.queue, l.sending = nil, false
	return left
}

// oldest returns the lowest sequence number that waits in the lane.
func (l *lane) oldest() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	lowest := uint64(math.MaxUint64)
	for _, b := range l.queue {
		lowest = min(lowest, b.first)
	}
	return lowest
}

// enter begins to count anew when the session is another.
func (l *lane) enter(s session) {
	if l.generation != s.generation {
		l.generation, l.sequence = s.generation, 0
	}
}

// acknowledged counts on; numbers start over after the highest.
func (l *lane) acknowledged(records int) {
	l.sequence = int32((int64(l.sequence) + int64(records)) & math.MaxInt32)
}
