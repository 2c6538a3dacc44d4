package session

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/chdb"
)

// guarded refuses what a user who may only read may not ask.
func (r *run) guarded(class chdb.Class) error {
	if r.statement.Insert != nil || class != chdb.ReadOnly && r.statement.Keyword != "SET" {
		return errReadonly()
	}
	if err := r.Guard.CheckWords(r.statement.Text); err != nil {
		return errDenied(err.Error())
	}
	for _, setting := range r.query.Settings {
		if err := r.Guard.CheckSetting(setting.Name); err != nil {
			return errDenied(err.Error())
		}
	}
	if len(r.Guard.Tables) == 0 {
		return nil
	}
	if len(r.external) > 0 {
		// The names of their types would stand in a statement of ours.
		return errDenied("tables sent with a query")
	}
	return r.listed()
}

// listed refuses a statement that names a table which is not on the guard's list.
func (r *run) listed() error {
	tree, err := r.text("EXPLAIN AST " + r.statement.Text)
	if err != nil {
		return err
	}
	if err := r.Guard.CheckTree(tree, r.statement.Text); err != nil {
		return errDenied(err.Error())
	}
	database := r.Database
	if database == "" {
		database = "default"
	}
	refused, doubtful := r.Guard.Unlisted(tree, database)
	if len(refused) > 0 {
		return errDenied("table " + refused[0])
	}
	if len(doubtful) == 0 {
		return nil
	}
	names := make([]string, len(doubtful))
	for i, name := range doubtful {
		names[i] = quoteValue(name)
	}
	// The filters of the session would hide the very tables that are looked for.
	table, err := r.text("SELECT name FROM system.tables WHERE concat(database, '.', name) IN (" + strings.Join(names, ", ") +
		") LIMIT 1 SETTINGS additional_table_filters = {}")
	if err == nil && table != "" {
		return errDenied("table " + table)
	}
	return err
}

// narrow makes the tables that list tables show the guard's only.
func (s *Session) narrow() error {
	if s.Guard == nil || len(s.Guard.Tables) == 0 {
		return nil
	}
	return s.engine.Exec("SET additional_table_filters = " + s.Guard.Filters())
}

// withoutHints takes the names of tables and columns that the engine proposes
// out of a message for a guarded user: they need not be the user's to know.
func (s *Session) withoutHints(message string) string {
	if s.Guard == nil {
		return message
	}
	before, _, proposed := strings.Cut(message, " Maybe you meant")
	if !proposed {
		return message
	}
	return before
}

func (r *run) text(sql string) (string, error) {
	result, err := r.engine.Query(sql, "TSVRaw")
	if err != nil {
		return "", err
	}
	defer result.Close()
	return string(bytes.TrimRight(result.Bytes(), "\n")), nil
}

func errReadonly() error {
	return &chdb.Error{Code: chdb.CodeReadonly, Message: "Cannot execute the statement as a user who may only read (READONLY)"}
}

func errDenied(what string) error {
	return &chdb.Error{Code: chdb.CodeAccessDenied, Message: fmt.Sprintf("Not enough privileges: this user may not use the %s (ACCESS_DENIED)", what)}
}
