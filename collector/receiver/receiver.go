// Package receiver is the front of the collector, over HTTP and gRPC: everything
// between the socket and a decoder.
//
// What it owes a sender: an answer of 2xx only when the endpoint said that the
// events are safe; 401 and 403 before the body is read; otherwise one of 400,
// 405, 408, 413, 415 and 503, each in the endpoint's own form, 503 with
// Retry-After. A request is taken whole or not at all. Over gRPC the same is said
// by the codes that the endpoint has for these, and by RetryInfo.
//
// What it owes the machine: bodies are bounded by what they inflate to; the
// bytes of all requests under way, the connections, those of one address, the
// time for headers and the rate of bodies are bounded; compressed bodies are
// read whole before they are inflated, so that a slow sender holds no
// decompressor. Beyond a bound a request is refused, never queued.
package receiver

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"
)

// Sender is whom a token belongs to.
type Sender struct {
	// Name of the token, never the token.
	Name string
	// Person is the pseudonym of the person it was made for, if any.
	Person []byte
	// MaySend says that the token is good for sending events.
	MaySend bool
}

// Request is what an endpoint decodes.
type Request struct {
	ContentType string
	// Body is inflated. It is used again when Decode has returned.
	Body   []byte
	Sender Sender
	// FromExtension says that the request comes from a browser extension.
	FromExtension bool
	Received      time.Time
	// Passage takes what an endpoint tells for the request's trace; nil where
	// there is none.
	Passage *Passage
	// Own is set by an endpoint that finds telemetry of a collector in the body.
	Own bool
}

// Answer is what the sender is told.
type Answer struct {
	Status      int
	ContentType string
	Body        []byte
	// RetryAfter is sent with 429 and 503.
	RetryAfter time.Duration
}

// Endpoint decodes one protocol.
type Endpoint interface {
	// Accepts says whether bodies of the content type can be decoded.
	Accepts(contentType string) bool
	// Decode reads the body and returns what waits until it is safe. It is
	// called on a bounded number of goroutines and must not block.
	Decode(r *Request) (finish func(context.Context) Answer)
	// Refusal is the answer that refuses a request of the content type.
	Refusal(contentType string, status int, message string) Answer
}

// Deps are what a front needs.
type Deps struct {
	// Authorize says whom a token belongs to; false for one that is not valid.
	Authorize  func(token string) (Sender, bool)
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	// Now is the clock by which requests are received; time.Now where it is nil.
	Now func() time.Time
	// Tracer makes the traces of requests; none are made where it is nil.
	Tracer trace.Tracer
}

// Front serves endpoints. Handle them before Serve is called.
type Front struct {
	config    Config
	authorize func(string) (Sender, bool)
	now       func() time.Time
	log       *slog.Logger
	metrics   *metrics
	tracer    trace.Tracer
	http, rpc service
	// connections bounds those of both.
	connections *connections
	budget      *budget
	inflater    *inflater
	// slots bounds how many bodies are inflated and decoded at once.
	slots chan struct{}
}

// New checks the settings and builds a front. It starts nothing.
func New(config Config, deps Deps) (*Front, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if deps.Authorize == nil {
		return nil, errors.New("receiver: a front needs to know whom tokens belong to")
	}
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	f := &Front{
		config: config, authorize: deps.Authorize, now: deps.Now, log: deps.Logger, tracer: deps.Tracer,
		budget: newBudget(config.InFlightBytes), slots: make(chan struct{}, 2*runtime.GOMAXPROCS(0)),
	}
	var err error
	if f.inflater, err = newInflater(config.MaxBodyBytes); err != nil {
		return nil, err
	}
	if f.metrics, err = newMetrics(deps.Registerer, f.budget); err != nil {
		return nil, err
	}
	f.connections = newConnections(config, f.metrics.connectionsRefused.Inc)
	f.http, f.rpc = newService(config, deps.Logger), newService(config, deps.Logger)
	f.rpc.speakHTTP2()
	return f, nil
}

// Handle serves an endpoint at the path. The name stands in metrics. Browser
// extensions may use it from their own origins when extensions is set.
func (f *Front) Handle(path, name string, endpoint Endpoint, extensions bool) {
	f.http.mux.Handle(path, &route{front: f, protocol: plain{}, path: path, name: name, endpoint: endpoint, extensions: extensions})
}

// HandleRPC serves an endpoint as a method of gRPC, /package.Service/Method,
// whose messages have the content type. The endpoint's refusals of that type are
// each a google.rpc.Status.
func (f *Front) HandleRPC(method, name string, endpoint Endpoint, messageType string) {
	f.rpc.mux.Handle(method, &route{front: f, protocol: rpc{messageType}, path: method, name: name, endpoint: endpoint})
}

// HandleFunc serves something that needs no token, such as health.
func (f *Front) HandleFunc(path string, handle http.HandlerFunc) { f.http.mux.HandleFunc(path, handle) }

// HandleRPCFunc does the same with a method of gRPC.
func (f *Front) HandleRPCFunc(method string, handle http.HandlerFunc) {
	f.rpc.mux.HandleFunc(method, handle)
}

// Handler returns the handler for HTTP, for tests without a socket.
func (f *Front) Handler() http.Handler { return f.http.mux }

// Serve answers requests over HTTP until Shutdown is called.
func (f *Front) Serve(listener net.Listener) error { return f.http.serve(f.limit(listener)) }

// ServeRPC answers calls over gRPC until Shutdown is called.
func (f *Front) ServeRPC(listener net.Listener) error { return f.rpc.serve(f.limit(listener)) }

// Shutdown takes no new connections and waits for requests under way, until ctx
// ends. What is left then is cut.
func (f *Front) Shutdown(ctx context.Context) error {
	var group errgroup.Group
	group.Go(func() error { return f.http.shutdown(ctx) })
	group.Go(func() error { return f.rpc.shutdown(ctx) })
	return group.Wait()
}
