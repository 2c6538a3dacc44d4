package figure

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// History is what the figures of any week depend on besides the week's own rows.
type History struct {
	// First is the week of the first act of anybody on the roster.
	First Week
	// Begun is false before there is such an act.
	Begun bool
	// Frozen is the day on which pseudonyms began anew: what was published of
	// weeks before it stands. Zero where they never did.
	Frozen time.Time
	// People is how many the roster has.
	People uint64
	// Scopes are the rows by tool.
	Scopes []Scope
	// heard has the weeks in which anything was heard of a tool.
	heard map[string]map[Week]bool
	// since is the first of them.
	since map[string]Week
	// seats is false where no seats are known: everybody is entitled to every tool.
	seats bool
	// named tells whether any of them names its holder, trained whether anybody
	// had a training.
	named, trained bool
}

// ReadHistory reads the history as it is now.
func ReadHistory(ctx context.Context, conn driver.Conn, of CategoryOf) (*History, error) {
	h := &History{heard: map[string]map[Week]bool{}, since: map[string]Week{}}
	tools, err := readTools(ctx, conn)
	if err != nil {
		return nil, err
	}
	h.Scopes = Scopes(tools, of)
	err = conn.QueryRow(ctx, "SELECT count() > 0, countIf(person != '*') > 0, (SELECT count() > 0 FROM training), (SELECT uniqExact(person) FROM roster) FROM seat").Scan(&h.seats, &h.named, &h.trained, &h.People)
	if err != nil {
		return nil, fmt.Errorf("read how many people and whether seats are known: %w", err)
	}
	if err := h.readHeard(ctx, conn); err != nil {
		return nil, fmt.Errorf("read when tools were heard of: %w", err)
	}
	if err := h.readFirst(ctx, conn); err != nil {
		return nil, fmt.Errorf("read when the history begins: %w", err)
	}
	return h, nil
}

func (h *History) readHeard(ctx context.Context, conn driver.Conn) error {
	rows, err := conn.Query(ctx, `
SELECT DISTINCT toString(tool), toMonday(day) FROM
(
    SELECT DISTINCT tool, day FROM person_day
    UNION ALL
    SELECT DISTINCT tool, day FROM act_day
    UNION ALL
    SELECT DISTINCT tool, day FROM heard
)`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var tool string
		var monday time.Time
		if err := rows.Scan(&tool, &monday); err != nil {
			return err
		}
		h.hear(tool, WeekOf(monday))
	}
	return rows.Err()
}

func (h *History) hear(tool string, week Week) {
	if h.heard[tool] == nil {
		h.heard[tool] = map[Week]bool{}
	}
	h.heard[tool][week] = true
	if since, known := h.since[tool]; !known || week.monday.Before(since.monday) {
		h.since[tool] = week
	}
}

func (h *History) readFirst(ctx context.Context, conn driver.Conn) error {
	var first, epoch time.Time
	err := conn.QueryRow(ctx, "SELECT argMax(since, begun_at) FROM identity_epoch").Scan(&epoch)
	if err != nil {
		return err
	}
	if epoch.Unix() > 0 {
		h.Frozen = WeekOf(epoch.AddDate(0, 0, 6)).Start()
	}
	var acts uint64
	err = conn.QueryRow(ctx, fmt.Sprintf("SELECT min(local_day), count() FROM act_day WHERE local_day > toDate(0) AND local_day >= '%s' AND tool != '%s'",
		epoch.Format(time.DateOnly), extension)).Scan(&first, &acts)
	if err == nil && acts > 0 {
		h.First, h.Begun = WeekOf(first), true
	}
	return err
}

// silent tells whether nothing was heard of the scope's tools in the period
// although there was something before. A day is as silent as its week.
func (h *History) silent(scope Scope, p Period) bool {
	before := false
	from := WeekOf(p.first())
	for _, tool := range scope.Tools {
		for week := from; !week.monday.After(p.Week().monday); week = week.Add(1) {
			if h.heard[tool][week] {
				return false
			}
		}
		if since, known := h.since[tool]; known && since.monday.Before(from.monday) {
			before = true
		}
	}
	return before
}

// reaches tells whether a statistic's whole look-back at the week lies in the history.
func (h *History) reaches(s Statistic, week Week) bool {
	return h.Begun && week.since(h.First) >= s.LookBack
}

// Basis is what the figures of a period take from the history, for comparison.
func (h *History) Basis(p Period, lastFinal Week) string {
	var b strings.Builder
	c := calculation{history: h, span: newSpan(p, lastFinal)}
	for _, scope := range h.Scopes {
		fmt.Fprintf(&b, "%s %d %t", scope.Name, scope.Parent, h.silent(scope, p))
		for week := 1; week <= c.ahead() && p.Grain == Weekly; week++ {
			fmt.Fprintf(&b, " %t", h.silent(scope, p.Week().Add(week).Period()))
		}
		b.WriteString("\n")
	}
	for _, m := range metrics {
		for _, s := range m.Statistics {
			fmt.Fprintf(&b, "%s %v %t\n", m.ID(), s.Dimensions, c.has(s))
		}
	}
	return b.String() + c.until.String()
}

// Entitling is what a population takes from the history, for comparison.
func (h *History) Entitling() string {
	return fmt.Sprint(h.seats, h.Scopes)
}

// Touched are the periods whose figures look at a day: the day itself, its week, and
// every later one up to a week, because what was done before tells the new
// from the returned. Cohorts that are followed up to the day are touched where
// its week is final: before that nothing of them is published.
func Touched(day time.Time, upTo, lastFinal Week) []Period {
	week := WeekOf(day)
	touched := []Period{DayPeriod(day)}
	if !week.monday.After(lastFinal.monday) {
		for n := furthest; n > 0; n-- {
			touched = append(touched, week.Add(-n).Period())
		}
	}
	for ; !week.monday.After(upTo.monday); week = week.Add(1) {
		touched = append(touched, week.Period())
	}
	return touched
}
