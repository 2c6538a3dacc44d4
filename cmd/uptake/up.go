package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
	"github.com/uptake-telemetry/uptake/deploy/embedded/engine"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
	tables "github.com/uptake-telemetry/uptake/schema/table"
)

// newUp is `uptake up`: everything on one machine.
func newUp(s *settings) *cobra.Command {
	var demo, autoPorts bool
	c := &cobra.Command{
		Use:   "up",
		Short: "Run everything on this machine, embedded Kafka and ClickHouse included",
		Long: `Runs the collector, ingest and observe on this machine, with an embedded Kafka
broker and the embedded ClickHouse engine; all data is in the folder --data. When
all of it is ready, DIR/run.json says where everything is.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load()
			if err != nil {
				return err
			}
			u := &up{out: cmd.OutOrStdout(), progress: cmd.ErrOrStderr(), demo: demo, autoPorts: autoPorts}
			return runMode(cmd.Context(), c, u.start)
		},
	}
	c.Flags().BoolVar(&demo, "demo", false, "bring a seeded demo company")
	c.Flags().BoolVar(&autoPorts, "auto-ports", false, "take free ports on the loopback address")
	return c
}

// up is what is particular to running everything on one machine.
type up struct {
	out, progress   io.Writer
	demo, autoPorts bool

	data      dataFolder
	listeners listeners
	tables    *engine.Engine
	parts     []readiness
}

// start joins everything, downstream parts first:
//
//	folder, secrets, ports
//	   broker        engine -> tables
//	      |             |
//	   topics        observe (rebuild, publish, web)
//	      |             |
//	    ingest ---------+
//	      |
//	  collector -> run.json
func (u *up) start(ctx context.Context, m *mode) error {
	steps := []func(context.Context, *mode) error{
		u.takeFolder, u.makeSecrets, u.takePorts, u.startTelemetry, u.startBroker, u.startEngine, u.makeTables,
		u.startParts, u.awaitParts, u.loadDemo, u.announce,
	}
	for _, step := range steps {
		err := step(ctx, m)
		if ctx.Err() != nil {
			return nil // whoever stops a start has not met a failure
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (u *up) takeFolder(_ context.Context, m *mode) error {
	absolute, err := filepath.Abs(m.config.Data)
	if err != nil {
		return err
	}
	m.config.Data, u.data = absolute, dataFolder(absolute)
	if m.config.Tools != "" {
		if m.config.Tools, err = filepath.Abs(m.config.Tools); err != nil {
			return err
		}
	}
	release, err := u.data.open()
	if err != nil {
		return err
	}
	m.onStop("data folder", func(context.Context) error { return release() })
	// It goes last: whoever sees that it is gone may start again. And what a
	// killed process left behind says nothing any more.
	m.onStop("run.json", func(context.Context) error { return u.data.removeRunFile() })
	return u.data.removeRunFile()
}

// Lengths of the secrets made at first start, in bytes before encoding.
const (
	passwordBytes    = 24
	identityKeyBytes = 32
)

// dashboardsUser reads the published tables and nothing else; Grafana logs in
// as this user.
const (
	dashboardsUser     = "dashboards"
	dashboardsPassword = "dashboards-password"
)

// makeSecrets makes what is missing, and the two tokens of the operator.
func (u *up) makeSecrets(_ context.Context, m *mode) error {
	for name, bytes := range map[string]int{
		"kafka-password": passwordBytes, "clickhouse-password": passwordBytes, dashboardsPassword: passwordBytes,
		"identity-key": identityKeyBytes,
	} {
		if _, err := u.data.ensureSecret(name, bytes); err != nil {
			return fmt.Errorf("secrets: %w", err)
		}
	}
	m.config.Kafka.SASL.Mechanism, m.config.Kafka.SASL.Username = broker.Mechanism, broker.User
	m.config.Kafka.SASL.PasswordFile = u.data.secret("kafka-password")
	m.config.ClickHouse.PasswordFile = u.data.secret("clickhouse-password")
	m.config = m.config.withDataFolder()
	return errors.Join(m.config.checkFiles(), m.config.Tokens.ensureOperatorTokens(u.data))
}

// checkFiles finds what is wrong with files of the settings before anything is
// started.
func (c Config) checkFiles() error {
	if _, err := c.identityKey(); err != nil {
		return err
	}
	_, err := loadTools(c.Tools)
	return err
}

func (u *up) startBroker(ctx context.Context, m *mode) error {
	port, err := portOf("kafka.brokers", m.config.Kafka.Brokers[0])
	if err != nil {
		return err
	}
	password, err := readSecret(m.config.Kafka.SASL.PasswordFile)
	if err != nil {
		return err
	}
	started, err := broker.Start(broker.Config{
		Dir: u.data.path("kafka"), Port: port, Password: password, Logger: m.logger.With("component", "broker"),
	})
	if err != nil {
		return err
	}
	m.onStop("broker", func(context.Context) error { return started.Close() })
	m.config.Kafka.Brokers = []string{started.Addr()}
	if err := m.config.Kafka.EnsureTopics(ctx); err != nil {
		return err
	}
	return started.Retain(ctx, m.config.Kafka.Topic, m.config.Kafka.DeadLetterTopic)
}

func (u *up) startEngine(ctx context.Context, m *mode) error {
	config := engine.DefaultConfig()
	config.Binary, config.Library, config.MemoryBytes = m.config.Engine.Binary, m.config.Engine.Library, int64(m.config.Engine.MemoryBytes)
	config.Path, config.Listen = u.data.path("clickhouse"), m.config.ClickHouse.Addr[0]
	config.User, config.PasswordFile = m.config.ClickHouse.Username, m.config.ClickHouse.PasswordFile
	config.ReadonlyUser, config.ReadonlyPasswordFile = dashboardsUser, u.data.secret(dashboardsPassword)
	for _, name := range tables.Published() {
		config.ReadonlyTables = append(config.ReadonlyTables, m.config.ClickHouse.Database+"."+name)
	}
	started, err := engine.Start(ctx, config, engine.Deps{
		Logger: m.logger.With("component", "engine"), Registerer: m.registry,
	})
	if err != nil {
		return err
	}
	m.onStop("engine", started.Stop)
	m.config.ClickHouse.Addr, u.tables = []string{started.Addr()}, started
	return nil
}

func (u *up) makeTables(ctx context.Context, m *mode) error {
	if err := m.config.ClickHouse.ensureDatabase(ctx); err != nil {
		return err
	}
	conn, err := m.config.ClickHouse.connect(m.config.ClickHouse.Database, 2)
	if err != nil {
		return err
	}
	defer conn.Close()
	return migrate.Run(ctx, conn, m.logger)
}

// startParts starts the three modes on the ports that were taken.
func (u *up) startParts(_ context.Context, m *mode) error {
	observed, err := m.startObserve(u.listeners.web)
	if err != nil {
		return err
	}
	ingested, err := m.startIngest()
	if err != nil {
		return err
	}
	collected, err := m.startCollector(u.listeners.otlpHTTP, u.listeners.otlpGRPC)
	if err != nil {
		return err
	}
	u.parts = []readiness{{"engine", u.tables.Ready}, ingested, observed, {"collector", collected.Ready}}
	serveMetrics(m.lifecycle, u.listeners.metrics, m.registry, u.parts...)
	return nil
}

// readyTimeout bounds the wait for all parts on a slow machine.
const readyTimeout = 2 * time.Minute

// awaitParts waits until every part can work, or one has failed.
func (u *up) awaitParts(ctx context.Context, m *mode) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	var failed error
	err := poll(ctx, func() (bool, error) {
		select {
		case failed = <-m.failed:
			return true, nil
		default:
			err := waitsFor(u.parts)
			return err == nil, err
		}
	})
	return errors.Join(failed, err)
}

// announce writes run.json and prints the one address to open.
func (u *up) announce(_ context.Context, m *mode) error {
	c := m.config
	run := runFile{
		PID:      os.Getpid(),
		OTLPHTTP: "http://" + c.Listen.OTLPHTTP, OTLPGRPC: c.Listen.OTLPGRPC,
		Web: "http://" + c.Listen.Web, Metrics: "http://" + c.Listen.Metrics + "/metrics",
		Kafka: c.Kafka.Brokers[0], ClickHouse: c.ClickHouse.Addr[0],
		KafkaUser: c.Kafka.SASL.Username, KafkaPasswordFile: c.Kafka.SASL.PasswordFile, KafkaMechanism: c.Kafka.SASL.Mechanism,
		ClickHouseUser: c.ClickHouse.Username, ClickHousePasswordFile: c.ClickHouse.PasswordFile,
		IngestTokenFile: u.data.secret("ingest-token"), ReadTokenFile: u.data.secret("read-token"), Tools: c.Tools,
	}
	if err := run.write(u.data); err != nil {
		return fmt.Errorf("run.json: %w", err)
	}
	_, err := fmt.Fprintf(u.out, "Uptake is running. Open %s\n", run.Web)
	return err
}

func portOf(setting, address string) (int, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0, usagef("%s: %w", setting, err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return 0, usagef("%s: %q is no port", setting, port)
	}
	return n, nil
}
