package publish

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// repeatLog is how often a trouble that lasts is logged.
const repeatLog = time.Minute

// health is what the publisher waits for.
type health struct {
	log     *slog.Logger
	brokers string

	mu       sync.Mutex
	troubles map[string]error // by what has it
	logged   failure
	loggedAt time.Time
}

func newHealth(log *slog.Logger, brokers []string) *health {
	return &health{log: log, brokers: strings.Join(brokers, ", "), troubles: map[string]error{}}
}

// failed notes a trouble; it is logged when its kind is new or it lasts.
func (h *health) failed(what string, kind failure, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.troubles[what] = err
	if now := time.Now(); h.logged != kind || now.Sub(h.loggedAt) > repeatLog {
		h.logged, h.loggedAt = kind, now
		h.log.Warn("Kafka does not take events; they wait in the spool", "at", what, "kind", string(kind), "error", err)
	}
}

// works notes that a trouble is over.
func (h *health) works(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.troubles) == 0 {
		return
	}
	delete(h.troubles, what)
	if len(h.troubles) == 0 {
		h.logged = stored
		h.log.Info("Kafka takes events again")
	}
}

// ready returns nil or what is waited for; of several troubles the first by
// name.
func (h *health) ready() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := ""
	for what := range h.troubles {
		if first == "" || what < first {
			first = what
		}
	}
	if first == "" {
		return nil
	}
	return fmt.Errorf("waiting for Kafka at %s: %w", h.brokers, h.troubles[first])
}
