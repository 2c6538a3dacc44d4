// Package table holds the tables of ClickHouse as numbered SQL files: the
// contract between ingest, which writes them, and adoption, which reads them.
//
// It promises that
//   - a migration that was released is never edited: a change is a new file;
//   - every statement may run twice, so that a migration cut short is simply
//     run again (a test holds this);
//   - statements name tables without their database: the connection's default
//     database is the one that is meant.
//
// It runs nothing; ingest/migrate does.
package table

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed *.sql
var files embed.FS

// Migration is one numbered step from the state before to the state after.
type Migration struct {
	// Version counts from 1 without gaps.
	Version int
	// Name is what the file calls the step, without number and extension.
	Name string
	// Statements are in the order in which they run, without comments and
	// without the semicolon at their end.
	Statements []string
}

var migrations = mustRead(files)

// All returns the migrations in the order of their versions. The result is the
// caller's to keep but its statements are shared.
func All() []Migration { return append([]Migration(nil), migrations...) }

// Latest is the version of the tables that this program works with.
func Latest() int { return migrations[len(migrations)-1].Version }

// mustRead panics because the files are part of the program: a test reads them.
func mustRead(files fs.FS) []Migration {
	all, err := read(files)
	if err != nil {
		panic("schema/table: " + err.Error())
	}
	return all
}

// read relies on ReadDir's order, which is that of the numbers.
func read(files fs.FS) ([]Migration, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	var all []Migration
	for _, entry := range entries {
		m, err := parseName(entry.Name())
		if err != nil {
			return nil, err
		}
		if m.Version != len(all)+1 {
			return nil, fmt.Errorf("%s: expected version %d", entry.Name(), len(all)+1)
		}
		text, err := fs.ReadFile(files, entry.Name())
		if err != nil {
			return nil, err
		}
		m.Statements = Split(string(text))
		all = append(all, m)
	}
	return all, nil
}

func parseName(file string) (Migration, error) {
	number, name, found := strings.Cut(strings.TrimSuffix(file, ".sql"), "_")
	version, err := strconv.Atoi(number)
	if !found || err != nil {
		return Migration{}, fmt.Errorf("%s: a migration is called NUMBER_NAME.sql", file)
	}
	return Migration{Version: version, Name: name}, nil
}

// Split returns the statements of a script. A statement ends with a semicolon
// at the end of a line; lines that start with "--" are comments.
func Split(script string) []string {
	var statements []string
	var lines []string
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, " \t\r\n")
		if trimmed := strings.TrimSpace(line); trimmed == "" || strings.HasPrefix(trimmed, "--") {
			continue
		}
		body, ends := strings.CutSuffix(line, ";")
		lines = append(lines, body)
		if ends {
			statements = append(statements, strings.Join(lines, "\n"))
			lines = nil
		}
	}
	if len(lines) > 0 {
		statements = append(statements, strings.Join(lines, "\n"))
	}
	return statements
}
