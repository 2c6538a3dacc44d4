package figure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// errMoved says that the population was replaced while it was read.
var errMoved = errors.New("the people of the week were placed anew")

// countSQL has a row per cell: the cut as the bits of the dimensions that it
// leaves out, its values, and per set the counts of all scopes.
func countSQL(h *History, week Week, sets [][]Mark) string {
	var counts []string
	for _, marks := range sets {
		counts = append(counts, fmt.Sprintf("sumForEach(arrayMap((active, eligible) -> toUInt64(%s), actives, eligibles))", condition(marks)))
	}
	var values []string
	for _, name := range Dimensions {
		values = append(values, "toString("+name+")")
	}
	return fmt.Sprintf(`
WITH %[1]s AS scopes, %[2]s AS masks
SELECT toUInt64(grouping(%[3]s)), %[4]s, [%[5]s]
FROM
(
    SELECT
        %[3]s,
        p.working_days >= 3 AS employed,
        p.person IN (%[6]s) AS heard,
        arrayMap(scope -> has(p.eligible, scope), scopes) AS eligibles,
        arrayMap(mask -> bitAnd(used.mask, mask) != 0, masks) AS actives
    FROM population AS p
    LEFT JOIN (%[7]s) AS used ON used.person = p.person
    WHERE p.grain = 'week' AND p.period = '%[8]s'
)
GROUP BY %[9]s
SETTINGS join_use_nulls = 0, group_by_use_nulls = 0, force_grouping_standard_compatibility = 1`,
		quoted(h.names()), h.masks(), strings.Join(Dimensions, ", "), strings.Join(values, ", "), strings.Join(counts, ",\n    "),
		heardSQL(week), usedSQL(h, week), week.Monday(), groupingSets())
}

// usedSQL has the tools with which a person was active in the week, on local
// days on the roster. A local day touches the days of UTC beside it.
func usedSQL(h *History, week Week) string {
	return fmt.Sprintf(`
        SELECT person, groupBitOr(%s) AS mask
        FROM act_day
        WHERE day BETWEEN '%s' AND '%s' AND local_day BETWEEN '%s' AND '%s'
        GROUP BY person`, h.bit("tool"), week.day(-1), week.day(7), week.Monday(), week.sunday())
}

// heardSQL has everybody of whom anything was heard in the 28 days: on local
// days in person_day, on days of UTC in heard, whose names are as sent.
func heardSQL(week Week) string {
	return fmt.Sprintf(`
            SELECT person FROM person_day WHERE day BETWEEN '%[1]s' AND '%[2]s'
            UNION DISTINCT
            SELECT if(owner.person != '', owner.person, sent.name) AS person
            FROM (SELECT DISTINCT if(person != '', person, device) AS name FROM heard WHERE day BETWEEN '%[1]s' AND '%[2]s') AS sent
            LEFT JOIN alias AS owner ON owner.alias = sent.name`, week.day(-21), week.sunday())
}

// cutOf tells a cut by grouping's bits: the first dimension has the highest,
// and a bit is set where the dimension is left out.
func cutOf(bits uint64) int {
	return slices.IndexFunc(cuts, func(cut []string) bool {
		for i, name := range Dimensions {
			out := bits>>(len(Dimensions)-1-i)&1 == 1
			if out == slices.Contains(cut, name) {
				return false
			}
		}
		return true
	})
}

// countByTool fills the tables of the metrics that count per tool.
func (e *Exact) countByTool(ctx context.Context, conn driver.Conn, h *History) error {
	for _, m := range metrics {
		if m.ByTool == nil || !h.reaches(m, e.Week) {
			continue
		}
		t := Table{Metric: m, Numerator: e.noRows(), Denominator: e.noRows()}
		if err := e.readByTool(ctx, conn, t); err != nil {
			return err
		}
		e.Tables = append(e.Tables, t)
	}
	return nil
}

// noRows has none but for the total, any tool and each single tool.
func (e *Exact) noRows() []int64 {
	counts := make([]int64, len(e.Scopes)*len(e.Cells))
	for i := range counts {
		counts[i] = -1
	}
	for scope, s := range e.Scopes {
		if s.Name == anyTool || !strings.Contains(s.Name, ":") {
			counts[scope*len(e.Cells)] = 0
		}
	}
	return counts
}

func (e *Exact) readByTool(ctx context.Context, conn driver.Conn, t Table) error {
	rows, err := conn.Query(ctx, t.Metric.ByTool(e.Week))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var tool string
		var numerator, denominator int64
		if err := rows.Scan(&tool, &numerator, &denominator); err != nil {
			return err
		}
		if tool == extension {
			continue
		}
		for scope, s := range e.Scopes {
			if at := scope * len(e.Cells); s.Name == anyTool || s.Name == tool {
				t.Numerator[at] += numerator
				t.Denominator[at] += denominator
			}
		}
	}
	return rows.Err()
}
