package figure

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Excluded counts what a figure leaves out, of the people of its cell and of
// the acts of its row. The counts are exact and must not be shown as they are.
type Excluded struct {
	// FewDays, OnLeave and NotEntitled are people of the cell who are not eligible:
	// too few working days on the roster, on long leave, or without the tool.
	FewDays, OnLeave, NotEntitled int64
	// Agent are acts of agents and schedules of the cell's people.
	Agent int64
	// Nobodys are acts of the row that belong to nobody on the roster.
	Nobodys int64
}

// ReadExcluded counts what the figure leaves out.
func (h *History) ReadExcluded(ctx context.Context, conn driver.Conn, a Ask) (Excluded, error) {
	q := sqlOf{Ask: a, span: span{Period: a.Period, until: a.Period.last()}, history: h}
	if err := q.find(); err != nil {
		return Excluded{}, err
	}
	var e Excluded
	if err := conn.QueryRow(ctx, q.notEligible()).Scan(&e.FewDays, &e.OnLeave, &e.NotEntitled); err != nil {
		return e, fmt.Errorf("count who is left out of the %s: %w", a.Period, err)
	}
	if err := conn.QueryRow(ctx, q.agents()).Scan(&e.Agent, &e.Nobodys); err != nil {
		return e, fmt.Errorf("count the acts left out of the %s: %w", a.Period, err)
	}
	return e, nil
}

// placed chooses the population's rows of the cell.
func (q *sqlOf) placed() string {
	return fmt.Sprintf("grain = '%s' AND period = '%s' AND %s", q.Grain, q.Name(), q.cell)
}

// notEligible tells why people of the cell are not eligible, the first reason of each.
func (q *sqlOf) notEligible() string {
	p := q.Ask.Period
	return fmt.Sprintf(`
SELECT toInt64(countIf(few)), toInt64(countIf(NOT few AND away)), toInt64(countIf(NOT few AND NOT away))
FROM
(
    WITH bitAnd(days.present, %[1]d) AS working
    SELECT NOT (%[2]s) AS few, NOT (%[3]s) AS away
    FROM (SELECT person FROM population WHERE %[4]s AND NOT has(eligible, %[5]s)) AS placed
    LEFT JOIN (SELECT person, groupBitOr(%[6]s) AS present FROM roster WHERE %[7]s GROUP BY person) AS days ON days.person = placed.person
    LEFT JOIN (%[8]s) AS leaves ON leaves.person = placed.person
)
SETTINGS join_use_nulls = 0`, p.working(), p.enough("working"), p.enough("bitAnd(working, bitNot(leaves.away))"), q.placed(), text(q.scope.Name),
		p.bits("valid_from", "valid_to"), p.touches("valid_from", "valid_to"), leaveSQL(p))
}

// agents counts acts: those of the cell's people that were no intention of
// theirs, and for the whole those of nobody.
func (q *sqlOf) agents() string {
	nobodys := "0"
	if q.cell == "1" {
		nobodys = fmt.Sprintf("SELECT sum(acts) FROM act_day WHERE %s AND local_day = toDate(0) AND %s", q.between("day"), q.tools())
	}
	return fmt.Sprintf(`SELECT
    toInt64((SELECT sum(agent) FROM person_day WHERE %s AND %s AND person IN (SELECT person FROM population WHERE %s))),
    toInt64((%s))`, q.between("day"), q.tools(), q.placed(), strings.TrimSpace(nobodys))
}
