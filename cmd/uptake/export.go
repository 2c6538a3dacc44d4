package main

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/ledger"
)

// newExport is `uptake export`.
func newExport(s *settings) *cobra.Command {
	var out, format string
	c := &cobra.Command{
		Use:   "export PERSON",
		Short: "Export everything that is held about a person, for programs",
		Long: `Exports every row that is held about a person: as one JSON document, to standard
output or to the file --out names; or as a folder of CSV files, one a table, with a
README.txt. Files can be read by their owner alone.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "json" && format != "csv" {
				return usagef("--format: %q is neither json nor csv", format)
			}
			if format == "csv" && out == "-" {
				return usagef("--out: CSV is a folder of files; name one")
			}
			return s.withPerson(cmd.Context(), "export", args[0], func(c Config, conn driver.Conn, p ledger.Person) error {
				if format == "csv" {
					return exportFolder(cmd, conn, p, out)
				}
				return exportDocument(cmd, c, conn, p, out)
			})
		},
	}
	c.Flags().StringVar(&out, "out", "-", "file of the JSON, folder of the CSV, - for standard output")
	c.Flags().StringVar(&format, "format", "json", "json or csv")
	return c
}

func exportDocument(cmd *cobra.Command, c Config, conn driver.Conn, p ledger.Person, out string) error {
	e, err := ledger.ReadExport(cmd.Context(), conn, p, ledger.JSON)
	if err != nil {
		return err
	}
	c.unseal(e)
	if out == "-" {
		return e.WriteJSON(cmd.OutOrStdout())
	}
	if info, err := os.Stat(out); err == nil && info.IsDir() {
		out = filepath.Join(out, "record.json")
	}
	var b bytes.Buffer
	if err := e.WriteJSON(&b); err != nil {
		return err
	}
	return writeFileAtomic(out, b.Bytes(), 0o600)
}

func exportFolder(cmd *cobra.Command, conn driver.Conn, p ledger.Person, out string) error {
	e, err := ledger.ReadExport(cmd.Context(), conn, p, ledger.CSV)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		return err
	}
	for _, f := range e.Files() {
		if err := writeFileAtomic(filepath.Join(out, f.Name), []byte(f.Content), 0o600); err != nil {
			return err
		}
	}
	return nil
}
