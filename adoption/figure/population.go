package figure

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Population is the table that keeps who was placed where in each period.
const Population = "population"

// Place writes into a table of the population's form everybody who was on the
// roster in each of the periods, with their place and the scopes they are eligible for.
func Place(ctx context.Context, conn driver.Conn, h *History, into string, periods ...Period) error {
	var placed []string
	for _, p := range periods {
		placed = append(placed, "SELECT * FROM ("+placeSQL(h, p)+")")
	}
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"join_use_nulls": 0, "max_query_size": 16 << 20, "max_ast_elements": 500_000}))
	err := conn.Exec(ctx, "INSERT INTO "+into+" (grain, period, person, "+strings.Join(Dimensions, ", ")+", working_days, eligible) "+strings.Join(placed, "\nUNION ALL "))
	if err != nil {
		return fmt.Errorf("place the people of the %s: %w", periods[0], err)
	}
	return nil
}

// placeSQL follows rules 6 to 10 of docs/definitions.md. Days are bits, the
// period's first day the lowest.
func placeSQL(h *History, p Period) string {
	var picks []string
	for i, name := range Dimensions {
		picks = append(picks, fmt.Sprintf("(%s) AS %s", pick(i+1), name))
	}
	return fmt.Sprintf(`
WITH
    toUInt32(%[1]d) AS working, %[13]s,
    bitAnd(bitAnd(present, working), bitNot(away)) AS here,
    arrayMap((one, all) -> bitAnd(here, bitOr(one, all)), named, everybody) AS able,
    multiIf(able[1] != 0, able[1], bitAnd(present, working) != 0, bitAnd(present, working), present) AS deciding,
    arrayFilter(r -> bitAnd(r.1, deciding) != 0, rows) AS best
SELECT
    '%[2]s', '%[3]s', placed.person AS person, %[4]s,
    toUInt8(%[5]s) AS working_days,
    arrayFilter((scope, days) -> %[6]s, %[7]s, able) AS eligible
FROM
(
    SELECT person, groupArray((days, place)) AS rows, groupBitOr(days) AS present
    FROM (SELECT person, %[8]s AS days, [%[9]s] AS place FROM roster WHERE %[10]s)
    GROUP BY person
) AS placed
LEFT JOIN (%[11]s) AS leaves ON leaves.person = placed.person
%[12]s`, p.working(), p.Grain, p.Name(), strings.Join(picks, ",\n    "), mostDays(p, "bitAnd(present, working)"), p.enough("days"), quoted(h.names()),
		p.bits("valid_from", "valid_to"), asStrings(Dimensions), p.touches("valid_from", "valid_to"), leaveSQL(p), h.seatsIn(p), h.entitled())
}

// pick is the value of a dimension on most of the deciding days, of two as
// frequent the later one. Rows hold different days, so that the greater bits
// are the later.
func pick(i int) string {
	return fmt.Sprintf("arraySort(r -> (arraySum(arrayMap(e -> if(e.2[%[1]d] = r.2[%[1]d], bitCount(bitAnd(e.1, deciding)), 0), best)), bitAnd(r.1, deciding)), best)[-1].2[%[1]d]", i)
}

// weeks has the bits of each week of the period.
func (p Period) weeks() []uint32 {
	weeks := []uint32{1<<min(7, p.days()) - 1}
	for n := 7; n < p.days(); n += 7 {
		weeks = append(weeks, weeks[0]<<n)
	}
	return weeks
}

// enough tells by the bits of able days whether somebody is eligible: on three
// working days of one week, or on the day.
func (p Period) enough(days string) string {
	if p.Grain == Day {
		return days + " != 0"
	}
	return mostDays(p, days) + " >= 3"
}

// mostDays is the number of the days in the week that has most of them.
func mostDays(p Period, days string) string {
	var counts []string
	for _, week := range p.weeks() {
		counts = append(counts, fmt.Sprintf("bitCount(bitAnd(%s, %d))", days, week))
	}
	if len(counts) == 1 {
		return counts[0]
	}
	return "greatest(" + strings.Join(counts, ", ") + ")"
}

// bits has a bit for each day of the period from one day to another, both included.
func (p Period) bits(from, to string) string {
	return fmt.Sprintf("toUInt32(bitShiftLeft(bitShiftLeft(toUInt64(1), least(toInt32(%[2]s) - %[3]d, %[4]d) - greatest(toInt32(%[1]s) - %[3]d, 0) + 1) - 1, greatest(toInt32(%[1]s) - %[3]d, 0)))",
		from, to, p.number(), p.days()-1)
}

// touches is a condition on rows that hold on any day of the period.
func (p Period) touches(from, to string) string {
	return fmt.Sprintf("%s <= '%s' AND %s >= '%s'", from, p.last().Format(time.DateOnly), to, p.first().Format(time.DateOnly))
}

// leaveSQL has the days of long leaves: adjacent rows joined, 28 days or more
// from the first to the last. An open end is far enough away.
func leaveSQL(p Period) string {
	return fmt.Sprintf(`
    SELECT person, groupBitOr(%[1]s) AS away
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
        HAVING last - first >= 27 AND first <= %[2]d AND last >= %[3]d
    )
    GROUP BY person`, p.bits("first", "last"), p.number()+p.days()-1, p.number())
}

// entitled has per scope the days of a person's own seats, named, and of those
// of everybody. Without any seats everybody has every tool.
func (h *History) entitled() string {
	if !h.seats {
		return fmt.Sprintf("arrayWithConstant(%[1]d, toUInt32(0)) AS named, arrayWithConstant(%[1]d, toUInt32(4294967295)) AS everybody", len(h.Scopes))
	}
	return fmt.Sprintf("arrayResize(own.days, %[1]d, toUInt32(0)) AS named, arrayResize(shared.days, %[1]d, toUInt32(0)) AS everybody", len(h.Scopes))
}

// seatsIn joins the seats of the period.
func (h *History) seatsIn(p Period) string {
	if !h.seats {
		return ""
	}
	days := fmt.Sprintf("groupBitOrForEach(arrayMap(mask -> if(bitAnd(%s, mask) != 0, %s, toUInt32(0)), %s)) AS days", h.bit("tool"), p.bits("valid_from", "valid_to"), h.masks())
	return fmt.Sprintf(`LEFT JOIN (SELECT person, %[1]s FROM seat WHERE person != '*' AND %[2]s GROUP BY person) AS own ON own.person = placed.person
CROSS JOIN (SELECT %[1]s FROM seat WHERE person = '*' AND %[2]s) AS shared`, days, p.touches("valid_from", "valid_to"))
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
	return "[" + strings.Join(all, ", ") + "]::Array(UInt64)"
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

// asStrings lists columns as plain strings.
func asStrings(columns []string) string {
	var all []string
	for _, name := range columns {
		all = append(all, "toString("+name+")")
	}
	return strings.Join(all, ", ")
}

// quoted is an array of strings in SQL.
func quoted(values []string) string {
	var all []string
	for _, v := range values {
		all = append(all, text(v))
	}
	return "[" + strings.Join(all, ", ") + "]::Array(String)"
}

// text is a string in SQL.
func text(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}
