package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/collector"
	"github.com/uptake-telemetry/uptake/collector/publish"
	"github.com/uptake-telemetry/uptake/collector/receiver"
	"github.com/uptake-telemetry/uptake/collector/spool"
	"github.com/uptake-telemetry/uptake/collector/telemetry"
	"github.com/uptake-telemetry/uptake/ingest"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// Config is every setting of every mode; each mode reads its part. Values come
// from defaults, then the file, then the environment, then flags.
type Config struct {
	// Data is the folder of the spool, the state and the secrets.
	Data string `yaml:"data"`
	// Name is what events say of the collector that took them; left out, one is
	// made at random and kept in the data folder.
	Name       string          `yaml:"name"`
	Listen     Listen          `yaml:"listen"`
	Receiver   receiver.Config `yaml:"receiver"`
	Spool      spool.Config    `yaml:"spool"`
	Produce    publish.Config  `yaml:"produce"`
	Kafka      kafka.Config    `yaml:"kafka"`
	Ingest     ingest.Config   `yaml:"ingest"`
	ClickHouse ClickHouse      `yaml:"clickhouse"`
	Engine     Engine          `yaml:"engine"`
	// Tools is a folder of a site's own catalogue files; empty for none.
	Tools    string          `yaml:"tools"`
	Identity Identity        `yaml:"identity"`
	Tokens   Tokens          `yaml:"tokens"`
	Adoption adoption.Config `yaml:",inline"`
	// Roster says how what an identity provider sends becomes the roster.
	Roster roster.Config `yaml:"roster"`
	Log    Log           `yaml:"log"`
	// Telemetry is what the collector tells of itself; off unless it has an endpoint.
	Telemetry telemetry.Config `yaml:"telemetry"`
	// StopTimeout bounds how long a collector that stops waits for requests under
	// way, and then again for Kafka to take what waits.
	StopTimeout time.Duration `yaml:"stop_timeout"`
}

// Listen holds the addresses on which the modes serve.
type Listen struct {
	OTLPHTTP string `yaml:"otlp_http"`
	OTLPGRPC string `yaml:"otlp_grpc"`
	Web      string `yaml:"web"`
	Metrics  string `yaml:"metrics"`
}

// Identity says where the key of the pseudonyms is. Every collector and the
// roster importer must hold the same one.
type Identity struct {
	KeyFile string `yaml:"key_file"`
}

// Tokens says where the hashes of the tokens are; the file is read again when
// it changes.
type Tokens struct {
	File string `yaml:"file"`
}

// Engine is where the embedded ClickHouse comes from and what it may take.
type Engine struct {
	// Binary and Library are uptake-engine and libchdb.so; left out, they lie
	// beside this program.
	Binary  string `yaml:"binary"`
	Library string `yaml:"library"`
	// MemoryBytes bounds what ClickHouse takes.
	MemoryBytes spool.Bytes `yaml:"memory_bytes"`
}

// Log is the form of the log on standard error.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// DefaultConfig returns the settings where nobody sets anything.
func DefaultConfig() Config {
	front := collector.DefaultConfig()
	return Config{
		Data: "/var/lib/uptake",
		Listen: Listen{
			OTLPHTTP: "127.0.0.1:4318", OTLPGRPC: "127.0.0.1:4317",
			Web: "127.0.0.1:8686", Metrics: "127.0.0.1:9464",
		},
		Receiver:    front.Receiver,
		Spool:       front.Spool,
		Produce:     front.Produce,
		Kafka:       front.Kafka,
		StopTimeout: front.StopTimeout,
		Ingest:      ingest.DefaultConfig(),
		ClickHouse:  defaultClickHouse(),
		Engine:      Engine{MemoryBytes: 2 * spool.GiB},
		Adoption:    adoption.DefaultConfig(),
		Roster:      roster.DefaultConfig(),
		Log:         Log{Level: "info", Format: "text"},
		Telemetry:   telemetry.DefaultConfig(),
	}
}

// Validate says what is wrong with the settings, all of it at once.
func (c Config) Validate() error {
	errs := []error{
		c.Listen.validate(), c.collector().Validate(), under("ingest", c.Ingest.Validate()),
		c.ClickHouse.validate(), c.Adoption.Validate(), validateName(c.Name),
	}
	errs = append(errs, under("telemetry", c.Telemetry.Validate()), under("roster", c.Roster.Validate()))
	if c.Data == "" {
		errs = append(errs, errors.New("data: name a folder"))
	}
	if _, err := parseLevel(c.Log.Level); err != nil {
		errs = append(errs, err)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		errs = append(errs, fmt.Errorf("log.format: %q is neither text nor json", c.Log.Format))
	}
	return errors.Join(errs...)
}

// under names the block in which a setting is wrong.
func under(block string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s.%w", block, err)
}

func (l Listen) validate() error {
	var errs []error
	for _, a := range []struct{ name, address string }{
		{"otlp_http", l.OTLPHTTP}, {"otlp_grpc", l.OTLPGRPC}, {"web", l.Web}, {"metrics", l.Metrics},
	} {
		_, port, err := net.SplitHostPort(a.address)
		if err != nil {
			errs = append(errs, fmt.Errorf("listen.%s: %q is no HOST:PORT", a.name, a.address))
		} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			errs = append(errs, fmt.Errorf("listen.%s: %q is no port between 0 and 65535", a.name, port))
		}
	}
	return errors.Join(errs...)
}

