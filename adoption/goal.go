package adoption

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/figure"
)

// Goal is what was stored at one moment and is to be published. It can be
// reached while more keeps coming, when nothing is ever up to date.
type Goal struct {
	// hours are the rows of each hour that days must be rebuilt from.
	hours map[time.Time]uint64
	heard uint64
	// marks are the periods that were stale once the days were rebuilt, nil until then.
	marks map[figure.Period]time.Time
}

// NewGoal reads what is stored now.
func NewGoal(ctx context.Context, conn driver.Conn) (*Goal, error) {
	g := &Goal{}
	var err error
	if g.hours, err = readHours(ctx, conn, "SELECT hour, sum(rows) FROM touched_hour GROUP BY hour"); err != nil {
		return nil, err
	}
	err = conn.QueryRow(ctx, "SELECT count() FROM heard FINAL WHERE "+heardLately).Scan(&g.heard)
	if err != nil {
		return nil, fmt.Errorf("read of whom was heard: %w", err)
	}
	return g, nil
}

func readHours(ctx context.Context, conn driver.Conn, query string) (map[time.Time]uint64, error) {
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read the rows of the hours: %w", err)
	}
	defer rows.Close()
	hours := map[time.Time]uint64{}
	for rows.Next() {
		var hour time.Time
		var n uint64
		if err := rows.Scan(&hour, &n); err != nil {
			return nil, fmt.Errorf("read the rows of the hours: %w", err)
		}
		hours[hour] = n
	}
	return hours, rows.Err()
}

// Reached tells whether all of it is rebuilt and published.
func (g *Goal) Reached(ctx context.Context, conn driver.Conn) (bool, error) {
	status, err := ReadStatus(ctx, conn)
	if err != nil || status.Published {
		return status.Published, err
	}
	if g.marks == nil {
		rebuilt, err := g.rebuilt(ctx, conn)
		if err != nil || !rebuilt {
			return false, err
		}
		// Periods are marked before their days count as rebuilt: all marks are there.
		return false, g.mark(ctx, conn)
	}
	periods, err := readCalculations(ctx, conn)
	if err != nil {
		return false, err
	}
	for p, touched := range g.marks {
		if c := periods[p]; c == nil || c.seen.Before(touched) {
			return false, nil
		}
	}
	return true, nil
}

func (g *Goal) rebuilt(ctx context.Context, conn driver.Conn) (bool, error) {
	var observed bool
	err := conn.QueryRow(ctx, `
SELECT argMax(import, observed_at) = (SELECT argMax(import, (imported_at, import)) FROM roster_import) AND argMax(heard, observed_at) >= ?
FROM observed`, g.heard).Scan(&observed)
	if err != nil || !observed {
		return false, err
	}
	seen, err := readHours(ctx, conn, "SELECT hour, max(rows) FROM rebuilt_hour GROUP BY hour")
	if err != nil {
		return false, err
	}
	for hour, rows := range g.hours {
		if seen[hour] < rows {
			return false, nil
		}
	}
	return true, nil
}

func (g *Goal) mark(ctx context.Context, conn driver.Conn) error {
	periods, err := readCalculations(ctx, conn)
	if err != nil {
		return err
	}
	g.marks = map[figure.Period]time.Time{}
	for p, c := range periods {
		if c.stale() {
			g.marks[p] = c.touched
		}
	}
	return nil
}
