package figure

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// columns are the expressions that are asked of the standing, each once.
type columns struct {
	counts, values []string
}

func (c *columns) count(sql string) int { return columnOf(&c.counts, sql) }
func (c *columns) value(sql string) int { return columnOf(&c.values, sql) }

func columnOf(list *[]string, sql string) int {
	i := slices.Index(*list, sql)
	if i < 0 {
		i = len(*list)
		*list = append(*list, sql)
	}
	return i
}

// asked says in which columns a statistic's numbers stand, -1 for none.
type asked struct {
	metric                                Metric
	statistic                             Statistic
	numerator, denominator, value, people int
}

func (c *columns) ask(m Metric, s Statistic) asked {
	a := asked{metric: m, statistic: s, numerator: -1, denominator: -1, value: -1, people: -1}
	if s.Numerator != "" {
		a.numerator = c.count(s.Numerator)
	}
	if s.Denominator != "" {
		a.denominator = c.count(s.Denominator)
	}
	if s.Value != "" {
		a.value = c.value(s.Value)
	}
	if s.People != "" {
		a.people = c.count(s.People)
	}
	return a
}

// count fills the tables of all statistics that the standing gives, in one query.
func (c *calculation) count(ctx context.Context) error {
	cols := &columns{}
	eligible := cols.count(countIf([]Mark{Eligible}))
	var all []asked
	_ = c.statistics(func(m Metric, s Statistic) error {
		if s.read == nil {
			all = append(all, cols.ask(m, s))
		}
		return nil
	})
	counted, err := c.query(ctx, cols)
	if err != nil {
		return err
	}
	c.Eligible = counted.counts[eligible]
	for _, a := range all {
		t := c.fill(a, counted)
		if a.statistic.amend != nil {
			if err := a.statistic.amend(ctx, c, &t); err != nil {
				return fmt.Errorf("%s: %w", a.metric.Name, err)
			}
		}
		c.Tables = append(c.Tables, t)
	}
	return nil
}

func (c *calculation) fill(a asked, counted counted) Table {
	t := c.table(a.metric, a.statistic)
	for i := range t.Numerator {
		if t.Numerator[i] == NoRow {
			continue
		}
		if a.numerator >= 0 {
			t.Numerator[i] = counted.counts[a.numerator][i]
		}
		if a.denominator >= 0 {
			t.Denominator[i] = counted.counts[a.denominator][i]
		}
	}
	if a.value >= 0 {
		t.Values = counted.values[a.value]
	}
	if a.people >= 0 {
		t.People = counted.counts[a.people]
	}
	t.Beside = a.metric.Name == coverage.Name && c.Grain != Weekly
	return t
}

// counted has per column the numbers of all scopes and cells.
type counted struct {
	counts [][]int64
	values [][]float64
}

// sql has a row per scope and cell: the cut as the bits of the dimensions that it
// leaves out, its values, and all columns.
func (c *columns) sql(standing string) string {
	var counts, values []string
	for _, sql := range c.counts {
		counts = append(counts, "toInt64("+sql+")")
	}
	for _, sql := range c.values {
		values = append(values, "toFloat64("+sql+")")
	}
	return fmt.Sprintf(`
SELECT toUInt64(grouping(%[1]s)), %[2]s, toString(scope),
    [%[3]s]::Array(Int64),
    [%[4]s]::Array(Float64)
FROM %[5]s
GROUP BY %[6]s
SETTINGS join_use_nulls = 0, group_by_use_nulls = 0, force_grouping_standard_compatibility = 1`,
		strings.Join(Dimensions, ", "), asStrings(Dimensions), strings.Join(counts, ",\n    "), strings.Join(values, ",\n    "), standing, groupingSets("scope"))
}

func (c *calculation) query(ctx context.Context, cols *columns) (counted, error) {
	size := len(c.Scopes) * len(c.Cells)
	all := counted{make([][]int64, len(cols.counts)), make([][]float64, len(cols.values))}
	for i := range all.counts {
		all.counts[i] = make([]int64, size)
	}
	for i := range all.values {
		all.values[i] = make([]float64, size)
	}
	rows, err := c.conn.Query(ctx, cols.sql(c.standing))
	if err != nil {
		return all, err
	}
	defer rows.Close()
	var counts []int64
	var values []float64
	for rows.Next() {
		at, err := c.scan(rows, &counts, &values)
		if err != nil {
			return all, err
		}
		for i, n := range counts {
			all.counts[i][at] = n
		}
		for i, v := range values {
			all.values[i][at] = v
		}
	}
	return all, rows.Err()
}

// scan reads a row that begins with a cell and a scope, and tells where they stand.
func (c *calculation) scan(rows interface{ Scan(into ...any) error }, further ...any) (at int, err error) {
	var cell Cell
	var cut uint64
	var scope string
	v := &cell.values
	if err := rows.Scan(append([]any{&cut, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &scope}, further...)...); err != nil {
		return 0, err
	}
	cell.cut = cutOf(cut)
	return c.locate(cell, scope)
}

// locate tells where a cell and a scope stand.
func (c *calculation) locate(cell Cell, scope string) (at int, err error) {
	i, known := c.at[cell]
	if !known {
		return 0, fmt.Errorf("a group appeared while the period was counted: %w", errMoved)
	}
	return c.rowOf[scope]*len(c.Cells) + i, nil
}

// cutOf tells a cut by grouping's bits: the first dimension has the highest,
// and a bit is set where the dimension is left out.
func cutOf(bits uint64) int {
	return slices.IndexFunc(cuts, func(cut []string) bool {
		for i, name := range Dimensions {
			out := bits>>(len(Dimensions)-1-i)&1 == 1
			if out == slices.Contains(cut, name) {
				return false
			}
		}
		return true
	})
}
