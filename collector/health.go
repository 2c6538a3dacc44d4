package collector

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/uptake-telemetry/uptake/collector/receiver/grpc"
)

// serveHealth says that the process is alive.
func (c *Collector) serveHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "ok")
}

// readiness is the body of /readyz.
type readiness struct {
	Ready bool `json:"ready"`
	// Reason says why it is not ready.
	Reason string `json:"reason,omitempty"`
	// Waiting says what the collector waits for while it goes on taking events.
	Waiting      string `json:"waiting,omitempty"`
	SpoolEntries uint64 `json:"spool_entries"`
	SpoolBytes   int64  `json:"spool_bytes"`
}

// serveReady says whether events can be taken.
func (c *Collector) serveReady(w http.ResponseWriter, _ *http.Request) {
	waiting := c.spool.Waiting()
	body := readiness{Ready: true, SpoolEntries: waiting.Entries, SpoolBytes: waiting.Bytes}
	status := http.StatusOK
	if err := c.Ready(); err != nil {
		body.Ready, body.Reason, status = false, err.Error(), http.StatusServiceUnavailable
	}
	if err := c.publisher.Ready(); err != nil {
		body.Waiting = err.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// An error here means that whoever asked has gone.
	_ = json.NewEncoder(w).Encode(body)
}

// The answers of grpc.health.v1: a message of the one field status.
var (
	rpcServing    = []byte{1 << 3, 1}
	rpcNotServing = []byte{1 << 3, 2}
)

// serveRPCHealth says the same to who asks by gRPC's own health checks, of
// whatever service.
func (c *Collector) serveRPCHealth(w http.ResponseWriter, _ *http.Request) {
	answer := rpcServing
	if c.Ready() != nil {
		answer = rpcNotServing
	}
	grpc.WriteMessage(w, answer)
}

// roomBytes is the room without which the spool counts as full.
const roomBytes = 64 << 10

// Ready says why events cannot be taken, nil when they can. A Kafka that is
// away is no reason: events wait in the spool.
func (c *Collector) Ready() error {
	if c.stopping.Load() {
		return errors.New("the collector is stopping")
	}
	if err := c.intake.writable(time.Now()); err != nil {
		return fmt.Errorf("%w; senders are asked to come again until there is room", err)
	}
	if w := c.spool.Waiting(); w.Bytes+roomBytes > int64(c.spool.MaxBytes()) {
		return fmt.Errorf("the spool is full (%d bytes) until Kafka takes events; see waiting", w.Bytes)
	}
	return nil
}
