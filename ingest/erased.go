package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/uptake-telemetry/uptake/schema"
)

// erasedInterval is how often ingest asks who was erased. An erasure waits for
// it, so it is short; the table is tiny.
const erasedInterval = time.Second

// erasedPersons are those whose records are not stored again. What was received
// before the erasure is dropped whole, with no dead letter: that would keep it.
type erasedPersons struct {
	known atomic.Pointer[erasures]
	state string
}

// erasures has the microsecond of the erasure by the hash of the pseudonym.
type erasures map[[sha256.Size]byte]int64

// errErasedMeanwhile has a block gathered again that may hold what is erased.
var errErasedMeanwhile = errors.New("somebody was erased while the block was gathered")

// drops says whether the event belongs to an erased person. Of an event of
// somebody else on an erased device it takes the device.
func (p *erasedPersons) drops(e *schema.UsageEvent) bool {
	known := p.known.Load()
	if known == nil || len(*known) == 0 {
		return false
	}
	switch received := int64(e.ReceivedAtUnixNano) / 1000; {
	case known.holds(e.Person, received):
		return true
	case !known.holds(e.Device, received):
		return false
	case len(e.Person) == 0:
		return true
	default:
		e.Device = nil
		return false
	}
}

func (k erasures) holds(pseudonym []byte, received int64) bool {
	if len(pseudonym) == 0 {
		return false
	}
	erased, found := k[sha256.Sum256([]byte(schema.PseudonymString(pseudonym)))]
	return found && received < erased
}

// loadErased reads who was erased, unless nothing changed since the last time.
func (i *Ingest) loadErased(ctx context.Context) error {
	var state string
	if err := i.deps.Conn.QueryRow(ctx, "SELECT concat(toString(count()), ' ', toString(max(erased_at))) FROM erased").Scan(&state); err != nil {
		return fmt.Errorf("read who was erased: %w", err)
	}
	if state == i.erased.state {
		return nil
	}
	rows, err := i.deps.Conn.Query(ctx, "SELECT hash, max(erased_at) FROM erased GROUP BY hash")
	if err != nil {
		return fmt.Errorf("read who was erased: %w", err)
	}
	defer rows.Close()
	known := erasures{}
	for rows.Next() {
		var text string
		var at time.Time
		var hash [sha256.Size]byte
		if err := rows.Scan(&text, &at); err != nil {
			return fmt.Errorf("read who was erased: %w", err)
		}
		if n, err := hex.Decode(hash[:], []byte(text)); err == nil && n == len(hash) {
			known[hash] = at.UnixMicro()
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read who was erased: %w", err)
	}
	i.erased.known.Store(&known)
	i.erased.state = state
	return nil
}

// watchErased keeps what it knows when the table cannot be read.
func (i *Ingest) watchErased(ctx context.Context) {
	tick := time.NewTicker(erasedInterval)
	defer tick.Stop()
	failed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := i.loadErased(ctx)
		if err != nil && ctx.Err() == nil && !failed {
			i.logger.Warn("who was erased is known as of the last reading", "error", err)
		}
		failed = err != nil
	}
}
