package figure

import (
	"fmt"
	"time"
)

// friday is the day on which seats are looked at.
func (s span) friday() time.Time { return s.Start.AddDate(0, 0, 4) }

// seatsSQL has the named seats of the Friday: one row per person and tool, with
// how long it was held and what it costs in millionths of a dollar.
func (s span) seatsSQL() string {
	friday := s.friday().Format(time.DateOnly)
	return fmt.Sprintf(`
        SELECT person, tool, toInt32(toDate32('%[1]s')) - min(toInt32(valid_from)) AS age, sum(toInt64(round(monthly_price_usd * 1000000))) AS micro_usd
        FROM seat WHERE person != '*' AND valid_from <= '%[1]s' AND valid_to >= '%[1]s' AND tool != '%[2]s'
        GROUP BY person, tool`, friday, extension)
}

// idleAge is how many days a seat may be new.
const idleAge = 28

// held joins the named seats that people on the roster hold on the Friday.
func (h *History) held(s span) string {
	if !h.named {
		return "CROSS JOIN (SELECT false AS holder, toUInt8(0) AS used, toUInt64(0) AS never_used, toUInt64(0) AS dormant, toInt64(0) AS idle_micro_usd) AS held"
	}
	friday := s.friday()
	day := Period{Day, friday}
	return fmt.Sprintf(`LEFT JOIN
(
    SELECT
        person, scope,
        true AS holder,
        max(bitTest(weeks, %[1]d)) AS used,
        sum(idle AND NOT ever) AS never_used,
        sum(idle AND ever) AS dormant,
        sum(if(idle, micro_usd, 0)) AS idle_micro_usd
    FROM
    (
        SELECT seats.person AS person, seats.tool AS tool, micro_usd, uses.weeks AS weeks,
            age >= %[2]d AND away.away = 0 AND bitAnd(uses.weeks, %[3]d) = 0 AS idle,
            uses.earlier OR bitAnd(uses.weeks, %[4]d) != 0 AS ever
        FROM (%[5]s) AS seats
        LEFT JOIN (%[6]s) AS uses ON uses.person = seats.person AND uses.tool = seats.tool
        LEFT JOIN (%[7]s) AS away ON away.person = seats.person
        WHERE seats.person IN (SELECT person FROM roster WHERE %[8]s)
    ) AS seats
    ARRAY JOIN %[9]s AS scope
    GROUP BY person, scope
) AS held ON held.person = placed.person AND held.scope = placed.scope`, thisWeek, idleAge, weeksBits(-3, 0), weeksBits(-11, 0),
		s.seatsSQL(), s.used(), leaveSQL(day), day.touches("valid_from", "valid_to"), h.scopesOf("tool"))
}

// entitlement joins the people whose first entitlement to a tool of the row
// began in the week, and when they first used one.
func (h *History) entitlement(s span) string {
	return fmt.Sprintf(`LEFT JOIN
(
    SELECT begun.person AS person, begun.scope AS scope,
        if(countIf(acts.day >= begun.day) = 0, -1, toInt32(minIf(acts.day, acts.day >= begun.day)) - toInt32(any(begun.day))) AS first_use,
        toInt32(toDate('%[1]s')) - toInt32(any(begun.day)) AS followed
    FROM (%[2]s) AS begun
    LEFT JOIN
    (
        SELECT person, scope, day FROM (%[3]s) ARRAY JOIN %[4]s AS scope
        WHERE person IN (SELECT person FROM (%[2]s))
        GROUP BY person, scope, day
    ) AS acts ON acts.person = begun.person AND acts.scope = begun.scope
    GROUP BY person, scope
) AS entitlement ON entitlement.person = placed.person AND entitlement.scope = placed.scope`,
		s.until.Format(time.DateOnly), h.begunSQL(s), acts(s.Start, s.until), h.scopesOf("tool"))
}

// begunSQL has everybody with the rows by tool to which their first entitlement
// began in the week: with a named seat, else with their start on the roster.
func (h *History) begunSQL(s span) string {
	return fmt.Sprintf(`
        SELECT person, scope, toDate(begin) AS day
        FROM
        (
            SELECT person, arrayMap((mask, own) -> if(bitAnd(bitAnd(shared, mask), bitNot(named)) != 0, start, greatest(own, start)), %[1]s, arrayResize(since, %[2]d, toInt32(%[6]d))) AS begins
            FROM
            (
                SELECT first.person AS person, first.day AS start, %[3]s AS shared, seats.named AS named, if(empty(seats.since), arrayWithConstant(%[2]d, toInt32(%[6]d)), seats.since) AS since
                FROM (SELECT person, min(toInt32(valid_from)) AS day FROM roster GROUP BY person) AS first
                LEFT JOIN
                (
                    SELECT person, groupBitOr(%[4]s) AS named, minForEach(arrayMap(mask -> if(bitAnd(%[4]s, mask) != 0, toInt32(valid_from), toInt32(%[6]d)), %[1]s)) AS since
                    FROM seat WHERE person != '*' GROUP BY person
                ) AS seats ON seats.person = first.person
            )
        )
        ARRAY JOIN begins AS begin, %[5]s AS scope
        WHERE begin BETWEEN %[7]d AND %[8]d`, h.masks(), len(h.Scopes), h.sharedFrom("first.day"), h.bit("tool"), quoted(h.names()), never, s.number(), s.number()+6)
}

// never is later than any day.
const never = 1 << 30

// sharedFrom is the mask of the tools that everybody was entitled to on a day.
func (h *History) sharedFrom(day string) string {
	if !h.seats {
		return "toUInt64(18446744073709551615)"
	}
	return fmt.Sprintf("arrayReduce('groupBitOr', arrayConcat([toUInt64(0)], arrayMap(s -> if(%[1]s BETWEEN s.2 AND s.3, s.1, toUInt64(0)), (SELECT groupArray((%[2]s, toInt32(valid_from), toInt32(valid_to))) FROM seat WHERE person = '*'))))",
		day, h.bit("tool"))
}
