package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Options say where the events of a company go.
type Options struct {
	Company *Company
	// Now bounds the events: nothing later is sent.
	Now time.Time
	// Send posts a batch's body to /v1/events as ContentType and returns the
	// answer. It is called by several at once, and tries again where that helps.
	Send func(ctx context.Context, body []byte) (answer string, err error)
	// Progress hears, one call at a time, of how many events were answered out of how many.
	Progress func(done, total int)
}

// senders is how many batches are under way at once.
const senders = 4

// Result is what the collector answered.
type Result struct {
	Accepted, Rejected int
	// Refusal is the first reason for a rejected event, empty when there was none.
	Refusal string
}

// Load sends the events of the company through the front door and returns when
// each is answered, or with the first error of Send. Since every event has an
// id, loading twice leaves the same events.
func Load(ctx context.Context, o Options) (Result, error) {
	if o.Company == nil || o.Send == nil {
		return Result{}, errors.New("loading the demo company: company and send are needed")
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	l := &loader{
		send:  o.Send,
		tally: tally{total: o.Company.Count(o.Now), progress: o.Progress},
		stop:  stop,
	}
	// Unbuffered: no more batches wait in memory than there are senders.
	batches := make(chan Batch)
	var working sync.WaitGroup
	for range senders {
		working.Go(func() { l.work(ctx, batches) })
	}
	hand(ctx, o, batches)
	working.Wait()
	if err := context.Cause(ctx); err != nil {
		return l.tally.result, fmt.Errorf("loading the demo company: %w", err)
	}
	return l.tally.result, nil
}

// hand gives the batches to the senders and closes the channel at the end.
func hand(ctx context.Context, o Options, batches chan<- Batch) {
	defer close(batches)
	for batch := range o.Company.Events(o.Now) {
		select {
		case batches <- batch:
		case <-ctx.Done():
			return
		}
	}
}

type loader struct {
	send  func(ctx context.Context, body []byte) (string, error)
	tally tally
	stop  context.CancelCauseFunc
}

func (l *loader) work(ctx context.Context, batches <-chan Batch) {
	for batch := range batches {
		text, err := l.send(ctx, batch.Body)
		if err != nil {
			l.stop(err)
			return
		}
		answer, err := readAnswer(text)
		if err != nil {
			l.stop(err)
			return
		}
		l.tally.add(batch, answer)
	}
}

// answer is the body with which the front door answers.
type answer struct {
	Accepted int       `json:"accepted"`
	Rejected []refusal `json:"rejected"`
}

type refusal struct {
	Code    string `json:"code"`
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (r refusal) String() string { return fmt.Sprintf("%s (%s): %s", r.Code, r.Field, r.Message) }

func readAnswer(text string) (answer, error) {
	var a answer
	if err := json.Unmarshal([]byte(text), &a); err != nil || a.Accepted+len(a.Rejected) == 0 {
		return answer{}, errors.New("the collector answered without saying what it took")
	}
	return a, nil
}

// tally adds up the answers of all senders.
type tally struct {
	mu       sync.Mutex
	result   Result
	done     int
	total    int
	progress func(done, total int)
}

func (t *tally) add(b Batch, a answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done += b.Events
	t.result.Accepted += a.Accepted
	t.result.Rejected += len(a.Rejected)
	if len(a.Rejected) > 0 && t.result.Refusal == "" {
		t.result.Refusal = a.Rejected[0].String()
	}
	if t.progress != nil {
		t.progress(t.done, t.total)
	}
}
