package roster

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Leaving counts the people who are on the roster today, and those of them who
// would not be after an import of r: a file that was cut short shows that way.
// Whoever is in the file under another of their names stays.
func Leaving(ctx context.Context, conn driver.Conn, r *Roster, now time.Time) (present, leaving int, err error) {
	if r.KeepsPeople {
		return 0, 0, nil
	}
	_, of, err := r.bases(ctx, conn)
	if err != nil {
		return 0, 0, err
	}
	today := dayOf(now)
	owners, there := map[string]string{}, map[string]bool{}
	after := of.joined(r)
	for _, a := range after.Aliases {
		owners[a.Alias] = a.Person
	}
	for i := range after.Periods {
		if p := &after.Periods[i]; !p.From.After(today) && !p.To.Before(today) {
			there[p.Person] = true
		}
	}
	rows, err := conn.Query(ctx, "SELECT DISTINCT person FROM roster WHERE valid_from <= toDate32(?) AND valid_to >= toDate32(?)", day(today), day(today))
	if err != nil {
		return 0, 0, fmt.Errorf("read who is on the roster: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var person string
		if err := rows.Scan(&person); err != nil {
			return 0, 0, fmt.Errorf("read who is on the roster: %w", err)
		}
		present++
		if !there[cmp.Or(owners[person], person)] {
			leaving++
		}
	}
	return present, leaving, rows.Err()
}
