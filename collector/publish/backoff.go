package publish

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	firstDelay = 50 * time.Millisecond
	maxDelay   = 2 * time.Second
)

// backoff waits longer from time to time, with jitter, so that many do not come
// back at once.
type backoff struct{ tries int }

// wait returns false when ctx ended first.
func (b *backoff) wait(ctx context.Context) bool {
	delay := min(maxDelay, firstDelay<<min(b.tries, 10))
	b.tries++
	return sleep(ctx, delay/2+rand.N(delay/2+1))
}

func (b *backoff) reset() { b.tries = 0 }

func sleep(ctx context.Context, delay time.Duration) bool {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
