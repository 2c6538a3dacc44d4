package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"time"

	clickhouse "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/ledger"
)

// newSQL is `uptake sql`.
func newSQL(s *settings) *cobra.Command {
	var format outputFormat
	c := &cobra.Command{
		Use:   `sql "SELECT …"`,
		Short: "Run one read-only query on ClickHouse",
		Long: `Runs one query that may only read. One that names a table about persons is noted
first (uptake audit), and is not run where it cannot be noted.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withTables(1, func(_ Config, conn driver.Conn) error {
				if tables := tablesAboutPersons(args[0]); len(tables) > 0 {
					if err := ledger.Audit(cmd.Context(), conn, ledger.Entry{Actor: operator(), Via: "sql", Action: "sql", Tables: tables}); err != nil {
						return err
					}
				}
				t, err := query(cmd.Context(), conn, args[0])
				if err != nil {
					return err
				}
				return format.print(cmd.OutOrStdout(), t)
			})
		},
	}
	format.flag(c.Flags())
	return c
}

// query runs one statement that may only read.
func query(ctx context.Context, conn driver.Conn, statement string) (table, error) {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"readonly": 2}))
	rows, err := conn.Query(ctx, statement)
	if err != nil {
		return table{}, err
	}
	defer rows.Close()
	t := table{columns: rows.Columns()}
	types := rows.ColumnTypes()
	for rows.Next() {
		row, err := scanRow(rows, types)
		if err != nil {
			return table{}, err
		}
		t.rows = append(t.rows, row)
	}
	return t, rows.Err()
}

func scanRow(rows driver.Rows, types []driver.ColumnType) ([]any, error) {
	targets := make([]any, len(types))
	for i, column := range types {
		targets[i] = reflect.New(column.ScanType()).Interface()
	}
	if err := rows.Scan(targets...); err != nil {
		return nil, err
	}
	row := make([]any, len(types))
	for i, target := range targets {
		row[i] = plainValue(reflect.ValueOf(target).Elem(), types[i].DatabaseTypeName())
	}
	return row, nil
}

// plainValue turns a scanned value into what the formats print: pointers of
// nullable columns are followed, times are written as ClickHouse writes them,
// and what is no number is empty, since JSON has no word for it.
func plainValue(v reflect.Value, databaseType string) any {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	switch value := v.Interface().(type) {
	case time.Time:
		return timeText(value, databaseType)
	case []uint8: // an array of small numbers; strings are scanned as such
		numbers := make([]uint16, len(value))
		for i, n := range value {
			numbers[i] = uint16(n)
		}
		return numbers
	case big.Int:
		return json.Number(value.String())
	case float64:
		return finite(value)
	case float32:
		return finite(value)
	case fmt.Stringer:
		return value.String()
	default:
		return value
	}
}

func finite[F float32 | float64](f F) any {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return nil
	}
	return f
}
