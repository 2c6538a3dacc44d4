package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/schema/table"
)

// Record is what is held about a person, in words and counts.
type Record struct {
	Person   Person
	Sections []Section
	// Weeks are the person-days, summed by week and tool, the newest first.
	Weeks []Week
	// Days is how many days have an act.
	Days uint64
	// Looked is who read or changed it, the newest first.
	Looked []Looked
	// ErasedAt is when the person was erased before, zero where never.
	ErasedAt time.Time
}

// Section is what one table holds.
type Section struct {
	table.PersonalTable
	Rows uint64
	// First and Last are the days that the rows speak of, Leaves is when the last
	// of them goes by itself: zero where time alone does not decide.
	First, Last, Leaves time.Time
	Lines               []Line
}

// Line is one thing that is held.
type Line struct {
	// Since and Until are days; Until is empty where it lasts.
	Since, Until, What string
	Rows               uint64
}

// Week is what a person did with a tool in a week.
type Week struct {
	Monday                                time.Time
	Tool                                  string
	Days, Acts, Prompts, Requests, Tokens uint64
}

// Holds tells whether anything is held but notes on who looked.
func (r *Record) Holds() bool {
	for _, s := range r.Sections {
		if s.Rows > 0 && s.Name != "audit" {
			return true
		}
	}
	return false
}

// Read reads what is held about the person. Audit comes first.
func Read(ctx context.Context, conn driver.Conn, p Person) (*Record, error) {
	ctx = quiet(ctx)
	r := &Record{Person: p}
	for _, t := range table.Personal() {
		s, err := readSection(ctx, conn, p, t)
		if err != nil {
			return nil, fmt.Errorf("read what %s holds: %w", t.Name, err)
		}
		r.Sections = append(r.Sections, s)
	}
	err := conn.QueryRow(ctx, "SELECT uniqExactIf(day, acts > 0) FROM person_day WHERE person IN ("+quoted(p.keys())+")").Scan(&r.Days)
	if err != nil {
		return nil, fmt.Errorf("count the days: %w", err)
	}
	if r.Weeks, err = readWeeks(ctx, conn, p); err != nil {
		return nil, err
	}
	if r.Looked, err = ReadAudit(ctx, conn, &p, time.Time{}); err != nil {
		return nil, err
	}
	r.ErasedAt, err = ErasedAt(ctx, conn, p)
	return r, err
}

func readSection(ctx context.Context, conn driver.Conn, p Person, t table.PersonalTable) (Section, error) {
	s := Section{PersonalTable: t}
	rows, err := conn.Query(ctx, "SELECT toString(since), toString(until), what, toUInt64(rows) FROM ("+fmt.Sprintf(views[t.Name], p.where(t))+") ORDER BY since, until, what")
	if err != nil {
		return s, err
	}
	defer rows.Close()
	for rows.Next() {
		var l Line
		if err := rows.Scan(&l.Since, &l.Until, &l.What, &l.Rows); err != nil {
			return s, err
		}
		s.add(l)
	}
	s.Leaves = s.leaves()
	return s, rows.Err()
}

func (s *Section) add(l Line) {
	since, err := time.Parse(time.DateOnly, l.Since)
	if err == nil && (s.First.IsZero() || since.Before(s.First)) {
		s.First = since
	}
	until, err := time.Parse(time.DateOnly, l.Until)
	if err != nil {
		until = since
	}
	if until.After(s.Last) {
		s.Last = until
	}
	// Far away stands for an end that nobody knows.
	if until.Year() >= openYear {
		l.Until = ""
	}
	s.Rows += l.Rows
	s.Lines = append(s.Lines, l)
}

// openYear is that of ends which are open.
const openYear = 2200

func (s *Section) leaves() time.Time {
	if s.Rows == 0 || s.Months == 0 && s.Days == 0 || s.Name == "scim_resource" {
		return time.Time{}
	}
	return s.Last.AddDate(0, s.Months, s.Days)
}

func readWeeks(ctx context.Context, conn driver.Conn, p Person) ([]Week, error) {
	rows, err := conn.Query(ctx, `
SELECT toMonday(day) AS monday, toString(tool), toUInt64(uniqExactIf(day, acts > 0)), toUInt64(sum(acts)), toUInt64(sum(prompts)), toUInt64(sum(requests)),
    toUInt64(sum(tokens_input_uncached + tokens_cache_read + tokens_cache_write + tokens_output + tokens_reasoning))
FROM person_day WHERE person IN (`+quoted(p.keys())+") GROUP BY monday, tool ORDER BY monday DESC, tool")
	if err != nil {
		return nil, fmt.Errorf("read the weeks: %w", err)
	}
	defer rows.Close()
	var all []Week
	for rows.Next() {
		var w Week
		if err := rows.Scan(&w.Monday, &w.Tool, &w.Days, &w.Acts, &w.Prompts, &w.Requests, &w.Tokens); err != nil {
			return nil, fmt.Errorf("read the weeks: %w", err)
		}
		all = append(all, w)
	}
	return all, rows.Err()
}
