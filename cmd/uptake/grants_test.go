package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	tables "github.com/uptake-telemetry/uptake/schema/table"
)

// TestGrantsAreSQL that the engine's own parser takes.
func TestGrantsAreSQL(t *testing.T) {
	conn := enginetest.New(t)
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	credentials, err := credentialsOf(password)
	if err != nil || strings.Contains(credentials, "hush") {
		t.Fatalf("%q, %v", credentials, err)
	}
	for _, credentials := range []string{"", credentials} {
		for _, statement := range tables.Split(tables.Grants("uptake", "grafana", credentials)) {
			if err := conn.Exec(t.Context(), "EXPLAIN AST "+statement); err != nil {
				t.Errorf("%s: %v", statement, err)
			}
		}
	}
}

func TestGrantsRefusesWrongUse(t *testing.T) {
	for _, arguments := range [][]string{{"--user", "a b"}, {"--user", "x'; DROP"}, {"--password-file", "/nowhere"}, {"more"}} {
		if got := run(append([]string{"grants"}, arguments...)); got != exitUsage {
			t.Errorf("%v: exit status %d", arguments, got)
		}
	}
}
