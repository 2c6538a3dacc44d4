package store

import (
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// column is one column of an insert: its name and its values, a slice.
type column struct {
	name   string
	values any
}

// columns is all that an insert needs to know of its rows. The order is that
// of the statement.
type columns []column

// statement names the columns, so that columns that a newer version of the
// table has besides keep their defaults.
func (c columns) statement(table string) string {
	quoted := make([]string, len(c))
	for i, column := range c {
		quoted[i] = "`" + column.name + "`"
	}
	return "INSERT INTO " + table + " (" + strings.Join(quoted, ", ") + ")"
}

// fill appends whole columns; rows would box every value.
func (c columns) fill(batch driver.Batch) error {
	for i, column := range c {
		if err := batch.Column(i).Append(column.values); err != nil {
			return fmt.Errorf("column %s: %w", column.name, err)
		}
	}
	return nil
}
