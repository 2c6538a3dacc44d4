// Package normalize turns what was sent into events: recognise, allow,
// pseudonymise, fill in.
//
// It promises
//   - that the same fact has the same event id whichever collector, connection,
//     encoding, token or moment it comes by;
//   - that only what the tool's catalogue file names is read, and that nothing
//     but the fields of the schema leaves: no identifier, no content;
//   - that it keeps no state that a fact depends on. All it remembers is which
//     marks of life it has made lately, so as not to repeat them.
package normalize

import (
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// Deps are what a normalizer needs.
type Deps struct {
	Catalogue     *tools.Catalogue
	Pseudonymizer *schema.Pseudonymizer
	// Collector is the name that every event gets; it may be empty.
	Collector  string
	Registerer prometheus.Registerer
}

// Normalizer makes batches. It is safe for concurrent use.
type Normalizer struct {
	catalogue     *tools.Catalogue
	pseudonymizer *schema.Pseudonymizer
	collector     string
	metrics       *metrics
	heard         *recent
	batches       sync.Pool
}

// New returns a normalizer and registers its metrics.
func New(deps Deps) (*Normalizer, error) {
	if deps.Catalogue == nil || deps.Pseudonymizer == nil {
		return nil, errors.New("normalize: a catalogue and a pseudonymizer are needed")
	}
	n := &Normalizer{catalogue: deps.Catalogue, pseudonymizer: deps.Pseudonymizer, collector: deps.Collector, heard: newRecent(heardKept)}
	var err error
	if n.metrics, err = newMetrics(deps.Registerer, deps.Catalogue); err != nil {
		return nil, err
	}
	n.batches.New = func() any { return &Batch{n: n} }
	return n, nil
}

// Resume adds what earlier processes have taken and refused to the metrics, so
// that they count for the life of the data. It is called once, before any batch.
func (n *Normalizer) Resume(accepted uint64, rejected iter.Seq2[schema.Code, uint64]) {
	n.metrics.accepted.Add(float64(accepted))
	for code, times := range rejected {
		n.metrics.rejected.WithLabelValues(string(code)).Add(float64(times))
	}
}

// Sender is who sent a request, as its token proves.
type Sender struct {
	// Token is the name of the token, never the token.
	Token string
	// Person is the pseudonym of the person the token was made for, if any.
	Person []byte
	// Path is the way the events came.
	Path schema.Path
}

// Begin starts the batch of one request. It must be ended by Close.
func (n *Normalizer) Begin(sender Sender, received time.Time) *Batch {
	b := n.batches.Get().(*Batch)
	b.sender = sender
	b.received = received
	return b
}
