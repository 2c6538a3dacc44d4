package figure

import (
	"fmt"
	"time"
)

// thisWeek is the bit of the standing's own week among the weeks of a person: bit
// 0 is eleven weeks before, bits from 12 on are the weeks after.
const thisWeek = 11

// weeksBits has the bits of the weeks from one to another, relative to the
// standing's own.
func weeksBits(from, to int) uint64 {
	return (1<<(to-from+1) - 1) << (thisWeek + from)
}

// week has what a week asks of a person besides the place.
//
//	active               an act in the week
//	tier                 of the last 12 weeks, or of 4 while 12 are not known
//	flow                 new, retained, returned, lapsed or nothing
//	tools, categories    with an act in the week
//	depth                prompts on each day with an act
//	began                the first act of all lies in the week
//	back                 active so many weeks later, for 4, 8 and 12
//	holder, held_used    named seats on the Friday, and whether used in the week
//	never_used, dormant  seats of 28 days or more without an act in 28 days
//	idle_micro_usd       what they cost a month
//	entitled             the first entitlement began in the week
//	first_use, followed  days from it to the first act, -1 for none, and to the last day that is looked at
func (h *History) week(s span) (columns, joins []string) {
	columns = []string{
		"used.active AS active",
		tierColumn(h, s) + " AS tier",
		"used.flow AS flow",
		"used.tools AS tools",
		"used.categories AS categories",
		"used.depth AS depth",
		"used.flow = 'new' AS began",
		"used.back AS back",
		"held.holder AS holder", "held.used AS held_used", "held.never_used AS never_used", "held.dormant AS dormant", "held.idle_micro_usd AS idle_micro_usd",
		"entitlement.person != '' AS entitled", "entitlement.first_use AS first_use", "entitlement.followed AS followed",
	}
	return columns, []string{h.usedWeeks(s), firstDays, h.held(s), h.entitlement(s)}
}

// firstDays joins everybody's first day on the roster.
const firstDays = "LEFT JOIN (SELECT person, min(toInt32(valid_from)) AS day FROM roster GROUP BY person) AS first ON first.person = placed.person"

// tierColumn is the ladder of twelve weeks; of people who are known for fewer it
// is that of four.
func tierColumn(h *History, s span) string {
	known := fmt.Sprintf("greatest(%s, %d) <= %d", mondayOf("first.day"), h.First.number(), s.Week().Add(-11).number())
	return fmt.Sprintf(`if(%[1]s,
        multiIf(bitCount(bitAnd(used.weeks, %[2]d)) >= 9 AND used.acts_12 >= 180, 'power', bitCount(bitAnd(used.weeks, %[2]d)) >= 9, 'habitual', used.acts_12 >= 12, 'novice', used.acts_12 > 0, 'low', 'none'),
        multiIf(bitCount(bitAnd(used.weeks, %[3]d)) = 4 AND used.acts_4 >= 60, 'power', bitCount(bitAnd(used.weeks, %[3]d)) = 4, 'habitual', used.acts_4 >= 4, 'novice', used.acts_4 > 0, 'low', 'none'))`,
		known, weeksBits(-11, 0), weeksBits(-3, 0))
}

// used is what people did around the week: a row per person and tool.
func (s span) used() string {
	if s.uses != "" {
		return "SELECT * FROM " + s.uses
	}
	return s.usesSQL()
}

// usesSQL has a row per person and tool: in which weeks there were acts, whether there
// were any before the first of them, and what was done in the week itself.
func (s span) usesSQL() string {
	from := s.Start.AddDate(0, 0, -7*thisWeek)
	return fmt.Sprintf(`
        SELECT
            person, tool,
            max(day < '%[1]s') AS earlier,
            groupBitOrIf(bitShiftLeft(toUInt64(1), n), day >= '%[1]s') AS weeks,
            sumIf(acts, day >= '%[1]s' AND n <= %[3]d) AS acts_12,
            sumIf(acts, day >= '%[1]s' AND n BETWEEN %[4]d AND %[3]d) AS acts_4,
            groupBitOrIf(bitShiftLeft(toUInt64(1), positiveModulo(toInt32(day) - %[5]d, 7)), n = %[3]d) AS days,
            sumForEach(arrayMap(d -> if(toInt32(day) = %[5]d + d, prompts, 0), range(7))) AS prompts
        FROM
        (
            SELECT person, tool, day, acts, prompts, if(day >= '%[1]s', intDiv(toInt32(day) - %[6]d, 7), 255) AS n
            FROM (SELECT person, tool, local_day AS day, acts, prompts FROM act_day WHERE local_day > toDate(0) AND local_day <= '%[2]s' AND tool != '%[7]s')
        )
        GROUP BY person, tool`, from.Format(time.DateOnly), s.until.Format(time.DateOnly), thisWeek, thisWeek-3, s.number(), s.number()-7*thisWeek, extension)
}

// usedWeeks joins what people did in the weeks around the period's own.
func (h *History) usedWeeks(s span) string {
	return fmt.Sprintf(`LEFT JOIN
(
    SELECT
        person, scope,
        max(earlier) AS before, groupBitOr(weeks) AS weeks, sum(acts_12) AS acts_12, sum(acts_4) AS acts_4,
        bitTest(weeks, %[1]d) AS active,
        countIf(days != 0) AS tools,
        uniqExactIf(category, days != 0) AS categories,
        arrayFilter((n, d) -> bitTest(groupBitOr(days), d), sumForEach(prompts), range(7)) AS depth,
        multiIf(
            active AND NOT before AND bitAnd(weeks, %[2]d) = 0, 'new',
            active AND bitAnd(weeks, %[3]d) != 0, 'retained',
            active, 'returned',
            bitCount(bitAnd(weeks, %[4]d)) >= 2 AND bitAnd(weeks, %[5]d) = 0, 'lapsed', '') AS flow,
        arrayFilter(n -> bitTest(weeks, %[1]d + n), [4, 8, 12]) AS back
    FROM
    (
        SELECT *, %[6]s AS category
        FROM (%[7]s)
    )
    ARRAY JOIN %[8]s AS scope
    GROUP BY person, scope
) AS used ON used.person = placed.person AND used.scope = placed.scope`, thisWeek, weeksBits(-11, -1), weeksBits(-4, -1), weeksBits(-7, -4), weeksBits(-3, 0),
		h.categoryOf("tool"), s.used(), h.scopesOf("tool"))
}

// categoryOf is the category that the tool is in.
func (h *History) categoryOf(tool string) string {
	var tools, categories []string
	for _, s := range h.Scopes {
		if s.single() {
			tools, categories = append(tools, s.Name), append(categories, h.Scopes[s.Parent].Name)
		}
	}
	return fmt.Sprintf("transform(toString(%s), %s, %s, '')", tool, quoted(tools), quoted(categories))
}
