package publish

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Filter chooses published rows; its zero value chooses all. What is left
// empty does not filter.
type Filter struct {
	Metric string
	// By are the dimensions of a cut, "total" alone for the total.
	By []string
	// Tool is "any", an id or "category:NAME".
	Tool  string
	Grain string
	// Period is the day that names it.
	Period time.Time
}

// dimensions are those of cuts; others only tell rows of one metric apart.
var dimensions = []string{"region", "department", "team", "role", "seniority", "employment"}

// FilterError names a parameter that cannot be understood.
type FilterError struct{ Parameter, Problem string }

func (e *FilterError) Error() string { return e.Parameter + ": " + e.Problem }

// ParseFilter reads the parameters metric, by, tool, period and grain as the
// API and the command line take them. metrics are the names that exist. The
// error is a *FilterError.
func ParseFilter(parameters map[string]string, metrics []string) (Filter, error) {
	var f Filter
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		value := parameters[name]
		if err := f.set(name, value, metrics); err != nil {
			return Filter{}, err
		}
	}
	return f, nil
}

func (f *Filter) set(name, value string, metrics []string) error {
	switch name {
	case "metric":
		f.Metric = value
		return oneOf(name, value, metrics)
	case "by":
		return f.setBy(value)
	case "tool":
		f.Tool = value
		if value == "" {
			return &FilterError{name, "empty; give any, the id of a tool or category:NAME"}
		}
		return nil
	case "grain":
		f.Grain = value
		return oneOf(name, value, []string{"day", "week", "28d"})
	case "period":
		day, err := time.Parse(time.DateOnly, value)
		if err != nil {
			return &FilterError{name, fmt.Sprintf("%q is no day such as 2026-11-09", value)}
		}
		f.Period = day
		return nil
	}
	return &FilterError{name, "unknown; there are metric, by, tool, period and grain"}
}

func oneOf(name, value string, known []string) error {
	if slices.Contains(known, value) {
		return nil
	}
	return &FilterError{name, fmt.Sprintf("%q is unknown; there are %s", value, strings.Join(known, ", "))}
}

func (f *Filter) setBy(value string) error {
	f.By = strings.Split(value, ",")
	if value == "total" {
		return nil
	}
	for i, name := range f.By {
		f.By[i] = strings.TrimSpace(name)
		if !slices.Contains(dimensions, f.By[i]) {
			return &FilterError{"by", fmt.Sprintf("%q is no dimension; there are total, %s, and pairs with a comma", f.By[i], strings.Join(dimensions, ", "))}
		}
	}
	return nil
}

// where is the filter as a condition with its arguments.
func (f Filter) where() (string, []any) {
	conditions, args := []string{"1"}, []any{}
	add := func(condition string, arg any) {
		conditions, args = append(conditions, condition), append(args, arg)
	}
	if f.Metric != "" {
		add("metric = ?", f.Metric)
	}
	if f.Tool != "" {
		add("tool = ?", f.Tool)
	}
	if f.Grain != "" {
		add("grain = ?", f.Grain)
	}
	if !f.Period.IsZero() {
		add("period = toDate(?)", f.Period.Format(time.DateOnly))
	}
	if f.By != nil {
		by := slices.DeleteFunc(slices.Sorted(slices.Values(f.By)), func(name string) bool { return name == "total" })
		add("arrayStringConcat(arraySort(arrayFilter(name -> has(['"+strings.Join(dimensions, "', '")+"'], name), mapKeys(dimensions)::Array(String))), ',') = ?", strings.Join(slices.Compact(by), ","))
	}
	return strings.Join(conditions, " AND "), args
}

// Read returns published rows: the newest period first, then by metric, tool
// and dimensions. It returns an empty slice, not nil, where there is none.
func Read(ctx context.Context, conn driver.Conn, f Filter) ([]Row, error) {
	all := []Row{}
	err := Each(ctx, conn, f, func(r Row) error {
		all = append(all, r)
		return nil
	})
	return all, err
}

// Each visits published rows in the order of Read without holding them all. An
// error of visit ends it and is returned.
func Each(ctx context.Context, conn driver.Conn, f Filter, visit func(Row) error) error {
	condition, args := f.where()
	query := "SELECT " + strings.NewReplacer(" grain,", " toString(grain),", " state,", " toString(state),").Replace(columns) + " FROM figure WHERE " + condition +
		" ORDER BY period DESC, grain, metric, tool, length(mapKeys(dimensions)), toString(dimensions)"
	// Whoever asks for everything makes the server sort millions of rows.
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"max_bytes_before_external_sort": 256 << 20}))
	rows, err := conn.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read published figures: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r Row
		var group *string
		err := rows.Scan(&r.Metric, &r.Definition, &r.Grain, &r.Period.Time, &r.Dimensions, &r.Tool, &r.Value, &r.Low, &r.High, &r.Numerator, &r.Denominator,
			&group, &r.Band, &r.Coverage, &r.State, &r.Watermark, &r.Suppressed)
		if err != nil {
			return fmt.Errorf("read published figures: %w", err)
		}
		r.Group = (*Group)(group)
		if err := visit(r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read published figures: %w", err)
	}
	return nil
}
