package publish

import "time"

// Draft holds the exact figures of one period, which must not be shown.
type Draft struct {
	// Grain is "day", "week" or "28d".
	Grain string
	// Period is the day, or the Monday of the period's (last) week.
	Period time.Time
	// Final says that the period's time of change is over.
	Final bool
	// Watermark is the time up to which stored data is in the figures.
	Watermark time.Time
	// Scopes are the rows by tool, parents before their children.
	Scopes []Scope
	// Cells are the groups of people with somebody on the roster; the first is the total.
	Cells []Cell
	// Placements are the distinct places of people: for each the cells that
	// they are in, one per cut, the cuts in the same order everywhere.
	Placements [][]int32
	// Eligible is on which the pattern of hidden cells is chosen.
	Eligible Counts
	// EligibleOf are the marks that eligible people carry, see Table.
	EligibleOf []string
	// Regrouped says that people moved between groups since the last version.
	Regrouped bool
	// HiddenBefore, per scope and cell, stays hidden; nil where nothing must.
	HiddenBefore []bool
	// Tables are the figures, one table per metric and kind of row.
	Tables []Table
	// before is the same per table, for what a table hid by itself; nil where nothing must.
	before [][]bool
}

// Scope is what "tool" says in a row: any tool, a category or one tool.
type Scope struct {
	Name string
	// Parent is the scope that holds all of this one's tools, -1 for any tool.
	Parent int
	// Silent means that nothing was heard of it in the period although it was
	// heard of before: what was done with it is unknown, not zero.
	Silent bool
}

// Cell is a group of people: the values that they share by dimension.
type Cell struct {
	Dimensions map[string]string
}

// Counts has one number per scope and cell, at scope*cells + cell.
type Counts []int64

// noRow in Counts stands for a cell that a metric does not have.
const noRow = -1

// total is the cell of everybody.
const total = 0

// Form says how the value of a table follows from its counts.
type Form int

const (
	// Count publishes the numerator itself.
	Count Form = iota
	// PeopleRate is numerator ÷ denominator, both people, with Wilson's interval.
	PeopleRate
	// Ratio is numerator ÷ denominator of something else than people.
	Ratio
	// Level is a number that is neither a count nor a share, such as a median: it is rounded where it is blunt.
	Level
)

// Table is one metric over all scopes and cells.
type Table struct {
	Metric, Definition string
	// Dimensions are added to those of the cell, such as a statistic.
	Dimensions map[string]string
	Form       Form
	Numerator  Counts
	// Denominator is nil for a Count.
	Denominator Counts
	// Scale divides the numerator before it is shown, 0 stands for 1: a mean of five days is kept as their sum.
	Scale float64
	// Values are shown in place of numerator ÷ denominator, NaN for none; nil where that is the value. Where they
	// are given the numerator is not shown and only says where there is a row; nil says that there is one everywhere.
	Values []float64
	// Low and High are intervals that are not Wilson's, NaN for none; nil where there are none.
	Low, High []float64
	// LeastPeople refuses a value of fewer people than this; 0 leaves it to the minimum group.
	LeastPeople int64
	// Veiled marks cells that this table hides besides, because another period hides them; nil for none.
	Veiled []bool
	// HiddenWith are cells whose being hidden hides the whole table, because it tells of them; nil for none.
	HiddenWith []int32
	// Mixes are cells of whose shares the value is a mean: where a few of them are hidden it would tell of them.
	Mixes []int32
	// Unknown marks scopes of which nothing was heard in what the table looks at; nil for those of the draft.
	Unknown []bool
	// Single says that there is one row only, that of the first scope and cell, and no count in it; then all
	// slices hold one number.
	Single bool
	// Beside is set where the table stands beside others as their coverage and has no rows of its own.
	Beside bool
	// NumeratorOf and DenominatorOf name the marks that all counted people
	// carry, so that an attacker's "these are among those" can be told; a mark
	// after "!" is one that none of them carries, as in "!active". Empty where
	// no people are counted, or where whom a tool counts need not count for any.
	NumeratorOf, DenominatorOf []string
	// PeopleOf are the marks of People, where all of a set of people that NumeratorOf could name are in it.
	PeopleOf []string
	// People are those in the statistic's own denominator where they can be
	// fewer than the eligible ones, else nil.
	People Counts
	// AddsOverTools says that the counts of single tools add up to those of
	// any tool, as acts do and people do not.
	AddsOverTools bool
	// Uses says that the numerator counts active people once for each tool of the row that they are active
	// with, so that it is what the active people of the single tools add up to.
	Uses bool
	// Twice says that the numerator counts the people who are active in two or more of the categories.
	Twice bool
}

// coverageMetric is the metric whose values stand beside those of all others.
const coverageMetric = "coverage"

// has tells whether the table has a row there.
func (t *Table) has(at int) bool {
	if t.Single {
		return at == 0
	}
	return t.Numerator == nil || t.Numerator[at] != noRow
}

// counted tells whether the rows show counts that could be subtracted.
func (t *Table) counted() bool { return t.Values == nil || t.Denominator != nil }

// scale is what divides the numerator.
func (t *Table) scale() int64 { return max(int64(t.Scale), 1) }

// unknown tells whether nothing is known of the scope in what the table looks at.
func (d *Draft) unknown(t *Table, scope int) bool {
	if t.Unknown != nil {
		return t.Unknown[scope]
	}
	return d.Scopes[scope].Silent
}

// refused tells whether the table by itself hides a cell, whatever the pattern.
func (d *Draft) refused(t *Table, scope, cell int) bool {
	return t.Veiled != nil && t.Veiled[d.at(scope, cell)] || d.people(t, scope, cell) < t.LeastPeople
}

func (d *Draft) at(scope, cell int) int { return scope*len(d.Cells) + cell }

// people returns rule 15's n of a table's cell.
func (d *Draft) people(t *Table, scope, cell int) int64 {
	n := d.Eligible[d.at(scope, cell)]
	if at := d.at(scope, cell); t.People != nil && at < len(t.People) {
		n = min(n, t.People[at])
	}
	return n
}
