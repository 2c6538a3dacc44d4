package session

import (
	"fmt"
	"strings"

	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/native"
)

const (
	externalTables = 32
	externalBytes  = 64 << 20
)

// external is a table that came with a query and lives as long as it.
type external struct {
	name    string
	block   native.Block
	data    []byte
	created bool
}

// readExternal reads what follows a query up to the empty block: tables, which
// are kept, and scalars of other servers, which are not needed.
func (r *run) readExternal() error {
	bytes := 0
	for {
		code, err := r.reader.Code()
		if err != nil {
			return err
		}
		if code == native.Cancel {
			continue
		}
		if code != native.Data && code != native.Scalar {
			return fmt.Errorf("%w: code %d after a query", native.ErrMalformed, code)
		}
		table, err := r.readTable(code, &bytes)
		if err != nil {
			return err
		}
		if code == native.Data && table.name == "" && table.block.Empty() {
			return nil
		}
		if code == native.Data {
			r.external = append(r.external, table)
		}
	}
}

func (r *run) readTable(code native.Code, bytes *int) (table external, err error) {
	if table.name, err = r.reader.Name(); err != nil {
		return table, err
	}
	table.block, err = r.reader.CopyBlock(r.query.Compressed, func(piece []byte) error {
		if *bytes += len(piece); *bytes > externalBytes || len(r.external) >= externalTables {
			return fmt.Errorf("%w: external tables of more than %d bytes or %d blocks", native.ErrMalformed, externalBytes, externalTables)
		}
		if code == native.Data {
			table.data = append(table.data, piece...)
		}
		return nil
	})
	return table, err
}

func (r *run) createExternal() error {
	seen := map[string]bool{}
	for i := range r.external {
		table := &r.external[i]
		if !seen[table.name] {
			if err := r.engine.Exec(table.definition()); err != nil {
				return err
			}
			seen[table.name], table.created = true, true
		}
		if table.block.Rows == 0 {
			continue
		}
		if err := r.fill(table); err != nil {
			return err
		}
	}
	return nil
}

func (t *external) definition() string {
	columns := make([]string, len(t.block.Columns))
	for i, column := range t.block.Columns {
		columns[i] = quoteName(column.Name) + " " + column.Type
	}
	return "CREATE TEMPORARY TABLE " + quoteName(t.name) + " (" + strings.Join(columns, ", ") + ") ENGINE = Memory"
}

func (r *run) fill(table *external) error {
	insert, err := r.engine.Insert("INSERT INTO "+quoteName(table.name), "Native")
	if err != nil {
		return err
	}
	if err := insert.Append(table.data); err != nil {
		insert.Cancel()
		return err
	}
	return insert.Finish()
}

func (r *run) dropExternal() {
	for _, table := range r.external {
		if table.created {
			r.report("drop an external table", r.engine.Exec("DROP TEMPORARY TABLE IF EXISTS "+quoteName(table.name)))
		}
	}
}

func (r *run) report(what string, err error) {
	if err != nil {
		r.Logger.Warn("could not "+what, "error", err)
	}
}

var nameEscapes = strings.NewReplacer("\\", "\\\\", "`", "\\`")

func quoteName(name string) string {
	return "`" + nameEscapes.Replace(name) + "`"
}
