// Package collector is the front half of Uptake: it takes usage events over
// HTTP and gRPC, and gives them to Kafka.
//
//	socket -> receiver (token, bounds, inflate) -> otlp | events (decode)
//	       -> normalize (recognise, pseudonymise, identify) -> spool (fsync) -> 200
//	                                                           spool -> publish -> Kafka
//
// It promises that an answer of 2xx means that the events of the request are on
// disk, that a request is stored whole or answered with 503, that nothing but
// the fields of the schema gets past this process, and that it goes on taking
// events while Kafka is away, until the spool is full.
//
// A stop takes no new connections, finishes the requests under way, gives Kafka
// a bounded time to take what waits, and closes the spool.
package collector

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/uptake-telemetry/uptake/collector/normalize"
	"github.com/uptake-telemetry/uptake/collector/publish"
	"github.com/uptake-telemetry/uptake/collector/receiver"
	"github.com/uptake-telemetry/uptake/collector/receiver/otlp"
	"github.com/uptake-telemetry/uptake/collector/spool"
	"github.com/uptake-telemetry/uptake/collector/token"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// Deps are what a collector needs.
type Deps struct {
	// Listener is where senders connect over HTTP, RPCListener where they do over
	// gRPC; nobody does where it is nil. Run closes both.
	Listener, RPCListener net.Listener
	// SpoolDir is the folder of the spool, TokensFile that of the tokens. Both
	// may be missing yet.
	SpoolDir   string
	TokensFile string
	// Name is the one that events get as that of their collector; it may be empty.
	Name string
	// IdentityKey makes pseudonyms; the same for every collector and importer.
	IdentityKey []byte
	Logger      *slog.Logger
	Registerer  prometheus.Registerer
	// Now is the clock by which events are received; time.Now where it is nil.
	Now func() time.Time
	// Tracer makes traces of requests and published batches, of a sample of
	// them; none are made where it is nil.
	Tracer trace.Tracer
}

// Collector is the front half.
type Collector struct {
	config                Config
	log                   *slog.Logger
	listener, rpcListener net.Listener
	spool                 *spool.Spool
	publisher             *publish.Publisher
	tokens                *token.Keeper
	front                 *receiver.Front
	intake                *intake
	stopping              atomic.Bool
}

// New checks the settings, reads the catalogue and the tokens, and opens the
// spool, which locks its folder. Run, or Close where Run is not called, lets go
// of it.
func New(config Config, deps Deps) (*Collector, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Collector{config: config, log: deps.Logger.With("component", "collector"), listener: deps.Listener, rpcListener: deps.RPCListener}
	catalogue, err := tools.LoadWith(config.Tools)
	if err != nil {
		return nil, fmt.Errorf("tools: %w", err)
	}
	if c.tokens, err = token.NewKeeper(deps.TokensFile, c.log); err != nil {
		return nil, err
	}
	if c.intake, err = newIntake(catalogue, &deps); err != nil {
		return nil, err
	}
	if err := c.newFront(&deps); err != nil {
		return nil, err
	}
	if c.spool, err = spool.Open(config.Spool, spool.Deps{
		Dir: deps.SpoolDir, Logger: c.log, Registerer: deps.Registerer, Class: classOf,
	}); err != nil {
		return nil, err
	}
	c.intake.spool = c.spool
	c.resume(c.spool.Counts())
	c.publisher, err = publish.New(config.Produce, publish.Deps{
		Source: c.spool, Kafka: config.Kafka, Logger: c.log, Registerer: deps.Registerer, Tracer: deps.Tracer,
	})
	if err != nil {
		return nil, errors.Join(err, c.spool.Close())
	}
	return c, nil
}

func newIntake(catalogue *tools.Catalogue, deps *Deps) (*intake, error) {
	pseudonymizer, err := schema.NewPseudonymizer(deps.IdentityKey)
	if err != nil {
		return nil, err
	}
	normalizer, err := normalize.New(normalize.Deps{
		Catalogue: catalogue, Pseudonymizer: pseudonymizer, Collector: deps.Name, Registerer: deps.Registerer,
	})
	if err != nil {
		return nil, err
	}
	return &intake{catalogue: catalogue, normalizer: normalizer}, nil
}

// newFront lists the endpoints. A new source is a folder in receiver that
// decodes it, an endpoint like those in otlp.go and events.go, and a line here.
func (c *Collector) newFront(deps *Deps) (err error) {
	c.front, err = receiver.New(c.config.Receiver, receiver.Deps{
		Authorize: c.authorize, Logger: c.log, Registerer: deps.Registerer, Now: deps.Now, Tracer: deps.Tracer,
	})
	if err != nil {
		return err
	}
	c.handleOTLP("logs", "logs.v1.LogsService", tools.Logs)
	c.handleOTLP("metrics", "metrics.v1.MetricsService", tools.Metrics)
	c.handleOTLP("traces", "trace.v1.TraceService", tools.Spans)
	c.front.Handle("/v1/events", "events", newEventsEndpoint(c.intake), true)
	c.front.HandleRPCFunc("/grpc.health.v1.Health/Check", c.serveRPCHealth)
	c.front.HandleFunc("/healthz", c.serveHealth)
	c.front.HandleFunc("/readyz", c.serveReady)
	return nil
}

// handleOTLP serves a signal over HTTP and gRPC, by one endpoint.
func (c *Collector) handleOTLP(name, service string, signal tools.Signal) {
	endpoint := newOTLPEndpoint(c.intake, signal)
	c.front.Handle("/v1/"+name, name, endpoint, false)
	c.front.HandleRPC("/opentelemetry.proto.collector."+service+"/Export", "grpc_"+name, endpoint, otlp.ProtobufType)
}

func (c *Collector) authorize(secret string) (receiver.Sender, bool) {
	bearer, ok := c.tokens.Verify(secret)
	return receiver.Sender{Name: bearer.Name, Person: bearer.Person, MaySend: bearer.Scope == token.Ingest}, ok
}

// Close lets go of what New took, where Run is not called. Twice is harmless.
func (c *Collector) Close() error {
	for _, listener := range []net.Listener{c.listener, c.rpcListener} {
		if listener != nil {
			listener.Close()
		}
	}
	return c.spool.Close()
}
