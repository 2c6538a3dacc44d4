package main

import (
	"bytes"
	"context"
	"net"
	"os"

	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/collector"
	"github.com/uptake-telemetry/uptake/schema"
)

// newCollect is `uptake collect`: the front half, AI tools to Kafka.
func newCollect(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "collect",
		Short: "Run the front half: telemetry and events to Kafka",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load()
			if err != nil {
				return err
			}
			return runMode(cmd.Context(), c, startCollectMode)
		},
	}
}

// startCollectMode joins the front half and its metrics on ports and a folder
// of their own.
func startCollectMode(_ context.Context, m *mode) error {
	limitMemory(collectMemory)
	release, err := dataFolder(m.config.Data).open()
	if err != nil {
		return err
	}
	m.onStop("data folder", func(context.Context) error { return release() })
	metrics, err := m.listen("listen.metrics", m.config.Listen.Metrics)
	if err != nil {
		return err
	}
	overHTTP, err := m.listen("listen.otlp_http", m.config.Listen.OTLPHTTP)
	if err != nil {
		return err
	}
	overGRPC, err := m.listen("listen.otlp_grpc", m.config.Listen.OTLPGRPC)
	if err != nil {
		return err
	}
	if err := m.startTelemetry(overHTTP, overGRPC); err != nil {
		return err
	}
	part, err := m.startCollector(overHTTP, overGRPC)
	if err != nil {
		return err
	}
	serveMetrics(m.lifecycle, metrics, m.registry, readiness{"collector", part.Ready})
	return nil
}

// startCollector starts the front half on the listeners.
func (m *mode) startCollector(overHTTP, overGRPC net.Listener) (*collector.Collector, error) {
	key, err := m.config.identityKey()
	if err != nil {
		return nil, err
	}
	name, err := dataFolder(m.config.Data).collectorName(m.config.Name)
	if err != nil {
		return nil, err
	}
	part, err := collector.New(m.config.collector(), collector.Deps{
		Name: name, Listener: overHTTP, RPCListener: overGRPC, SpoolDir: dataFolder(m.config.Data).path("spool"), TokensFile: m.config.Tokens.File,
		IdentityKey: key, Logger: m.logger, Registerer: m.registry, Tracer: m.tracer,
	})
	if err != nil {
		return nil, err
	}
	m.start("collector", part.Run)
	return part, nil
}

// collector gathers the settings of the front half.
func (c Config) collector() collector.Config {
	return collector.Config{
		Receiver: c.Receiver, Spool: c.Spool, Kafka: c.Kafka, Produce: c.Produce,
		Tools: c.Tools, StopTimeout: c.StopTimeout,
	}
}

// identityKey reads the key of the pseudonyms.
func (c Config) identityKey() ([]byte, error) {
	key, err := os.ReadFile(c.Identity.KeyFile)
	if err != nil {
		return nil, usagef("identity.key_file: %w; give the file that all collectors and the roster importer use", err)
	}
	key = bytes.TrimRight(key, "\r\n")
	if _, err := schema.NewPseudonymizer(key); err != nil {
		return nil, usagef("identity.key_file %s: %w", c.Identity.KeyFile, err)
	}
	return key, nil
}
