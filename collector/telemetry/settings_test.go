package telemetry

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/schema/kafka"
)

func TestSettingsThatCannotBeUsedAreNamed(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no address":     {func(c *Config) { c.Endpoint = "otel.example.com" }, "endpoint: "},
		"no host":        {func(c *Config) { c.Endpoint = "http://:4318" }, "endpoint: "},
		"another scheme": {func(c *Config) { c.Endpoint = "grpc://a:4317" }, "endpoint: "},
		"a password":     {func(c *Config) { c.Endpoint = "https://me:canary@a:4318" }, "headers_file"},
		"a query":        {func(c *Config) { c.Endpoint = "https://a:4318?key=canary" }, "headers_file"},
		"no URL":         {func(c *Config) { c.Endpoint = "http://canary\x7f" }, "endpoint: "},
		"a signal":       {func(c *Config) { c.Endpoint = "https://a:4318/v1/traces/" }, "leave out /v1/traces"},
		"tls to http":    {func(c *Config) { c.TLS = kafka.TLS{CAFile: "ca.pem"} }, "give https://"},
		"half a key":     {func(c *Config) { c.TLS = kafka.TLS{CertFile: "c"} }, "tls.key_file"},
		"grpc":           {func(c *Config) { c.Protocol = "grpc" }, "protocol: "},
		"too much":       {func(c *Config) { c.SampleRatio = 2 }, "sample_ratio: "},
		"no number":      {func(c *Config) { c.SampleRatio = math.NaN() }, "sample_ratio: "},
		"too often":      {func(c *Config) { c.MetricsInterval = time.Millisecond }, "metrics_interval: "},
	} {
		config := DefaultConfig()
		config.Endpoint = "http://otel.example.com:4318"
		if err := config.Validate(); err != nil {
			t.Fatal(err)
		}
		tt.change(&config)
		err := config.Validate()
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := DefaultConfig().Validate(); err != nil || DefaultConfig().Enabled() {
		t.Errorf("the default is on, or %v", err)
	}
}

func TestHeadersComeFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "headers")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# of the vendor\n\nauthorization: Bearer a:b\r\napi-key:x\n")
	headers, err := readHeaders(path)
	if err != nil || headers.Get("Authorization") != "Bearer a:b" || headers.Get("Api-Key") != "x" || len(headers) != 2 {
		t.Errorf("got %v, %v", headers, err)
	}
	for _, wrong := range []string{"canary", "a b: canary", "a:", ": canary", "a: can\x01ary", "host: canary", "Uptake-Telemetry: canary"} {
		write("fine: 1\n" + wrong)
		if _, err := readHeaders(path); err == nil || !strings.Contains(err.Error(), "line 2") || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: got %v", wrong, err)
		}
	}
	if _, err := readHeaders(path + "-"); err == nil || !strings.Contains(err.Error(), "headers_file") {
		t.Errorf("a missing file: got %v", err)
	}
}
