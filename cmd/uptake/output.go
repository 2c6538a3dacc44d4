package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"
)

// table is what a command prints: named columns and rows of values. A nil value
// is null in JSON and empty in CSV.
type table struct {
	columns []string
	rows    [][]any
}

// outputFormat is the flag --format.
type outputFormat string

func (f *outputFormat) flag(flags *pflag.FlagSet) {
	*f = "table"
	flags.Var(f, "format", "form of the output: table, json or csv")
}

// String, Set and Type make it a flag.
func (f *outputFormat) String() string { return string(*f) }
func (f *outputFormat) Type() string   { return "FORM" }
func (f *outputFormat) Set(s string) error {
	switch s {
	case "table", "json", "csv":
		*f = outputFormat(s)
		return nil
	}
	return fmt.Errorf("%q is none of table, json, csv", s)
}

func (f outputFormat) print(w io.Writer, t table) error {
	switch f {
	case "json":
		return printJSON(w, t)
	case "csv":
		return printCSV(w, t)
	default:
		return printTable(w, t)
	}
}

// printJSON prints one array of objects, a row a line, columns in their order.
func printJSON(w io.Writer, t table) error {
	var b strings.Builder
	b.WriteString("[")
	for i, row := range t.rows {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n{")
		for j, value := range row {
			if j > 0 {
				b.WriteString(",")
			}
			name, _ := json.Marshal(t.columns[j])
			text, err := marshalValue(value)
			if err != nil {
				return fmt.Errorf("column %s: %w", t.columns[j], err)
			}
			fmt.Fprintf(&b, "%s:%s", name, text)
		}
		b.WriteString("}")
		if b.Len() > 1<<16 {
			if _, err := io.WriteString(w, b.String()); err != nil {
				return err
			}
			b.Reset()
		}
	}
	if len(t.rows) > 0 {
		b.WriteString("\n")
	}
	b.WriteString("]\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func marshalValue(value any) ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}

func printCSV(w io.Writer, t table) error {
	c := csv.NewWriter(w)
	if err := c.Write(t.columns); err != nil {
		return err
	}
	record := make([]string, len(t.columns))
	for _, row := range t.rows {
		for i, value := range row {
			record[i] = cellText(value)
		}
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func printTable(w io.Writer, t table) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, strings.Join(t.columns, "\t"))
	for _, row := range t.rows {
		cells := make([]string, len(row))
		for i, value := range row {
			cells[i] = cellText(value)
		}
		fmt.Fprintln(tw, strings.Join(cells, "\t"))
	}
	return tw.Flush()
}

// cellText is a value on one line: empty for nil, JSON for what has parts.
func cellText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case fmt.Stringer:
		return v.String()
	}
	text, err := marshalValue(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return strings.Trim(string(text), `"`)
}
