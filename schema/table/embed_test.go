package table

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// repeatable are the forms that do nothing, or the same, the second time.
var repeatable = regexp.MustCompile(`^(CREATE (TABLE|VIEW) IF NOT EXISTS |CREATE OR REPLACE VIEW |DROP (TABLE|VIEW) IF EXISTS |TRUNCATE TABLE IF EXISTS |` +
	`ALTER TABLE \w+ (ADD COLUMN IF NOT EXISTS|DROP COLUMN IF EXISTS|MODIFY ) ?)`)

func TestEveryStatementMayRunTwice(t *testing.T) {
	for _, m := range All() {
		if len(m.Statements) == 0 {
			t.Errorf("%04d_%s holds no statement", m.Version, m.Name)
		}
		for _, s := range m.Statements {
			if !repeatable.MatchString(s) {
				t.Errorf("%04d_%s: a statement that may not be run twice: %s", m.Version, m.Name, firstLine(s))
			}
			if strings.Contains(s, "--") || strings.HasSuffix(s, ";") {
				t.Errorf("%04d_%s: comment or semicolon left in %s", m.Version, m.Name, firstLine(s))
			}
		}
	}
}

func TestVersionsCountFromOne(t *testing.T) {
	for i, m := range All() {
		if m.Version != i+1 || m.Name == "" {
			t.Errorf("migration %d is %d %q", i+1, m.Version, m.Name)
		}
	}
	if Latest() != len(All()) {
		t.Errorf("the latest of %d migrations is %d", len(All()), Latest())
	}
}

func TestSplit(t *testing.T) {
	got := Split("-- words;\nCREATE TABLE a\n(\n    -- why;\n    s String DEFAULT ';x'\n) ;\n\nDROP TABLE b;\nSELECT 1")
	want := []string{"CREATE TABLE a\n(\n    s String DEFAULT ';x'\n) ", "DROP TABLE b", "SELECT 1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"a gap":     {"0002_event.sql": {Data: []byte("SELECT 1;")}},
		"no number": {"event.sql": {Data: []byte("SELECT 1;")}},
	} {
		if _, err := read(files); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
