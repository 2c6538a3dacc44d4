package collector

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/uptake-telemetry/uptake/collector/normalize"
	"github.com/uptake-telemetry/uptake/collector/receiver"
	"github.com/uptake-telemetry/uptake/collector/spool"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// appender is the queue on disk.
type appender interface {
	// Append returns when the entries are on disk, or spool.ErrFull.
	Append(ctx context.Context, entries [][]byte) error
}

// intake is what all endpoints share behind their decoders.
type intake struct {
	catalogue  *tools.Catalogue
	normalizer *normalize.Normalizer
	spool      appender
	// unwritten is the newest failure of the spool, nil once it took something.
	unwritten atomic.Pointer[unwritten]
}

// unwritten is a spool that could not write.
type unwritten struct {
	err error
	at  time.Time
}

// writable says why the spool could not write a moment ago. It forgets it after
// a while, because only what is sent tells that a disk has room again, and who
// is not ready is sent nothing.
func (i *intake) writable(now time.Time) error {
	if last := i.unwritten.Load(); last != nil && now.Sub(last.at) < unwrittenFor {
		return last.err
	}
	return nil
}

// unwrittenFor is how long a failure of the spool shows.
const unwrittenFor = 10 * time.Second

// note remembers how the spool fared; a full one, and a sender who has gone, say
// nothing of the disk.
func (i *intake) note(err error, now time.Time) {
	switch {
	case err == nil:
		i.unwritten.Store(nil)
	case !errors.Is(err, spool.ErrFull) && !errors.Is(err, spool.ErrClosed) && !errors.Is(err, context.Canceled) &&
		!errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, spool.ErrTooLarge):
		i.unwritten.Store(&unwritten{err, now})
	}
}

func (i *intake) begin(r *receiver.Request, path schema.Path) *normalize.Batch {
	return i.normalizer.Begin(normalize.Sender{Token: r.Sender.Name, Person: r.Sender.Person, Path: path}, r.Received)
}

// store puts the batch on disk and closes it.
func (i *intake) store(ctx context.Context, b *normalize.Batch, p *receiver.Passage) error {
	entries, begun := b.Entries(), p.Now()
	err := i.spool.Append(ctx, entries)
	p.Appended(begun, len(entries), b.Bytes())
	i.note(err, time.Now())
	b.Close(err == nil)
	return err
}

// How long senders are asked to wait: a full spool empties slowly, anything
// else is soon over.
const (
	retryWhenFull = 5 * time.Second
	retrySoon     = time.Second
)

// unstored is the answer to a request whose events are not safe.
func unstored(e receiver.Endpoint, contentType string, err error) receiver.Answer {
	message, wait := "the events cannot be stored at the moment; send them again", retrySoon
	if errors.Is(err, spool.ErrFull) {
		message, wait = "the spool is full until Kafka takes events again; send them later", retryWhenFull
	}
	answer := e.Refusal(contentType, http.StatusServiceUnavailable, message)
	answer.RetryAfter = wait
	return answer
}
