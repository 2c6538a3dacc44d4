package figure

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Settle makes a staged population the periods' own, each all at once.
func Settle(ctx context.Context, conn driver.Conn, staged string, periods ...Period) error {
	if len(periods) == 0 {
		return nil
	}
	var commands []string
	for _, p := range periods {
		commands = append(commands, fmt.Sprintf("REPLACE PARTITION ('%s', '%s') FROM %s", p.Grain, p.Name(), staged))
	}
	if err := conn.Exec(ctx, "ALTER TABLE "+Population+" "+strings.Join(commands, ", ")); err != nil {
		return fmt.Errorf("replace the people of the %s: %w", periods[0], err)
	}
	return nil
}

// FewestMoved is the least number of people by which any group changed between
// the period's population and a staged one, leaving out groups that did not
// change; 0 where none did. A group is a cell and a row by tool that both
// know, or all of the cell's people.
func FewestMoved(ctx context.Context, conn driver.Conn, p Period, staged string) (int64, error) {
	known, err := knownScopes(ctx, conn, p)
	if err != nil {
		return 0, fmt.Errorf("compare the people of the %s: %w", p, err)
	}
	moved := map[groupOf]int64{}
	if err := readMoved(ctx, conn, p, staged, func(before, after member) { count(moved, known, before, after) }); err != nil {
		return 0, fmt.Errorf("compare the people of the %s: %w", p, err)
	}
	var fewest int64
	for _, n := range moved {
		if fewest == 0 || n < fewest {
			fewest = n
		}
	}
	return fewest, nil
}

// groupOf is a cell and a scope, whose name is empty for all people of the cell.
type groupOf struct {
	cell  Cell
	scope string
}

// member is where a person was before or is after; placed is false for nowhere.
type member struct {
	placed   bool
	place    place
	eligible []string
}

func count(moved map[groupOf]int64, known map[string]bool, before, after member) {
	for cut := range cuts {
		left, came := groupsOf(cut, before), groupsOf(cut, after)
		for g := range left {
			if !came[g] && known[g.scope] {
				moved[g]++
			}
		}
		for g := range came {
			if !left[g] && known[g.scope] {
				moved[g]++
			}
		}
	}
}

func groupsOf(cut int, m member) map[groupOf]bool {
	groups := map[groupOf]bool{}
	if !m.placed {
		return groups
	}
	cell := cellOf(cut, m.place)
	groups[groupOf{cell, ""}] = true
	for _, scope := range m.eligible {
		groups[groupOf{cell, scope}] = true
	}
	return groups
}

// knownScopes are those that the period's population knows: a tool that is new
// makes a new group and changes none.
func knownScopes(ctx context.Context, conn driver.Conn, p Period) (map[string]bool, error) {
	var names []string
	err := conn.QueryRow(ctx, fmt.Sprintf("SELECT groupUniqArrayArray(eligible::Array(String)) FROM %s WHERE grain = '%s' AND period = '%s'", Population, p.Grain, p.Name())).Scan(&names)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{"": true}
	for _, name := range names {
		known[name] = true
	}
	return known, nil
}

// readMoved visits everybody whose row differs.
func readMoved(ctx context.Context, conn driver.Conn, p Period, staged string, visit func(before, after member)) error {
	side := func(number int, table string) string {
		return fmt.Sprintf("SELECT %d AS side, person, [%s] AS place, eligible::Array(String) AS eligible, working_days FROM %s WHERE grain = '%s' AND period = '%s'",
			number, asStrings(Dimensions), table, p.Grain, p.Name())
	}
	rows, err := conn.Query(ctx, fmt.Sprintf(`
SELECT countIf(side = 0) > 0, anyIf(place, side = 0), anyIf(eligible, side = 0), countIf(side = 1) > 0, anyIf(place, side = 1), anyIf(eligible, side = 1)
FROM (%s UNION ALL %s)
GROUP BY person
HAVING count() = 1 OR uniqExact(place, arraySort(eligible), working_days) > 1`, side(0, Population), side(1, staged)))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var before, after member
		var from, to []string
		if err := rows.Scan(&before.placed, &from, &before.eligible, &after.placed, &to, &after.eligible); err != nil {
			return err
		}
		copy(before.place[:], from)
		copy(after.place[:], to)
		visit(before, after)
	}
	return rows.Err()
}
