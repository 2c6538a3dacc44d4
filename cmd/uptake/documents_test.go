package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/collector"
	"github.com/uptake-telemetry/uptake/collector/telemetry"
	"github.com/uptake-telemetry/uptake/ingest"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

func TestEveryPackageIsInTheArchitecture(t *testing.T) {
	page, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range listPackages(t) {
		path, internal, _ := strings.Cut(strings.TrimPrefix(p.ImportPath, module), "/internal/")
		for _, name := range []string{path, internal} {
			if name != "" && !bytes.Contains(page, []byte("`"+name+"`")) {
				t.Errorf("docs/architecture.md does not say what %s is for", p.ImportPath)
			}
		}
	}
}

// documents are the pages that users read.
func documents(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	for _, name := range append(names, "../../README.md", "../../dashboards/README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pages[name] = string(text)
	}
	return pages
}

// written finds commands in code spans and at the beginnings of lines.
var written = regexp.MustCompile("(?m)(?:^|`)(?:bin/)?uptake ([a-z][^`#\n]*)")

func TestCommandsInTheDocumentsExist(t *testing.T) {
	// What is optional, chosen, quoted or left out is no part of a command line.
	notation := strings.NewReplacer("[", "", "]", "", "…", "", "\"", "")
	seen := 0
	for name, text := range documents(t) {
		for _, match := range written.FindAllStringSubmatch(text, -1) {
			seen++
			found, rest, err := newRoot().Find(strings.Fields(notation.Replace(match[1])))
			if err != nil || !found.HasParent() {
				t.Errorf("%s: there is no uptake %s", name, match[1])
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%s: uptake %s: %v", name, match[1], err)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d commands were found", seen)
	}
}

// described takes the names of metrics and registers nothing.
type described map[string]bool

var metricName = regexp.MustCompile(`fqName: "([^"]+)"`)

func (d described) Register(c prometheus.Collector) error {
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		c.Describe(descs)
	}()
	for desc := range descs {
		d[metricName.FindStringSubmatch(desc.String())[1]] = true
	}
	return nil
}

func (d described) MustRegister(all ...prometheus.Collector) {
	for _, c := range all {
		_ = d.Register(c)
	}
}

func (d described) Unregister(prometheus.Collector) bool { return true }

// describeParts builds the parts of all modes without starting them.
func describeParts(t *testing.T) described {
	t.Helper()
	names, logger := described{}, slog.New(slog.DiscardHandler)
	front, err := collector.New(collector.DefaultConfig(), collector.Deps{
		SpoolDir: t.TempDir(), TokensFile: filepath.Join(t.TempDir(), "tokens"),
		IdentityKey: bytes.Repeat([]byte("k"), 32), Logger: logger, Registerer: names,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { front.Close() })
	if _, err := ingest.New(ingest.DefaultConfig(), ingest.Deps{Kafka: kafka.DefaultConfig(), Logger: logger, Registerer: names}); err != nil {
		t.Fatal(err)
	}
	if _, err := adoption.New(adoption.DefaultConfig(), adoption.Deps{Logger: logger, Registerer: names}); err != nil {
		t.Fatal(err)
	}
	settings := telemetry.DefaultConfig()
	settings.Endpoint = "https://otel.example.com"
	if _, err := telemetry.New(settings, telemetry.Deps{Registerer: names}); err != nil {
		t.Fatal(err)
	}
	return names
}

func TestMetricsInTheDocumentsExist(t *testing.T) {
	names := describeParts(t)
	mentioned := regexp.MustCompile(`\b(?:uptake_(?:collector|ingest|adoption)|ai_adoption)_[a-z_]*[a-z]\b`)
	seen := 0
	for page, text := range documents(t) {
		for _, name := range mentioned.FindAllString(text, -1) {
			if seen++; !names[name] {
				t.Errorf("%s: there is no metric %s", page, name)
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d metrics were found", seen)
	}
}
