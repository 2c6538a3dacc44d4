package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/deploy/kafkatest"
)

// TestFourProcessesOnApacheKafkaGiveTheFiguresOfUp runs the same path as
// separate processes, with two collectors that share the load.
func TestFourProcessesOnApacheKafkaGiveTheFiguresOfUp(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: Apache Kafka takes its time")
	}
	c := newCompany(11, 150, 50)
	whole := startUp(t, t.TempDir())
	c.importInto(t, "--data", whole.dir)
	for _, batch := range c.batches {
		whole.mustPost(batch)
	}
	whole.drain()
	want := figuresOf(t, "--data", whole.dir)
	whole.stop()

	parts := startParts(t, kafkatest.Start(t).Addr())
	c.importInto(t, "--config", parts.config)
	for i, batch := range c.batches {
		parts.collectors[i%2].mustPost(batch)
		// Some batches come again by the other one.
		if i%5 == 0 {
			parts.collectors[(i+1)%2].mustPost(batch)
		}
	}
	for _, collector := range parts.collectors {
		uptake(t, "status", "--config", collector.configFile, "--wait", "drained", "--timeout", "120s")
	}
	assertSameFigures(t, figuresOf(t, "--config", parts.config), want)
	rows := decodeRows(t, uptake(t, "sql", "--config", parts.config, "--format", "json", "SELECT count() AS n, uniqExact(event_id) AS ids FROM event FINAL"))
	if rows[0]["n"] != float64(c.events) || rows[0]["ids"] != float64(c.events) {
		t.Errorf("stored %v, want %d", rows, c.events)
	}
	for _, p := range parts.processes {
		if status := p.stop(); status != 0 {
			t.Errorf("%v ended with status %d", p.cmd.Args[1:2], status)
		}
	}
}

// mustPost posts a batch of events and wants it taken.
func (s *system) mustPost(batch []byte) {
	s.t.Helper()
	if status, text := s.post("/v1/events", "application/x-ndjson", "", batch); status != http.StatusOK {
		s.t.Fatalf("%d: %s", status, text)
	}
}

// separate is Uptake as four processes.
type separate struct {
	collectors [2]*joined
	processes  []*process
	// config is the settings file of observe.
	config string
}

// joined is a collector with its settings.
type joined struct {
	*system
	configFile string
}

// startParts starts two collectors, ingest and observe on the Kafka.
func startParts(t *testing.T, kafkaAddr string) *separate {
	t.Helper()
	shared := sharedConfig(t, kafkaAddr)
	start := func(mode string) (*process, Config) {
		c := shared
		c.Data, c.Listen = t.TempDir(), freeListen()
		return startMode(t, mode, c), c
	}
	parts := &separate{}
	ingest, _ := start("ingest")
	observe, observed := start("observe")
	parts.processes = []*process{ingest, observe}
	parts.config = writeConfig(t, observed)
	token := filepath.Join(t.TempDir(), "token")
	secret := uptake(t, "token", "create", "--config", parts.config, "--name", "four")
	if err := os.WriteFile(token, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range parts.collectors {
		p, c := start("collect")
		parts.processes = append(parts.processes, p)
		parts.collectors[i] = &joined{
			system:     &system{process: p, dir: c.Data, runFile: runFile{OTLPHTTP: "http://" + c.Listen.OTLPHTTP, IngestTokenFile: token}},
			configFile: writeConfig(t, c),
		}
	}
	return parts
}

// sharedConfig are the settings that all four have.
func sharedConfig(t *testing.T, kafkaAddr string) Config {
	t.Helper()
	options, dir := enginetest.Options(t), t.TempDir()
	c := DefaultConfig()
	c.Kafka.Brokers, c.Kafka.ReplicationFactor = []string{kafkaAddr}, 1
	c.ClickHouse.Addr, c.ClickHouse.Database = options.Addr, options.Auth.Database
	c.ClickHouse.Username, c.ClickHouse.PasswordFile = options.Auth.Username, filepath.Join(dir, "clickhouse-password")
	c.Identity.KeyFile, c.Tokens.File = filepath.Join(dir, "identity-key"), filepath.Join(dir, "tokens.json")
	for path, secret := range map[string]string{
		c.ClickHouse.PasswordFile: options.Auth.Password, c.Identity.KeyFile: "0123456789abcdef0123456789abcdef",
	} {
		if err := os.WriteFile(path, []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}
