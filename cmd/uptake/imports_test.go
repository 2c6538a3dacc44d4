package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/uptake-telemetry/uptake/"

// importRules say who may import whom, each with its reason. The first rule
// whose importer matches decides; a package may always import below schema.
var importRules = []struct {
	importer string
	allowed  []string
	reason   string
}{
	{"cmd/uptake-engine", nil, "the engine is a program of its own that knows nothing of events"},
	{"cmd/", []string{"collector", "ingest", "adoption", "dashboards", "deploy"}, "commands are where parts meet"},
	{"schema", nil, "the contract depends on nobody who keeps it"},
	{"dashboards", nil, "dashboards read published tables, not code"},
	{"deploy", nil, "what runs beside us and what demonstrates us uses only the contract"},
}

// stages are the halves and the evaluation; each may use its own children only.
var stages = []string{"collector", "ingest", "adoption"}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range listPackages(t) {
		importer := strings.TrimPrefix(p.ImportPath, module)
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, module) {
				continue
			}
			if reason := forbidden(importer, strings.TrimPrefix(imported, module)); reason != "" {
				t.Errorf("%s must not import %s: %s", importer, imported, reason)
			}
		}
	}
}

// forbidden returns why an import breaks the rules, empty when it does not.
func forbidden(importer, imported string) string {
	top, child, _ := strings.Cut(importer, "/")
	switch {
	case within(imported, importer), within(imported, "schema") && !within(importer, "schema"):
		return ""
	case within(importer, "schema") && within(imported, "schema"):
		return ""
	case isStage(top) && within(importer, imported):
		return "a child never imports its parent"
	}
	if isStage(top) {
		return forbiddenInStage(top, child, imported)
	}
	for _, rule := range importRules {
		if !strings.HasPrefix(importer+"/", rule.importer) {
			continue
		}
		for _, prefix := range append(rule.allowed, firstElement(importer)) {
			if within(imported, prefix) {
				return ""
			}
		}
		return rule.reason
	}
	return "no rule speaks of this package; add one"
}

func forbiddenInStage(top, child, imported string) string {
	switch {
	case !within(imported, top):
		return "stages meet only in the contract: the topic and the tables"
	case child != "":
		return "siblings never import each other; their parent joins them"
	default:
		return ""
	}
}

func within(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

func isStage(top string) bool {
	for _, s := range stages {
		if s == top {
			return true
		}
	}
	return false
}

func firstElement(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

func TestForbidden(t *testing.T) {
	for _, c := range []struct {
		importer, imported string
		ok                 bool
	}{
		{"collector", "collector/spool", true},
		{"collector/spool", "schema", true},
		{"collector/receiver/otlp", "collector/receiver", false},
		{"collector/receiver", "collector/receiver/otlp", true},
		{"collector/spool", "collector/publish", false},
		{"collector/spool", "collector", false},
		{"collector", "ingest", false},
		{"adoption/figure", "ingest/store", false},
		{"schema", "collector", false},
		{"schema/kafka", "schema", true},
		{"ingest", "deploy/embedded/broker", false},
		{"dashboards", "adoption", false},
		{"deploy/demo", "schema/tools", true},
		{"cmd/uptake", "adoption/publish", true},
		{"cmd/uptake-engine", "collector", false},
	} {
		if got := forbidden(c.importer, c.imported); (got == "") != c.ok {
			t.Errorf("%s -> %s: %q", c.importer, c.imported, got)
		}
	}
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	var packages []goPackage
	for {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
