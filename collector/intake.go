package collector

import (
	"context"
	"errors"
	"net/http"
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
}

func (i *intake) begin(r *receiver.Request, path schema.Path) *normalize.Batch {
	return i.normalizer.Begin(normalize.Sender{Token: r.Sender.Name, Person: r.Sender.Person, Path: path}, r.Received)
}

// store puts the batch on disk and closes it.
func (i *intake) store(ctx context.Context, b *normalize.Batch) error {
	err := i.spool.Append(ctx, b.Entries())
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
