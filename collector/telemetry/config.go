package telemetry

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// Config is the block of settings `telemetry`.
type Config struct {
	// Endpoint is where the collector's own telemetry goes, such as
	// https://otel.example.com:4318; empty for none. /v1/traces and /v1/metrics are
	// put behind it.
	Endpoint string `yaml:"endpoint"`
	// Protocol is http/protobuf, the only one there is.
	Protocol string `yaml:"protocol"`
	// HeadersFile holds headers that go with every export, one NAME: VALUE a line,
	// such as those that log in.
	HeadersFile string `yaml:"headers_file"`
	// TLS says whom to trust and who we are, where the endpoint is https.
	TLS kafka.TLS `yaml:"tls"`
	// SampleRatio is the part of requests and batches that are traced.
	SampleRatio float64 `yaml:"sample_ratio"`
	// MetricsInterval is the time between two exports of the metrics.
	MetricsInterval time.Duration `yaml:"metrics_interval"`
}

const protocolHTTP = "http/protobuf"

// DefaultConfig returns the settings where nobody sets anything: no telemetry.
func DefaultConfig() Config {
	return Config{Protocol: protocolHTTP, SampleRatio: 0.01, MetricsInterval: time.Minute}
}

// Enabled says whether there is any telemetry.
func (c Config) Enabled() bool { return c.Endpoint != "" }

// Validate names the setting that cannot be used, and the mend.
func (c Config) Validate() error {
	switch {
	case c.Protocol != protocolHTTP:
		return fmt.Errorf("protocol: %q is not spoken here; give %s and the endpoint's port for it, often 4318", c.Protocol, protocolHTTP)
	case !(c.SampleRatio >= 0 && c.SampleRatio <= 1):
		return errors.New("sample_ratio: give a number from 0 to 1, such as 0.01")
	case c.MetricsInterval < time.Second:
		return errors.New("metrics_interval: give at least 1s, such as 1m")
	}
	if err := c.TLS.Validate(); err != nil {
		return fmt.Errorf("tls.%w", err)
	}
	if !c.Enabled() {
		return nil
	}
	_, err := c.endpoint()
	return err
}

// endpoint reads the address. Its errors do not repeat it, since a password may
// stand in it.
func (c Config) endpoint() (*url.URL, error) {
	u, err := url.Parse(c.Endpoint)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, errors.New("endpoint: give http://HOST:PORT or https://HOST:PORT")
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return nil, errors.New("endpoint: leave out user, password and what follows a ?; what logs in belongs into headers_file")
	case strings.HasSuffix(strings.TrimRight(u.Path, "/"), tracesPath), strings.HasSuffix(strings.TrimRight(u.Path, "/"), metricsPath):
		return nil, fmt.Errorf("endpoint: leave out %s and %s, which are put behind it", tracesPath, metricsPath)
	case u.Scheme == "http" && c.TLS != (kafka.TLS{}):
		return nil, errors.New("endpoint: tls is set, so give https://HOST:PORT")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

// Where the signals go below the endpoint.
const (
	tracesPath  = "/v1/traces"
	metricsPath = "/v1/metrics"
)
