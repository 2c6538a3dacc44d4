package publish

import (
	"context"

	"github.com/uptake-telemetry/uptake/schema"
)

// readBytes is how much is read from the source at once.
const readBytes = 256 << 10

// read gives each entry to its lane, as long as there is room. It rests where
// there was little to read, so that the next batches are worth a request.
func (p *Publisher) read(ctx context.Context) {
	again := backoff{}
	for p.awaitRoom(ctx) {
		p.taken = 0
		err := p.source.Next(ctx, readBytes, p.accept)
		p.layout().offer()
		if err == nil {
			again.reset()
			if p.taken < readBytes/2 {
				sleep(ctx, p.config.Linger)
			}
			continue
		}
		if ctx.Err() != nil {
			return
		}
		p.log.Error("the spool cannot be read", "error", err)
		if !again.wait(ctx) {
			return
		}
	}
}

// awaitRoom waits until less is in flight than the bound.
func (p *Publisher) awaitRoom(ctx context.Context) bool {
	for p.inFlight.Load() >= int64(p.config.InFlightBytes) {
		select {
		case <-p.room:
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}

// accept puts an entry on its way. The position passes it only then, so that it
// is never between the two.
func (p *Publisher) accept(sequence uint64, entry []byte) {
	p.taken += len(entry)
	m, err := schema.DecodeMessage(entry)
	if err != nil {
		m = p.undecodable(entry)
	}
	p.put(&m, sequence)
	p.position.Store(sequence + 1)
}

func (p *Publisher) put(m *schema.Message, sequence uint64) {
	for {
		lane := p.layout().lane(m.Kind, m.Key)
		if grown, ok := lane.add(m, sequence, int(p.limit.Load()), p.newBatch); ok {
			p.inFlight.Add(grown)
			return
		}
	}
}

func (p *Publisher) newBatch() *batch { return p.batches.Get().(*batch) }

// release takes a batch that is done out of the account.
func (p *Publisher) release(b *batch) {
	p.inFlight.Add(-b.weight())
	select {
	case p.room <- struct{}{}:
	default:
	}
	if cap(b.records) <= 2*p.config.BatchBytes {
		b.reset()
		p.batches.Put(b)
	}
}
