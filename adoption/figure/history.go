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
	// Scopes are the rows by tool.
	Scopes []Scope
	// heard has the weeks in which anything was heard of a tool.
	heard map[string]map[Week]bool
	// since is the first of them.
	since map[string]Week
	// seats is false where no seats are known: everybody is entitled to every tool.
	seats bool
}

// ReadHistory reads the history as it is now.
func ReadHistory(ctx context.Context, conn driver.Conn, of CategoryOf) (*History, error) {
	h := &History{heard: map[string]map[Week]bool{}, since: map[string]Week{}}
	tools, err := readTools(ctx, conn)
	if err != nil {
		return nil, err
	}
	h.Scopes = Scopes(tools, of)
	if err := conn.QueryRow(ctx, "SELECT count() > 0 FROM seat").Scan(&h.seats); err != nil {
		return nil, fmt.Errorf("read whether seats are known: %w", err)
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
	var first time.Time
	var acts uint64
	err := conn.QueryRow(ctx, "SELECT min(local_day), count() FROM act_day WHERE local_day > toDate(0) AND tool != '"+extension+"'").Scan(&first, &acts)
	if err == nil && acts > 0 {
		h.First, h.Begun = WeekOf(first), true
	}
	return err
}

// silent tells whether nothing was heard of the scope's tools in the week
// although there was something before.
func (h *History) silent(scope Scope, week Week) bool {
	before := false
	for _, tool := range scope.Tools {
		if h.heard[tool][week] {
			return false
		}
		if since, known := h.since[tool]; known && since.monday.Before(week.monday) {
			before = true
		}
	}
	return before
}

// reaches tells whether a metric's whole look-back at the week lies in the history.
func (h *History) reaches(m Metric, week Week) bool {
	return h.Begun && week.since(h.First) >= m.LookBack
}

// Basis is what the figures of a week take from the history, for comparison.
func (h *History) Basis(week Week) string {
	var b strings.Builder
	for _, scope := range h.Scopes {
		fmt.Fprintf(&b, "%s %d %t\n", scope.Name, scope.Parent, h.silent(scope, week))
	}
	for _, m := range metrics {
		fmt.Fprintf(&b, "%s %t\n", m.ID(), h.reaches(m, week))
	}
	return b.String()
}

// Entitling is what a population takes from the history, for comparison.
func (h *History) Entitling() string {
	return fmt.Sprint(h.seats, h.Scopes)
}

// Touched are the weeks whose figures look at a day.
func Touched(day time.Time) []Week {
	longest := 0
	for _, m := range metrics {
		longest = max(longest, m.LookBack)
	}
	var weeks []Week
	for n := range longest + 1 {
		weeks = append(weeks, WeekOf(day).Add(n))
	}
	return weeks
}
