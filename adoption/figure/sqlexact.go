package figure

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// exact selects n, d and v of the figure before anything is rounded.
func (q *sqlOf) exact() string {
	switch q.metric.Name {
	case roleGap.Name:
		return q.gap()
	case trainingEffect.Name:
		return q.training()
	case unattributedShare.Name:
		return fmt.Sprintf("SELECT toInt64(%s) AS n, toInt64(%s) AS d, NULL AS v FROM act_day WHERE %s AND %s", q.statistic.Numerator, q.statistic.Denominator, q.between("day"), q.tools())
	case spread.Name:
		return q.spread()
	}
	s := q.statistic
	n, d, v := orNull(s.Numerator, "toInt64"), orNull(s.Denominator, "toInt64"), orNull(s.Value, "toFloat64")
	if s.Value != "" {
		v = fmt.Sprintf("if(isNaN(%[1]s AS whole), NULL, whole)", v)
	}
	switch {
	case q.metric.Name == stickiness.Name && s.OfWindow:
		d = "(" + q.window() + ")"
	case q.metric.Name == stickiness.Name:
		n = "(" + q.days() + ")"
	case s.amend != nil && q.cell == "1":
		n += " + (" + q.left() + ")"
	}
	return fmt.Sprintf("SELECT %s AS n, %s AS d, %s AS v\nFROM\n(%s\n)\nWHERE %s", n, d, v, q.standing(s.Numerator+" "+s.Denominator+" "+s.Value), q.whose())
}

func orNull(sql, as string) string {
	if sql == "" {
		return "NULL"
	}
	return as + "(" + sql + ")"
}

// whose is the condition on the rows of the standing.
func (q *sqlOf) whose() string { return "scope = " + text(q.scope.Name) + " AND " + q.cell }

func (q *sqlOf) tools() string {
	return "has(" + quoted(q.scope.Tools) + ", toString(tool))"
}

var (
	columnName = regexp.MustCompile(`(?s) AS (\w+)$`)
	joinName   = regexp.MustCompile(`\) AS (\w+)(?: ON [^)]*)?$`)
)

// standing selects the columns that an expression mentions, with the joins that
// these need.
func (q *sqlOf) standing(wanted string) string {
	columns, joins := q.history.columns(q.span)
	var someColumns, someJoins []string
	for _, c := range columns {
		if regexp.MustCompile(`\b` + columnName.FindStringSubmatch(c)[1] + `\b`).MatchString(wanted) {
			someColumns = append(someColumns, c)
		}
	}
	for _, j := range joins {
		if strings.Contains(strings.Join(someColumns, " "), joinName.FindStringSubmatch(j)[1]+".") {
			someJoins = append(someJoins, j)
		}
	}
	return q.history.standingOf(q.span, someColumns, someJoins)
}

// days counts people on each working day where the roster had them that day.
func (q *sqlOf) days() string {
	return fmt.Sprintf(`SELECT toInt64(uniqExact(person, day)) FROM
    (
        SELECT done.person AS person, done.day AS day
        FROM (%s) AS done
        INNER JOIN roster ON roster.person = done.person
        WHERE done.day BETWEEN valid_from AND valid_to AND %s AND %s
    )`, acts(q.Start, q.friday()), q.tools(), q.cell)
}

// window counts the active people of the 28 days, at their places of the 28 days.
func (q *sqlOf) window() string {
	over := *q
	over.span = newSpan(q.Week().Window(), q.Week())
	return "SELECT toInt64(countIf(active)) FROM (" + over.standing("active") + ") WHERE " + q.whose()
}

// left counts what seats of people who left add to the total.
func (q *sqlOf) left() string {
	what := "count()"
	if q.statistic.Scale > 1 {
		what = "sum(micro_usd)"
	}
	friday := Period{Day, q.friday()}
	return fmt.Sprintf(`SELECT toInt64(%s) FROM (%s) AS seats WHERE %s
        AND person IN (SELECT person FROM roster WHERE valid_to < '%s') AND person NOT IN (SELECT person FROM roster WHERE %s)`,
		what, q.seatsSQL(), q.tools(), q.friday().Format(time.DateOnly), friday.touches("valid_from", "valid_to"))
}

func (q *sqlOf) spread() string {
	s := q.statistic
	if s.Cuts == OnlyTotal {
		c := calculation{history: q.history, span: q.span}
		if c.Week().since(c.history.First) <= powerAppeared {
			return "SELECT 0 AS n, 0 AS d, NULL AS v"
		}
		return "SELECT counted.1 AS n, counted.2 AS d, NULL AS v FROM (SELECT (" + strings.TrimSpace(c.afterPowerSQL(s)) + ") AS counted)"
	}
	return fmt.Sprintf(`SELECT toInt64(%s) AS n, toInt64(%s) AS d, NULL AS v
FROM (SELECT team, countIf(tier IN ('power', 'habitual')) AS habitual FROM (%s) WHERE %s AND eligible GROUP BY team)`,
		s.Numerator, s.Denominator, q.standing("tier"), q.whose())
}
