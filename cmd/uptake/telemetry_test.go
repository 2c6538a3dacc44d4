package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// loopback listens as a collector does.
func loopback(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestTelemetryIsOffUnlessUptakeIsToldWhereItGoes(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
	m := newMode(DefaultConfig())
	if err := m.startTelemetry(loopback(t)); err != nil || m.tracer != nil || len(m.cleanups) != 0 {
		t.Errorf("a tracer %v, %d parts, %v", m.tracer, len(m.cleanups), err)
	}
}

func TestTelemetryToItselfIsRefused(t *testing.T) {
	l := loopback(t)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	m := newMode(DefaultConfig())
	m.config.Telemetry.Endpoint = "http://localhost:" + port
	var usage usageError
	if err := m.startTelemetry(loopback(t), l); !errors.As(err, &usage) || !strings.HasPrefix(err.Error(), "telemetry.endpoint: ") {
		t.Errorf("at the start: %v", err)
	}
	m.config.Listen.OTLPGRPC = "0.0.0.0:" + port
	if err := m.config.refuseLoop(); !errors.As(err, &usage) || !strings.HasPrefix(err.Error(), "telemetry.endpoint: ") {
		t.Errorf("at the check: %v", err)
	}
}

func TestTheSecretOfTelemetryIsNotPrinted(t *testing.T) {
	headers := filepath.Join(t.TempDir(), "headers")
	if err := os.WriteFile(headers, []byte("Authorization: Bearer canary\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("UPTAKE_TELEMETRY_ENDPOINT", "https://otel.example.com:4318")
	t.Setenv("UPTAKE_TELEMETRY_HEADERS_FILE", headers)
	t.Setenv("UPTAKE_TELEMETRY_SAMPLE_RATIO", "0.5")
	var out strings.Builder
	root := newRoot()
	root.SetOut(&out)
	root.SetArgs([]string{"check"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"endpoint: https://otel.example.com:4318", "headers_file: " + headers, "sample_ratio: 0.5"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the settings do not hold %s", want)
		}
	}
	if strings.Contains(out.String(), "canary") {
		t.Error("the secret is printed")
	}
}

func TestWrongSettingsOfTelemetryAreNamed(t *testing.T) {
	t.Setenv("UPTAKE_TELEMETRY_ENDPOINT", "https://me:canary@otel.example.com")
	if _, err := (&settings{}).load(); err == nil || !strings.Contains(err.Error(), "telemetry.endpoint: ") || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
}