// settings are the flags that every command has.
type settings struct {
	configFile string
	data       string
	logLevel   string
}

func (s *settings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.configFile, "config", "", "settings file (YAML)")
	flags.StringVar(&s.data, "data", "", "data folder (default: ./data where one runs there, else /var/lib/uptake)")
	flags.StringVar(&s.logLevel, "log-level", "", "debug, info, warn or error")
}

// load returns the effective settings.
func (s *settings) load() (Config, error) {
	c := DefaultConfig()
	if s.configFile != "" {
		if err := readConfigFile(s.configFile, &c); err != nil {
			return c, usageError{err}
		}
	}
	if err := applyEnvironment(&c, os.Environ()); err != nil {
		return c, usageError{err}
	}
	switch {
	case s.data != "":
		c.Data = s.data
	case c.Data == DefaultConfig().Data:
		c.Data = nearestDataFolder(c.Data)
	}
	if s.logLevel != "" {
		c.Log.Level = s.logLevel
	}
	if err := c.Validate(); err != nil {
		return c, usageError{err}
	}
	return c.withDataFolder(), nil
}

// nearestDataFolder is the folder meant by a command that names none: the
// default one, unless a system runs on the folder data beside the caller.
func nearestDataFolder(usual string) string {
	const beside = "data"
	if _, err := dataFolder(beside).running(); err == nil {
		return beside
	}
	return usual
}

func readConfigFile(path string, c *Config) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if len(strings.TrimSpace(string(b))) == 0 {
		return nil
	}
	if err := yaml.UnmarshalWithOptions(b, c, yaml.Strict()); err != nil {
		return fmt.Errorf("settings %s%s", path, placed(err))
	}
	return nil
}

// placed says on one line where in the file what is wrong. Types of Go mean
// nothing to who writes settings.
func placed(err error) string {
	var at yaml.Error
	if !errors.As(err, &at) {
		return ": " + err.Error()
	}
	message, hint := at.GetMessage(), ""
	var unknown *yaml.UnknownFieldError
	var mistyped *yaml.TypeError
	switch {
	case errors.As(err, &unknown):
		hint = "; `uptake check` without it prints all settings"
	case errors.As(err, &mistyped):
		message = fmt.Sprintf("%s wanted, not %s", mistyped.DstType, mistyped.SrcType)
	}
	if token := at.GetToken(); token != nil && token.Position != nil {
		return fmt.Sprintf(":%d:%d: %s%s", token.Position.Line, token.Position.Column, message, hint)
	}
	return ": " + message + hint
}

// loadRunning returns the settings for a command that talks to a system: those
// of the process that runs on the data folder, else the configured ones.
func (s *settings) loadRunning() (Config, error) {
	c, err := s.load()
	if err != nil {
		return c, err
	}
	running, err := dataFolder(c.Data).running()
	switch {
	case err == nil:
		return running.apply(c), nil
	case errors.Is(err, errNotRunning) && s.configFile != "":
		return c, nil
	default:
		return c, fmt.Errorf("%w: %s; start it with: uptake up --data %s", err, c.Data, c.Data)
	}
}

// apply points the settings at a running `up`.
func (r runFile) apply(c Config) Config {
	c.Listen = Listen{
		OTLPHTTP: strings.TrimPrefix(r.OTLPHTTP, "http://"), OTLPGRPC: r.OTLPGRPC,
		Web: strings.TrimPrefix(r.Web, "http://"), Metrics: strings.TrimSuffix(strings.TrimPrefix(r.Metrics, "http://"), "/metrics"),
	}
	c.Kafka.Brokers = []string{r.Kafka}
	c.Kafka.SASL.Mechanism, c.Kafka.SASL.Username, c.Kafka.SASL.PasswordFile = r.KafkaMechanism, r.KafkaUser, r.KafkaPasswordFile
	c.ClickHouse.Addr = []string{r.ClickHouse}
	c.ClickHouse.Username, c.ClickHouse.PasswordFile = r.ClickHouseUser, r.ClickHousePasswordFile
	c.Tools = cmp.Or(c.Tools, r.Tools)
	return c
}

// newCheck is `uptake check`.
func newCheck(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Validate the settings and print the effective ones",
		Long: `Validates the settings (defaults, file, environment, flags) with the files of
your own tools, and prints the effective ones. Secrets stand in files of their
own; only their paths are shown.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load()
			if err != nil {
				return err
			}
			if err := c.refuseLoop(); err != nil {
				return err
			}
			if _, err := loadTools(c.Tools); err != nil {
				return err
			}
			if age, old := c.keyIsOld(time.Now()); old {
				fmt.Fprintf(cmd.ErrOrStderr(), "the identity key is %s old; a works agreement asks for a new one every 26 weeks: uptake identity rotate --yes\n", span(age))
			}
			b, err := yaml.Marshal(c)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(b)
			return err
		},
	}
}
