package kafka_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	kafkago "github.com/segmentio/kafka-go"
	"go.uber.org/goleak"

	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func passwordFile(t *testing.T, password string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kafka-password")
	if err := os.WriteFile(path, []byte(password), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// started returns a broker with a log-in and the settings that reach it.
func started(t *testing.T, config broker.Config) kafka.Config {
	t.Helper()
	config.Password = "a-secret"
	b, err := broker.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	settings := kafka.DefaultConfig()
	settings.Brokers = []string{b.Addr()}
	settings.SASL = kafka.SASL{Mechanism: broker.Mechanism, Username: broker.User, PasswordFile: passwordFile(t, "a-secret\n")}
	return settings
}

func TestTheDefaultsAreThoseOfTheSchema(t *testing.T) {
	defaults := kafka.DefaultConfig()
	if defaults.Topic != schema.EventTopic || defaults.DeadLetterTopic != schema.DeadLetterTopic {
		t.Errorf("the topics are %s and %s", defaults.Topic, defaults.DeadLetterTopic)
	}
	if err := defaults.Validate(); err != nil {
		t.Error(err)
	}
}

func TestTopicsAreMadeOnceAndChecked(t *testing.T) {
	settings := started(t, broker.Config{})
	for range 2 {
		if err := settings.EnsureTopics(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	settings.Partitions = kafka.DefaultPartitions + 1
	err := settings.EnsureTopics(t.Context())
	if !errors.Is(err, kafka.ErrPartitions) || !strings.Contains(err.Error(), "topic uptake.events.v1 has 4 partitions") ||
		!strings.Contains(err.Error(), "set kafka.partitions to 4") {
		t.Errorf("got %v", err)
	}
}

func TestAMissingTopicIsNamedWhereItMayNotBeMade(t *testing.T) {
	settings := started(t, broker.Config{})
	settings.CreateTopics = false
	err := settings.EnsureTopics(t.Context())
	if !errors.Is(err, kafka.ErrTopicMissing) || !strings.Contains(err.Error(), settings.Topic) || !strings.Contains(err.Error(), settings.DeadLetterTopic) {
		t.Errorf("got %v", err)
	}
}

func TestAChangedPasswordIsUsedWithoutANewClient(t *testing.T) {
	settings := started(t, broker.Config{})
	client, err := settings.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer kafka.CloseClient(client)
	ask := func() error {
		kafka.CloseClient(client)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := client.Metadata(ctx, &kafkago.MetadataRequest{})
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(settings.SASL.PasswordFile, []byte("wrong-secret"), 0o600)
	if err := ask(); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a wrong password gives %v", err)
	}
	os.WriteFile(settings.SASL.PasswordFile, []byte("a-secret"), 0o600)
	if err := ask(); err != nil {
		t.Errorf("the right password gives %v", err)
	}
}

func TestTheDialerLogsIn(t *testing.T) {
	settings := started(t, broker.Config{})
	dialer, err := settings.Dialer()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := dialer.DialContext(t.Context(), "tcp", settings.Brokers[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Brokers(); err != nil {
		t.Error(err)
	}
}

func TestAnUnreachableBrokerIsNamed(t *testing.T) {
	settings := kafka.DefaultConfig()
	settings.Brokers = []string{"127.0.0.1:1"}
	if err := settings.Reachable(t.Context()); err == nil || !strings.Contains(err.Error(), "reach Kafka at 127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
	reached := started(t, broker.Config{})
	if err := reached.Reachable(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSettingsReadFromYAML(t *testing.T) {
	settings := kafka.DefaultConfig()
	err := yaml.UnmarshalWithOptions([]byte(`
brokers: ["kafka-1:9093", "kafka-2:9093"]
topic: uptake.events.v1
dead_letter_topic: uptake.deadletter.v1
group: uptake-ingest
tls: {ca_file: ca.pem, cert_file: c.pem, key_file: k.pem}
sasl: {mechanism: SCRAM-SHA-512, username: u, password_file: p}
`), &settings, yaml.Strict())
	if err != nil {
		t.Fatal(err)
	}
	if err := settings.Validate(); err != nil {
		t.Error(err)
	}
	if len(settings.Brokers) != 2 || settings.TLS.CAFile != "ca.pem" || settings.SASL.Mechanism != kafka.ScramSHA512 || !settings.CreateTopics {
		t.Errorf("read %+v", settings)
	}
}

func TestAWrongSettingIsNamed(t *testing.T) {
	for name, change := range map[string]func(*kafka.Config){
		"brokers:":           func(c *kafka.Config) { c.Brokers = nil },
		"brokers[1]:":        func(c *kafka.Config) { c.Brokers = []string{"a:1", "b"} },
		"brokers[0]:":        func(c *kafka.Config) { c.Brokers = []string{"a:99999"} },
		"topic:":             func(c *kafka.Config) { c.Topic = "a b" },
		"dead_letter_topic:": func(c *kafka.Config) { c.DeadLetterTopic = c.Topic },
		"group:":             func(c *kafka.Config) { c.Group = "" },
		"partitions:":        func(c *kafka.Config) { c.Partitions = -1 },
		"tls.key_file:":      func(c *kafka.Config) { c.TLS.CertFile = "c" },
		"sasl.mechanism:":    func(c *kafka.Config) { c.SASL.Mechanism = "GSSAPI" },
		"sasl.username:":     func(c *kafka.Config) { c.SASL.Mechanism = kafka.Plain },
		"sasl.password_file:": func(c *kafka.Config) {
			c.SASL.Mechanism, c.SASL.Username = kafka.Plain, "u"
		},
	} {
		settings := kafka.DefaultConfig()
		change(&settings)
		if err := settings.Validate(); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("want an error at %s, got %v", name, err)
		}
	}
}

func TestMissingFilesAreNamed(t *testing.T) {
	for name, change := range map[string]func(*kafka.Config){
		"tls.ca_file":   func(c *kafka.Config) { c.TLS.CAFile = "/nowhere/ca.pem" },
		"tls.cert_file": func(c *kafka.Config) { c.TLS = kafka.TLS{CertFile: "/nowhere/c", KeyFile: "/nowhere/k"} },
		"sasl.password_file": func(c *kafka.Config) {
			c.SASL = kafka.SASL{Mechanism: kafka.Plain, Username: "u", PasswordFile: "/nowhere/p"}
		},
	} {
		settings := kafka.DefaultConfig()
		change(&settings)
		if _, err := settings.Client(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want an error at %s, got %v", name, err)
		}
	}
}
