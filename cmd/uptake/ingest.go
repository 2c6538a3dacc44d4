package main

import (
	"context"
	"log/slog"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/trace"

	"github.com/uptake-telemetry/uptake/ingest"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// newIngest is `uptake ingest`: the back half, Kafka to ClickHouse.
func newIngest(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "ingest",
		Short: "Run the back half: Kafka to ClickHouse",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load()
			if err != nil {
				return err
			}
			return runMode(cmd.Context(), c, startIngestMode)
		},
	}
}

// startIngestMode joins the back half and its metrics.
func startIngestMode(_ context.Context, m *mode) error {
	limitMemory(ingestMemory)
	listener, err := m.listen("listen.metrics", m.config.Listen.Metrics)
	if err != nil {
		return err
	}
	ready, err := m.startIngest()
	if err != nil {
		return err
	}
	serveMetrics(m.lifecycle, listener, m.registry, ready)
	return nil
}

// startIngest starts the back half on connections of its own.
func (m *mode) startIngest() (readiness, error) {
	client, err := m.config.Kafka.Client()
	if err != nil {
		return readiness{}, usageError{err}
	}
	kafka.CloseClient(client)
	conn, err := m.openClickHouse("ingest", m.config.Ingest.Store.Inserts+2)
	if err != nil {
		return readiness{}, err
	}
	part, err := ingest.New(m.config.Ingest, ingest.Deps{
		Conn: conn, Kafka: m.config.Kafka, Logger: m.logger, Registerer: m.registry,
	})
	if err != nil {
		return readiness{}, err
	}
	database := m.database()
	m.start("ingest", func(ctx context.Context) error {
		return database.serve(ctx, part.Run)
	})
	return readiness{"ingest", database.ready(part.Ready)}, nil
}

// mode is what every mode is made of: settings, log, metrics, and the parts
// that were started, in order.
type mode struct {
	*lifecycle
	config   Config
	logger   *slog.Logger
	registry *prometheus.Registry
	// tracer makes the collector's traces; nil where it makes none.
	tracer trace.Tracer
}

func newMode(c Config) *mode {
	logger := c.Log.newLogger()
	return &mode{lifecycle: newLifecycle(logger), config: c, logger: logger, registry: newRegistry()}
}

// runMode starts the parts of a mode, waits for a signal or a failure, and
// stops what was started.
func runMode(ctx context.Context, c Config, start func(context.Context, *mode) error) error {
	m := newMode(c)
	err := start(ctx, m)
	if err == nil {
		m.logger.Info("running", "version", version)
		err = m.wait(ctx)
	}
	m.logger.Info("stopping")
	if stopped := m.stop(); err == nil {
		err = stopped
	}
	return err
}

// openClickHouse opens a pool of connections that is closed when the mode stops.
func (m *mode) openClickHouse(part string, connections int) (driver.Conn, error) {
	conn, err := m.config.ClickHouse.connect(m.config.ClickHouse.Database, connections)
	if err != nil {
		return nil, usageError{err}
	}
	m.onStop(part+" connections", func(context.Context) error { return conn.Close() })
	return conn, nil
}
