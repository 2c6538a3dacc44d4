package publish

import (
	"context"
	"fmt"
)

// settleSoon lets the settler look; many calls may become one look.
func (p *Publisher) settleSoon() {
	select {
	case p.settle <- struct{}{}:
	default:
	}
}

// keepSettling tells the source how far everything is acknowledged.
func (p *Publisher) keepSettling(ctx context.Context) {
	for {
		select {
		case <-p.settle:
		case <-ctx.Done():
			return
		}
		if err := p.settleLowest(); err != nil {
			p.log.Warn("progress is not noted; some may be sent again after a restart", "error", err)
		}
	}
}

func (p *Publisher) settleLowest() error {
	if err := p.source.Settle(p.lowest()); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	return nil
}

// lowest returns the first sequence number that is not acknowledged. The
// position is read before the lanes: what comes into a lane later is not under
// it.
func (p *Publisher) lowest() uint64 {
	p.settling.Lock()
	defer p.settling.Unlock()
	lowest := p.position.Load()
	for _, l := range p.all {
		lowest = min(lowest, l.oldest())
	}
	return lowest
}
