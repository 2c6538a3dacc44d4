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
	if len(r.Guard.Tables) == 0 || class != chdb.ReadOnly {
		return nil
	}
	return r.listed()
}

// listed refuses a statement that names a table which is not on the guard's list.
func (r *run) listed() error {
	tree, err := r.text("EXPLAIN AST " + r.statement.Text)
	if err != nil {
		return err
	}
	database := r.Database
	if database == "" {
		database = "default"
	}
	qualified, unqualified := r.Guard.Unlisted(tree, database)
	if len(qualified) > 0 {
		return errDenied("table " + qualified[0])
	}
	if len(unqualified) == 0 {
		return nil
	}
	// A name that is no table is one that the statement defines itself.
	names := make([]string, len(unqualified))
	for i, name := range unqualified {
		names[i] = quoteValue(name)
	}
	table, err := r.text("SELECT name FROM system.tables WHERE database = " + quoteValue(database) + " AND name IN (" + strings.Join(names, ", ") + ") LIMIT 1")
	if err == nil && table != "" {
		return errDenied("table " + table)
	}
	return err
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
