package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
	kafkago "github.com/segmentio/kafka-go"
)

// runningConfig are the settings of a process that joins a running system.
func (s *system) runningConfig(dir string) Config {
	c := s.runFile.apply(DefaultConfig())
	c.Data = dir
	c.Identity.KeyFile = filepath.Join(s.dir, "secrets", "identity-key")
	c.Tokens.File = filepath.Join(s.dir, "tokens.json")
	return c
}

// writeConfig writes settings as a file.
func writeConfig(t testing.TB, c Config) string {
	t.Helper()
	b, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "uptake.yaml")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// startCollector starts a second collector beside a running system.
func startCollector(t testing.TB, s *system) *system {
	t.Helper()
	c := s.runningConfig(t.TempDir())
	c.Listen = freeListen()
	second := startMode(t, "collect", c)
	return &system{process: second, dir: c.Data, runFile: runFile{
		OTLPHTTP: "http://" + c.Listen.OTLPHTTP, Metrics: "http://" + c.Listen.Metrics + "/metrics", IngestTokenFile: s.IngestTokenFile,
	}}
}

// freeListen returns addresses that are free at the moment.
func freeListen() Listen {
	free := func() string { return fmt.Sprintf("127.0.0.1:%d", freePort(0, nil)) }
	return Listen{OTLPHTTP: free(), OTLPGRPC: free(), Web: free(), Metrics: free()}
}

// startMode starts a mode with settings of its own and waits until it is ready.
func startMode(t testing.TB, mode string, c Config) *process {
	t.Helper()
	p := startProcess(t, mode, "--config", writeConfig(t, c))
	waitFor(t, mode+" to be ready", p.done, func() error { return ready(c.Listen.Metrics) })
	return p
}

func ready(metrics string) error {
	response, err := http.Get("http://" + metrics + "/readyz")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", response.Status, text)
	}
	return nil
}

func fetch(t testing.TB, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// topicValues returns all that is on the topics: keys, headers and values.
func topicValues(t testing.TB, s *system) []string {
	t.Helper()
	c := s.runFile.apply(DefaultConfig())
	client, err := c.Kafka.Client()
	if err != nil {
		t.Fatal(err)
	}
	ends, err := newProbe(c).ends(context.Background(), client)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for position, end := range ends {
		values = append(values, partitionValues(t, client, position, end)...)
	}
	return values
}

func partitionValues(t testing.TB, client *kafkago.Client, position topicPosition, end int64) []string {
	t.Helper()
	var values []string
	for offset := int64(0); offset < end; {
		fetched, err := client.Fetch(context.Background(), &kafkago.FetchRequest{
			Topic: position.topic, Partition: position.partition, Offset: offset, MinBytes: 1, MaxBytes: 1 << 20,
		})
		if err != nil {
			t.Fatal(err)
		}
		for {
			record, err := fetched.Records.ReadRecord()
			if err != nil {
				break
			}
			offset = record.Offset + 1
			values = append(values, recordText(t, record))
		}
	}
	return values
}

func recordText(t testing.TB, record *kafkago.Record) string {
	t.Helper()
	key, _ := kafkago.ReadAll(record.Key)
	value, err := kafkago.ReadAll(record.Value)
	if err != nil {
		t.Fatal(err)
	}
	headers, err := json.Marshal(record.Headers)
	if err != nil {
		t.Fatal(err)
	}
	return string(key) + string(value) + string(headers)
}
