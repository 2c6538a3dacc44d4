package figure

import (
	"fmt"
	"strings"
	"time"
)

// span is what a calculation of a period depends on besides the tables: how far
// its people may be followed.
type span struct {
	Period
	// uses is the table in which what people did around the week lies already,
	// empty for none.
	uses string
	// until is the last day of the last final week: at least of the period's
	// own, and at most of the twelfth after it.
	until time.Time
}

// furthest is how many weeks people are followed after a period.
const furthest = 12

func newSpan(p Period, lastFinal Week) span {
	if p.Grain != Weekly {
		return span{Period: p, until: p.last()}
	}
	until := lastFinal.Period().last()
	if last := p.last(); until.Before(last) {
		until = last
	}
	if end := p.last().AddDate(0, 0, 7*furthest); until.After(end) {
		until = end
	}
	return span{Period: p, until: until}
}

// ahead is how many whole weeks after the period's may be looked at.
func (s span) ahead() int { return int(s.until.Sub(s.last()).Hours() / 24 / 7) }

// standingSQL selects the standing: one row per person of a period's population and row by tool:
// the place, and all that a metric asks of a person. It is made for a period,
// aggregated by every metric, and thrown away.
//
//	region … employment, person, scope
//	eligible, heard, active        in every grain
//	employed, tier, flow, …        in weeks: see week
//	prompts                        in windows
func (h *History) standingSQL(s span) string {
	columns, joins := h.columns(s)
	return h.standingOf(s, columns, joins)
}

// columns are what the grain has besides the place, and the joins that give it.
func (h *History) columns(s span) (columns, joins []string) {
	columns, joins = []string{"used.active AS active"}, []string{h.used(s)}
	switch s.Grain {
	case Weekly:
		columns, joins = h.week(s)
	case Window:
		columns = append(columns, "used.prompts AS prompts")
	}
	return append([]string{"placed.person IN (" + heardSQL(s.Period) + ") AS heard"}, columns...), joins
}

// standingOf selects some of the columns.
func (h *History) standingOf(s span, columns, joins []string) string {
	return fmt.Sprintf(`
SELECT
    %[1]s, placed.person AS person, placed.scope AS scope, placed.eligible AS eligible, placed.employed AS employed%[2]s
FROM
(
    SELECT %[1]s, person, working_days >= 3 AS employed, scope, able AS eligible
    FROM population ARRAY JOIN %[3]s AS scope, %[7]s AS able
    WHERE grain = '%[4]s' AND period = '%[5]s'
) AS placed
%[6]s`, strings.Join(Dimensions, ", "), strings.Join(append([]string{""}, columns...), ",\n    "), quoted(h.names()), s.Grain, s.Name(), strings.Join(joins, "\n"), h.able())
}

// able tells per row by tool whether a person of the population is eligible. A
// name that is written out is looked up much faster than one that varies.
func (h *History) able() string {
	var all []string
	for _, name := range h.names() {
		all = append(all, "has(eligible, "+text(name)+")")
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// heardSQL has everybody of whom anything was heard in the 28 days that end
// with the period: on local days in person_day, on days of UTC in heard, whose
// names are as sent.
func heardSQL(p Period) string {
	days := fmt.Sprintf("day BETWEEN '%s' AND '%s'", p.last().AddDate(0, 0, -27).Format(time.DateOnly), p.last().Format(time.DateOnly))
	return fmt.Sprintf(`
        SELECT person FROM person_day WHERE %[1]s
        UNION DISTINCT
        SELECT if(owner.person != '', owner.person, sent.name) AS person
        FROM (SELECT DISTINCT if(person != '', person, device) AS name FROM heard WHERE %[1]s) AS sent
        LEFT JOIN alias AS owner ON owner.alias = sent.name`, days)
}

// scopesOf has the rows by tool that a tool is in, as an array to be joined.
func (h *History) scopesOf(tool string) string {
	var tools, lists []string
	for _, t := range h.Scopes[0].Tools {
		tools = append(tools, t)
		var in []string
		for _, s := range h.Scopes {
			if s.holds(t) {
				in = append(in, s.Name)
			}
		}
		lists = append(lists, quoted(in))
	}
	if len(tools) == 0 {
		return "emptyArrayString()"
	}
	return fmt.Sprintf("[%s][indexOf(%s, toString(%s))]", strings.Join(lists, ", "), quoted(tools), tool)
}

// acts selects who did what on the local days: one row per person, tool and day.
func acts(from, to time.Time) string {
	return fmt.Sprintf(`SELECT person, tool, local_day AS day, sum(acts) AS acts, sum(prompts) AS prompts
        FROM act_day WHERE %s GROUP BY person, tool, local_day`, acted(from, to))
}

// acted is the condition on act-days of the local days with a tool of any
// figure. A local day touches the days of UTC beside it.
func acted(from, to time.Time) string {
	return fmt.Sprintf("act_day.day BETWEEN '%s' AND '%s' AND local_day BETWEEN '%s' AND '%s' AND tool != '%s'",
		from.AddDate(0, 0, -1).Format(time.DateOnly), to.AddDate(0, 0, 1).Format(time.DateOnly), from.Format(time.DateOnly), to.Format(time.DateOnly), extension)
}

// used joins what people did in the period.
func (h *History) used(s span) string {
	return fmt.Sprintf(`LEFT JOIN
(
    SELECT person, scope, true AS active, sum(prompts) AS prompts
    FROM (SELECT person, tool, sum(prompts) AS prompts FROM act_day WHERE %s GROUP BY person, tool) ARRAY JOIN %s AS scope
    GROUP BY person, scope
) AS used ON used.person = placed.person AND used.scope = placed.scope`, acted(s.first(), s.last()), h.scopesOf("tool"))
}
