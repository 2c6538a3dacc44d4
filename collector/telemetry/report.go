package telemetry

import (
	"log/slog"
	"sync"
	"time"
)

// reportEvery is how often exports that go on failing are logged.
const reportEvery = 10 * time.Minute

// reporter logs failing exports when they begin to fail, then at a slow rate, and
// when they are well again.
type reporter struct {
	log      *slog.Logger
	mu       sync.Mutex
	reported time.Time
}

func (r *reporter) report(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil && !r.reported.IsZero():
		r.reported = time.Time{}
		r.log.Info("telemetry of the collector is exported again")
	case err != nil && time.Since(r.reported) >= reportEvery:
		r.reported = time.Now()
		r.log.Warn("telemetry of the collector cannot be exported and is dropped; events are not concerned", "error", err)
	}
}
