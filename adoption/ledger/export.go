package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/schema/table"
)

// Export is everything that is held about a person, row by row, in a form that
// programs read.
type Export struct {
	Person Person
	At     time.Time
	Tables []ExportTable
}

// ExportTable holds the person's rows of a table: Rows as JSON objects, or as
// lines of CSV below the columns.
type ExportTable struct {
	table.PersonalTable
	Names []string
	Rows  []string
}

// Form is how the rows of an export are written.
type Form string

// The forms that ClickHouse writes.
const (
	JSON Form = "JSONEachRow"
	CSV  Form = "CSV"
)

// ReadExport reads every row that is held about the person. Audit comes first.
func ReadExport(ctx context.Context, conn driver.Conn, p Person, form Form) (*Export, error) {
	ctx = clickhouse.Context(quiet(ctx), clickhouse.WithSettings(clickhouse.Settings{
		"log_queries": 0, "output_format_json_quote_64bit_integers": 0,
	}))
	e := &Export{Person: p, At: time.Now().UTC().Truncate(time.Second)}
	for _, t := range table.Personal() {
		exported, err := exportTable(ctx, conn, p, t, form)
		if err != nil {
			return nil, fmt.Errorf("export %s: %w", t.Name, err)
		}
		e.Tables = append(e.Tables, exported)
	}
	return e, nil
}

func exportTable(ctx context.Context, conn driver.Conn, p Person, t table.PersonalTable, form Form) (ExportTable, error) {
	e := ExportTable{PersonalTable: t}
	var engine string
	err := conn.QueryRow(ctx, `SELECT any(tables.engine), arrayMap(x -> x.2, arraySort(groupArray((position, columns.name)))) FROM system.columns AS columns
		INNER JOIN system.tables AS tables ON tables.database = columns.database AND tables.name = columns.table
		WHERE columns.database = currentDatabase() AND columns.table = ? AND default_kind != 'MATERIALIZED'`, t.Name).Scan(&engine, &e.Names)
	if err != nil {
		return e, err
	}
	final := ""
	if strings.Contains(engine, "Replacing") {
		final = " FINAL"
	}
	columns := "`" + strings.Join(e.Names, "`, `") + "`"
	rows, err := conn.Query(ctx, fmt.Sprintf("SELECT formatRowNoNewline('%s', %s) FROM %s%s WHERE %s", form, columns, t.Name, final, p.where(t)))
	if err != nil {
		return e, err
	}
	defer rows.Close()
	for rows.Next() {
		var row string
		if err := rows.Scan(&row); err != nil {
			return e, err
		}
		e.Rows = append(e.Rows, row)
	}
	return e, rows.Err()
}

// WriteJSON writes one document: who, when, and for each table its words and rows.
func (e *Export) WriteJSON(w io.Writer) error {
	type tableDocument struct {
		Table string            `json:"table"`
		Holds string            `json:"holds"`
		Kept  string            `json:"kept"`
		Rows  []json.RawMessage `json:"rows"`
	}
	document := struct {
		Format     string          `json:"format"`
		Person     string          `json:"person"`
		Aliases    []string        `json:"aliases"`
		ExportedAt time.Time       `json:"exported_at"`
		Tables     []tableDocument `json:"tables"`
	}{"uptake.record.v1", e.Person.ID, append([]string{}, e.Person.Aliases...), e.At, nil}
	for _, t := range e.Tables {
		d := tableDocument{t.Name, t.Holds, t.Kept, make([]json.RawMessage, len(t.Rows))}
		for i, row := range t.Rows {
			d.Rows[i] = json.RawMessage(row)
		}
		document.Tables = append(document.Tables, d)
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	return encoder.Encode(document)
}

// File is one file of an export in CSV.
type File struct{ Name, Content string }

// Files are a CSV file for each table that holds something, and README.txt,
// which says what they are.
func (e *Export) Files() []File {
	var readme strings.Builder
	fmt.Fprintf(&readme, "What Uptake holds about the person %s, as of %s.\n", e.Person.ID, e.At.Format(time.RFC3339))
	readme.WriteString("Identifiers are pseudonyms; times are UTC. A table without a file holds nothing.\n")
	var files []File
	for _, t := range e.Tables {
		fmt.Fprintf(&readme, "\n%s.csv: %d rows. %s.\n  Kept: %s.\n  Columns: %s\n", t.Name, len(t.Rows), t.Holds, t.Kept, strings.Join(t.Names, ", "))
		if len(t.Rows) > 0 {
			files = append(files, File{t.Name + ".csv", strings.Join(t.Names, ",") + "\n" + strings.Join(t.Rows, "\n") + "\n"})
		}
	}
	return append(files, File{"README.txt", readme.String()})
}
