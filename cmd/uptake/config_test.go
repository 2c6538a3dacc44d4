package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/uptake-telemetry/uptake/collector/spool"
)

func TestSettings(t *testing.T) {
	file := func(text string) *settings {
		path := filepath.Join(t.TempDir(), "uptake.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return &settings{configFile: path}
	}
	t.Run("the names of the documents work", func(t *testing.T) {
		c, err := file(`
data: /somewhere
listen: {otlp_http: 127.0.0.1:1, otlp_grpc: 127.0.0.1:2, web: 127.0.0.1:3, metrics: 127.0.0.1:4}
spool: {max_bytes: 64MiB}
kafka: {brokers: ["a:1", "b:2"], topic: t, dead_letter_topic: d, group: g, tls: {ca_file: x, cert_file: y, key_file: z}, sasl: {mechanism: PLAIN, username: u, password_file: p}}
clickhouse: {addr: ["c:9"], database: other, username: me, password_file: q, cluster: "", tls: {ca_file: ca}}
identity: {key_file: k}
tokens: {file: f}
publish: {minimum_group: 10}
`).load()
		if err != nil {
			t.Fatal(err)
		}
		if c.Spool.MaxBytes != 64*spool.MiB || len(c.Kafka.Brokers) != 2 || c.Kafka.SASL.Username != "u" || c.Adoption.Publish.MinimumGroup != 10 {
			t.Errorf("%+v", c)
		}
		if c.Spool.SegmentBytes == 0 || c.Ingest.BlockRows == 0 {
			t.Error("what the file does not name lost its default")
		}
	})
	t.Run("the environment wins over the file, flags over both", func(t *testing.T) {
		t.Setenv("UPTAKE_KAFKA_BROKERS", "x:1,y:2,z:3")
		t.Setenv("UPTAKE_SPOOL_MAX_BYTES", "128MiB")
		t.Setenv("UPTAKE_PUBLISH_MINIMUM_GROUP", "12")
		s := file("spool: {max_bytes: 64MiB}\ndata: /a")
		s.data = "/b"
		c, err := s.load()
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Kafka.Brokers) != 3 || c.Spool.MaxBytes != 128*spool.MiB || c.Adoption.Publish.MinimumGroup != 12 || c.Data != "/b" {
			t.Errorf("%+v", c)
		}
	})
	for name, wrong := range map[string]struct{ text, want string }{
		"unknown key":           {"spol: {max_bytes: 1GiB}", "spol"},
		"unknown key inside":    {"spool: {max_byte: 1GiB}", "max_byte"},
		"no size":               {"spool: {max_bytes: lots}", `"lots" is not a size`},
		"no address":            {"listen: {web: here}", "listen.web"},
		"group too small":       {"publish: {minimum_group: 3}", "publish.minimum_group"},
		"cluster":               {"clickhouse: {cluster: c}", "clickhouse.cluster"},
		"database that injects": {"clickhouse: {database: \"a; DROP\"}", "clickhouse.database"},
		"key without its half":  {"clickhouse: {tls: {key_file: k}}", "clickhouse.tls.cert_file"},
		"log level":             {"log: {level: loud}", "log.level"},
		"name with a blank":     {"name: ada laptop", "name:"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := file(wrong.text).load(); err == nil || !strings.Contains(err.Error(), wrong.want) {
				t.Errorf("%v does not name %s", err, wrong.want)
			}
		})
	}
	t.Run("a variable that names nothing", func(t *testing.T) {
		t.Setenv("UPTAKE_KAFKA_BROKER", "x:1")
		if _, err := file("").load(); err == nil || !strings.Contains(err.Error(), "UPTAKE_KAFKA_BROKERS") {
			t.Errorf("%v does not name the nearest setting", err)
		}
	})
}

func TestEffectiveSettingsAreSettings(t *testing.T) {
	text, err := yaml.Marshal(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "printed.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	read := DefaultConfig()
	if err := readConfigFile(path, &read); err != nil {
		t.Fatalf("what check prints is no settings file: %v", err)
	}
	again, _ := yaml.Marshal(read)
	if string(again) != string(text) {
		t.Errorf("printed settings read back differ:\n%s", again)
	}
}

func TestCheckReadsTheFilesOfOwnTools(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("UPTAKE_TOOLS", folder)
	check := func() error {
		root := newRoot()
		root.SetOut(io.Discard)
		root.SetArgs([]string{"check"})
		return root.Execute()
	}
	if err := check(); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "own.yaml"), []byte("id: own\nnonsense: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var usage usageError
	if err := check(); !errors.As(err, &usage) || !strings.Contains(err.Error(), "own.yaml") {
		t.Errorf("got %v", err)
	}
}

// A command that finds the system by its data folder knows its tools; settings
// given to the command win.
func TestCommandsKnowTheToolsOfTheSystem(t *testing.T) {
	running := runFile{Tools: "/site/tools"}
	if c := running.apply(DefaultConfig()); c.Tools != "/site/tools" {
		t.Errorf("got %q", c.Tools)
	}
	own := DefaultConfig()
	own.Tools = "/new/tools"
	if c := running.apply(own); c.Tools != "/new/tools" {
		t.Errorf("got %q", c.Tools)
	}
	if b, err := json.Marshal(runFile{}); err != nil || strings.Contains(string(b), "tools") {
		t.Errorf("without a folder run.json is %s, %v", b, err)
	}
}
