package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkColdStart measures the time from the start of `uptake collect` to
// the first answer of 200, with Kafka away, and the size of the binary.
func BenchmarkColdStart(b *testing.B) {
	c, token := awayConfig(b)
	config := writeConfig(b, c)
	l, body := load{path: "/v1/events", contentType: "application/x-ndjson"}, jsonBody(0, 1)
	least := time.Hour
	for b.Loop() {
		began := time.Now()
		p := startProcess(b, "collect", "--config", config)
		for {
			if response, err := http.DefaultClient.Do(l.request("http://"+c.Listen.OTLPHTTP, token, body)); err == nil {
				response.Body.Close()
				if response.StatusCode == http.StatusOK {
					break
				}
			}
			time.Sleep(time.Millisecond) // the sender's own pause
		}
		least = min(least, time.Since(began))
		p.stop()
	}
	b.ReportMetric(0, "ns/op") // the stop and the start of the sender too
	b.ReportMetric(least.Seconds(), "s-to-200")
	b.ReportMetric(binaryMB(b), "binary-MB")
}

// BenchmarkBrokerAway measures the memory of `uptake collect` when 64 senders
// at once fill its spool, a thousand records a request, while Kafka is away.
func BenchmarkBrokerAway(b *testing.B) {
	for b.Loop() {
		c, token := awayConfig(b)
		c.Spool.MaxBytes = 256 << 20
		p := startMode(b, "collect", c)
		l := load{path: "/v1/logs", contentType: "application/x-protobuf", perRequest: 1000}
		taken, refused := l.fill(b, "http://"+c.Listen.OTLPHTTP, token, otlpBody(0, l.perRequest))
		b.ReportMetric(0, "ns/op") // a matter of the disk
		b.ReportMetric(p.peakMiB(b), "MiB")
		b.ReportMetric(float64(taken), "events-taken")
		b.ReportMetric(float64(refused), "requests-told-to-come-back")
		p.kill()
	}
}

// crowd is how many send at once.
const crowd = 64

// fill sends the body until the spool is full.
func (l load) fill(b *testing.B, endpoint, token string, body []byte) (taken, refused int64) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crowd}}
	defer client.CloseIdleConnections()
	var events, again atomic.Int64
	var full atomic.Bool
	var senders sync.WaitGroup
	for range crowd {
		senders.Go(func() {
			for !full.Load() && !b.Failed() {
				answer, err := client.Do(l.request(endpoint, token, body))
				if err != nil {
					b.Error(err)
					return
				}
				text, _ := io.ReadAll(answer.Body)
				answer.Body.Close()
				switch answer.StatusCode {
				case http.StatusOK:
					events.Add(int64(l.perRequest))
				case http.StatusServiceUnavailable:
					again.Add(1)
					full.Store(full.Load() || bytes.Contains(text, []byte("the spool is full")))
				default:
					b.Errorf("%s", answer.Status)
				}
			}
		})
	}
	senders.Wait()
	return events.Load(), again.Load()
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
