package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkColdStart measures the time from the start of `uptake collect` to
// the first answer of 200, with Kafka away, and the size of the binary.
func BenchmarkColdStart(b *testing.B) {
	c, token := awayConfig(b)
	config := writeConfig(b, c)
	body := jsonBody(0, 1)
	var total time.Duration
	runs := 0
	for b.Loop() {
		began := time.Now()
		p := startProcess(b, "collect", "--config", config)
		for {
			request, _ := http.NewRequest(http.MethodPost, "http://"+c.Listen.OTLPHTTP+"/v1/events", strings.NewReader(string(body)))
			request.Header.Set("Authorization", "Bearer "+token)
			request.Header.Set("Content-Type", "application/x-ndjson")
			if response, err := http.DefaultClient.Do(request); err == nil {
				response.Body.Close()
				if response.StatusCode == http.StatusOK {
					break
				}
			}
			time.Sleep(time.Millisecond) // the sender's own pause
		}
		total += time.Since(began)
		runs++
		p.stop()
	}
	b.ReportMetric(total.Seconds()/float64(runs), "s-to-200")
	b.ReportMetric(binaryMB(b), "binary-MB")
}

// BenchmarkBrokerAway measures the memory of `uptake collect` that takes events
// while Kafka is away until its spool is full.
func BenchmarkBrokerAway(b *testing.B) {
	for b.Loop() {
		c, token := awayConfig(b)
		c.Spool.MaxBytes = 256 << 20
		p := startMode(b, "collect", c)
		l := loads[0]
		bodies, taken := l.bodies(), 0
		for full := false; !full; {
			for _, body := range bodies {
				status, _ := postBody(b, "http://"+c.Listen.OTLPHTTP+l.path, token, l.contentType, "", body)
				if full = status == http.StatusServiceUnavailable; full {
					break
				}
				taken += l.perRequest
			}
		}
		b.ReportMetric(p.peakMiB(b), "MiB")
		b.ReportMetric(float64(taken), "events-taken")
		p.kill()
	}
}

// awayConfig are settings of a collector without Kafka, and a token for it.
func awayConfig(b *testing.B) (Config, string) {
	b.Helper()
	c := DefaultConfig()
	c.Data, c.Listen = b.TempDir(), freeListen()
	c.Kafka.Brokers = []string{"127.0.0.1:1"}
	c.Identity.KeyFile, c.Tokens.File = filepath.Join(c.Data, "identity-key"), filepath.Join(c.Data, "tokens.json")
	if err := os.WriteFile(c.Identity.KeyFile, []byte("0123456789abcdef0123456789abcdef"), 0o600); err != nil {
		b.Fatal(err)
	}
	return c, strings.TrimSpace(uptake(b, "token", "create", "--config", writeConfig(b, c), "--name", "bench"))
}

// binaryMB is the size of the binary as it is shipped.
func binaryMB(b *testing.B) float64 {
	b.Helper()
	path := filepath.Join(b.TempDir(), "uptake")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return float64(info.Size()) / 1e6
}
