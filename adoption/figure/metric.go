package figure

import (
	"fmt"
	"slices"
)

// Metric is a definition. Its file says all that is to be known of it.
type Metric struct {
	// Name is what rows and filters call it, Version counts its changes.
	Name    string
	Version int
	// Words say what it means, Formula how it follows, Unit what the value is.
	Words, Formula, Unit string
	// Source says where the definition comes from.
	Source string
	// Statistics are its kinds of rows, that of its own value first.
	Statistics []Statistic
}

// Statistic is a kind of row of a metric.
type Statistic struct {
	// Dimensions tell its rows from others of the metric, as in statistic=gini
	// or tier=power; nil for the metric's own value.
	Dimensions map[string]string
	// Words say what it is where it is not the metric's own value.
	Words string
	// Grains are those in which it is published.
	Grains []Grain
	// LookBack is how many weeks before the period's own it looks at, Ahead how
	// many after it: it is published once the last of them is final.
	LookBack, Ahead int
	// Follows says that people are looked at in the week that is so far ahead,
	// so that it must not be silent.
	Follows bool
	Form    Form
	// Numerator, Denominator and Value are SQL over a group of rows of the
	// standing. Without a denominator the value is the numerator, and Value is
	// for what is no quotient of the two.
	Numerator, Denominator, Value string
	// Scale divides the numerator, 0 stands for 1.
	Scale int64
	// People is SQL for the people in the statistic's own denominator where they
	// are not the eligible ones, else empty.
	People string
	// Least is the least number of people of whom it is told, besides the minimum group.
	Least int64
	// Rows are the rows by tool that it has, Cuts the cuts.
	Rows Rows
	Cuts Cuts
	// NumeratorOf and DenominatorOf say which people are counted above and below
	// the line, so that an attacker's "these are among those" can be told. They
	// are left out where a tool's people are not among those of any tool, as new ones.
	NumeratorOf, DenominatorOf []Mark
	// PeopleOf are the marks of People, where they are told by what is suppressed.
	PeopleOf []Mark
	// AddsOverTools says that counts of tools add up to those of rows over them.
	AddsOverTools bool
	// Uses says that the numerator counts active people once per tool, Twice that
	// it counts those with tools of two categories.
	Uses, Twice bool
	// OfWindow says that it tells how many people the 28 days have.
	OfWindow bool
	// amend adds to what the standing gives, read reads what it does not give.
	amend amender
	read  reader
}

func (s Statistic) of(g Grain) bool { return slices.Contains(s.Grains, g) }

// Form says how a value follows from its counts and how it is blunted.
type Form int

// Forms of statistics.
const (
	// Count is a number of people, seats or dollars.
	Count Form = iota
	// PeopleRate is people ÷ people, with Wilson's interval.
	PeopleRate
	// Ratio is a share of something else.
	Ratio
	// Level is a number that is neither a count nor a share.
	Level
)

// Rows says which rows by tool a statistic has.
type Rows int

// Rows by tool.
const (
	AllRows Rows = iota
	// SingleTools leaves out rows over several tools.
	SingleTools
	// SeveralTools are any tool and the categories.
	SeveralTools
	// AnyTool is the row over all tools.
	AnyTool
)

func (r Rows) has(s Scope) bool {
	switch r {
	case SingleTools:
		return s.single()
	case SeveralTools:
		return !s.single()
	case AnyTool:
		return s.Parent < 0
	}
	return true
}

// Cuts says which cuts a statistic has.
type Cuts int

// Cuts of a statistic.
const (
	AllCuts Cuts = iota
	// OnlyTotal has the whole alone.
	OnlyTotal
	// OfTeams has the whole and the cuts that teams lie in.
	OfTeams
)

func (c Cuts) has(cell Cell) bool {
	switch c {
	case OnlyTotal:
		return len(cuts[cell.cut]) == 0
	case OfTeams:
		return len(cuts[cell.cut]) == 0 || slices.Contains([]string{"region", "department"}, cuts[cell.cut][0]) && len(cuts[cell.cut]) == 1
	}
	return true
}

// Mark is something that a person is, or is not, in a row of a period.
type Mark string

// The marks of a person in a row: any tool, a category or a tool.
const (
	// Active: an act in the period with a tool of the row.
	Active Mark = "active"
	// Inactive: no act in the period.
	Inactive Mark = "!active"
	// Eligible: rule 8 of docs/definitions.md. All eligible people are employed.
	Eligible Mark = "eligible"
	// Employed: on the roster on 3 or more working days, leave included.
	Employed Mark = "employed"
	// Heard: anything was heard of the person in the 28 days that end with the period.
	Heard Mark = "heard"
	// Holder: a named seat of the tool on the Friday.
	Holder Mark = "holder"
	// Power and Habit: the tier is power, or habitual at least.
	Power Mark = "power"
	Habit Mark = "habit"
	// Novice and Low: the tier is that.
	Novice Mark = "novice"
	Low    Mark = "low"
	// not before a mark says that the person does not carry it.
	not Mark = "!"
)

// ID names the definition with its version, as in "adoption_rate.v1".
func (m Metric) ID() string { return fmt.Sprintf("%s.v%d", m.Name, m.Version) }

// metrics in the order in which readers are told of them.
var metrics = []Metric{
	activePeople, adoptionRate, reach, seatUse, stickiness, tierShare, habitRate, powerShare, concentration, breadth, depth, flow, retention,
	timeToFirstUse, idleSeats, roleGap, trainingEffect, spread, coverage, unattributedShare,
}

// quotient is a rate of people, both given by marks.
func quotient(numerator, denominator []Mark) Statistic {
	return Statistic{
		Grains: []Grain{Weekly}, Form: PeopleRate, Numerator: countIf(numerator), Denominator: countIf(denominator),
		NumeratorOf: numerator, DenominatorOf: denominator,
	}
}
