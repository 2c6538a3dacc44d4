package figure

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Population is the table that keeps who was placed where in each week.
const Population = "population"

// Place writes into a table of the population's form everybody who was on the
// roster in the week, with their place and the scopes they are eligible for.
func Place(ctx context.Context, conn driver.Conn, h *History, week Week, into string) error {
	if err := conn.Exec(ctx, "INSERT INTO "+into+" (grain, period, person, "+strings.Join(Dimensions, ", ")+", working_days, eligible)"+placeSQL(h, week)); err != nil {
		return fmt.Errorf("place the people of the week of %s: %w", week.Monday(), err)
	}
	return nil
}

// placeSQL follows rules 6 to 10 of docs/definitions.md. Days are numbered from the Monday.
func placeSQL(h *History, week Week) string {
	var picks []string
	for i, name := range Dimensions {
		picks = append(picks, pick(i+1)+" AS "+name)
	}
	return fmt.Sprintf(`
WITH
    %[1]d AS monday,
    %[2]s AS scopes,
    %[3]s AS masks
SELECT
    'week', '%[4]s', person, %[5]s,
    toUInt8(arrayCount(d -> d.2 < 5, days)) AS working_days,
    arrayFilter((scope, n) -> n >= 3, scopes, able_days) AS eligible
FROM
(
    SELECT
        person,
        arraySort(d -> d.2, groupArray((kind, n, place))) AS days,
        arrayMax(arrayMap(d -> d.1, days)) AS best_kind,
        arrayFilter(d -> d.1 = best_kind, days) AS best,
        sumForEach(arrayMap(mask -> toUInt8(able AND bitAnd(entitled, mask) != 0), masks)) AS able_days
    FROM
    (
        SELECT
            day.person AS person, day.n AS n, place,
            %[6]s AS entitled,
            day.n < 5 AND NOT arrayExists(l -> monday + day.n BETWEEN l.1 AND l.2, leaves) AS able,
            multiIf(able AND entitled != 0, 2, day.n < 5, 1, 0) AS kind
        FROM (%[7]s) AS day
        LEFT JOIN (%[8]s) AS away ON away.person = day.person%[9]s
    )
    GROUP BY person
)
SETTINGS join_use_nulls = 0`, week.number(), quoted(h.names()), h.masks(), week.Monday(), strings.Join(picks, ",\n    "),
		h.entitled(), daysSQL(week), leaveSQL(week), h.entitlements(week))
}

// pick is the value of a dimension on most of the best days, of two as
// frequent the later one.
func pick(i int) string {
	return fmt.Sprintf("arraySort(d -> (countEqual(arrayMap(e -> e.3[%[1]d], best), d.3[%[1]d]), d.2), best)[-1].3[%[1]d]", i)
}

// daysSQL has a row per person and day of the week on the roster.
func daysSQL(week Week) string {
	var values []string
	for _, name := range Dimensions {
		values = append(values, "toString("+name+")")
	}
	return fmt.Sprintf(`
            SELECT person, n, [%s] AS place
            FROM roster ARRAY JOIN range(7) AS n
            WHERE %d + n BETWEEN toInt32(valid_from) AND toInt32(valid_to)`, strings.Join(values, ", "), week.number())
}

// leaveSQL has the long leaves that touch the week: adjacent rows joined, 28
// days or more from the first to the last. An open end is far enough away.
func leaveSQL(week Week) string {
	return fmt.Sprintf(`
            SELECT person, groupArray((first, last)) AS leaves
            FROM
            (
                SELECT person, min(since) AS first, max(until) AS last
                FROM
                (
                    SELECT person, since, until, sum(begins) OVER (PARTITION BY person ORDER BY since ROWS UNBOUNDED PRECEDING) AS number
                    FROM
                    (
                        SELECT person, toInt32(valid_from) AS since, toInt32(valid_to) AS until, lagInFrame(until) OVER before + 1 != since AS begins
                        FROM roster
                        WHERE status = 'leave'
                        WINDOW before AS (PARTITION BY person ORDER BY since ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
                    )
                )
                GROUP BY person, number
                HAVING last - first >= 27 AND first <= %[1]d AND last >= %[2]d
            )
            GROUP BY person`, week.number()+6, week.number())
}

// entitled is the mask of the tools that a person is entitled to on a day.
func (h *History) entitled() string {
	if !h.seats {
		return "toUInt64(18446744073709551615)"
	}
	return "bitOr(named.mask, everybody.mask)"
}

// entitlements joins the seats of a person and those of everybody.
func (h *History) entitlements(week Week) string {
	if !h.seats {
		return ""
	}
	seats := func(columns, condition string) string {
		return fmt.Sprintf(`
            SELECT %[1]s, groupBitOr(%[2]s) AS mask
            FROM seat ARRAY JOIN range(5) AS n
            WHERE %[3]d + n BETWEEN toInt32(valid_from) AND toInt32(valid_to) AND %[4]s
            GROUP BY %[1]s`, columns, h.bit("tool"), week.number(), condition)
	}
	return fmt.Sprintf(`
        LEFT JOIN (%s) AS named ON named.person = day.person AND named.n = day.n
        LEFT JOIN (%s) AS everybody ON everybody.n = day.n`, seats("person, n", "person != '*'"), seats("n", "person = '*'"))
}

// bit is the tool's place in a mask, 0 for what is no tool of any figure.
func (h *History) bit(column string) string {
	return fmt.Sprintf("transform(toString(%s), %s, %s, toUInt64(0))", column, quoted(h.Scopes[0].Tools), bits(len(h.Scopes[0].Tools)))
}

func bits(n int) string {
	var all []string
	for i := range n {
		all = append(all, "toUInt64("+strconv.FormatUint(1<<i, 10)+")")
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// masks has per scope the bits of its tools. Any tool has all bits, so that
// who is entitled to everything is so before any tool is known.
func (h *History) masks() string {
	masks := []string{"toUInt64(18446744073709551615)"}
	for _, scope := range h.Scopes[1:] {
		var mask uint64
		for _, tool := range scope.Tools {
			mask |= 1 << slices.Index(h.Scopes[0].Tools, tool)
		}
		masks = append(masks, "toUInt64("+strconv.FormatUint(mask, 10)+")")
	}
	return "[" + strings.Join(masks, ", ") + "]"
}

func (h *History) names() []string {
	var names []string
	for _, scope := range h.Scopes {
		names = append(names, scope.Name)
	}
	return names
}

// quoted is an array of strings in SQL.
func quoted(values []string) string {
	var all []string
	for _, v := range values {
		all = append(all, "'"+strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v)+"'")
	}
	return "[" + strings.Join(all, ", ") + "]::Array(String)"
}
