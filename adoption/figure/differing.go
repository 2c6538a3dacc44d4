package figure

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Differing counts the rows of a period that only one of the population and a
// table of its form has.
func Differing(ctx context.Context, conn driver.Conn, p Period, staged string) (rows uint64, err error) {
	row := "person, " + strings.Join(Dimensions, ", ") + ", working_days, eligible"
	side := func(table string, n int) string {
		return fmt.Sprintf("SELECT %s, %d AS side FROM %s WHERE grain = '%s' AND period = '%s'", row, n, table, p.Grain, p.Name())
	}
	err = conn.QueryRow(ctx, fmt.Sprintf("SELECT toUInt64(sum(abs(side))) FROM (SELECT sum(side) AS side FROM (%s UNION ALL %s) GROUP BY %s)",
		side(Population, 1), side(staged, -1), row)).Scan(&rows)
	if err != nil {
		return 0, fmt.Errorf("compare the people of the %s: %w", p, err)
	}
	return rows, nil
}
