package figure

import (
	"cmp"
	"fmt"
	"time"
)

// Grain is the length of a period.
type Grain string

// The grains of published figures.
const (
	Day Grain = "day"
	// Weekly periods are ISO weeks.
	Weekly Grain = "week"
	// Window is the four weeks that end with the week that names it.
	Window Grain = "28d"
)

// Period is a time of which figures tell.
type Period struct {
	Grain Grain
	// Start is the day, or the Monday of the (last) week, at midnight UTC.
	Start time.Time
}

// DayPeriod is a single day, given at any time of it in UTC.
func DayPeriod(day time.Time) Period { return Period{Day, day.UTC().Truncate(24 * time.Hour)} }

// Period is the week as a period of its own.
func (w Week) Period() Period { return Period{Weekly, w.monday} }

// Window is the four weeks that end with the week.
func (w Week) Window() Period { return Period{Window, w.monday} }

// Week is the week that the day lies in, or that names the period.
func (p Period) Week() Week { return WeekOf(p.Start) }

// String names the period as in "28d of 2026-11-09".
func (p Period) String() string { return fmt.Sprintf("%s of %s", p.Grain, p.Name()) }

// Name is the day that names the period, as in "2026-11-09".
func (p Period) Name() string { return p.Start.Format(time.DateOnly) }

// days is how many days the period has.
func (p Period) days() int {
	return map[Grain]int{Day: 1, Weekly: 7, Window: 28}[p.Grain]
}

// last is the period's last day.
func (p Period) last() time.Time {
	if p.Grain == Day {
		return p.Start
	}
	return p.Start.AddDate(0, 0, 6)
}

// first is the period's first day.
func (p Period) first() time.Time { return p.last().AddDate(0, 0, 1-p.days()) }

// number is the first day as days since 1970.
func (p Period) number() int { return int(p.first().Unix() / 86400) }

// working has a bit for each day on which people may be eligible: working days
// of weeks, and any day that is a period of its own.
func (p Period) working() uint32 {
	if p.Grain == Day {
		return 1
	}
	var bits uint32
	for n := range p.days() {
		if n%7 < 5 {
			bits |= 1 << n
		}
	}
	return bits
}

// between is a condition on a column that holds local days.
func (p Period) between(column string) string {
	return fmt.Sprintf("%s BETWEEN '%s' AND '%s'", column, p.first().Format(time.DateOnly), p.last().Format(time.DateOnly))
}

// FinalAt is when the period's time of change is over: Thursday noon UTC after
// its (last) week.
func (p Period) FinalAt() time.Time { return p.Week().FinalAt() }

// Compare orders periods by time, the days of a week before the week.
func (p Period) Compare(q Period) int {
	return cmp.Or(p.Week().monday.Compare(q.Week().monday), cmp.Compare(p.days(), q.days()), p.Start.Compare(q.Start))
}

// Between are the days, and the weeks, from a day to another.
func Between(first, last time.Time) []Period {
	var periods []Period
	for day := DayPeriod(first); !day.Start.After(last); day.Start = day.Start.AddDate(0, 0, 1) {
		periods = append(periods, day)
	}
	for week := WeekOf(first); !week.monday.After(last); week = week.Add(1) {
		periods = append(periods, week.Period())
	}
	return periods
}

// longestLook is how many weeks a week looks back at the roster: to the first
// week before the first training whose effect it tells.
const longestLook = trainingPrior + trainingSpan + trainingAfter

// Regards tells whether the period looks at who was on the roster on any of
// the days, counted from 1970, both included.
func (p Period) Regards(from, to int32) bool {
	first := p.number()
	if p.Grain != Day {
		first = p.Week().number() - 7*longestLook
	}
	return int(from) < p.number()+p.days() && int(to) >= first
}

// HeardIn are the weeks whose coverage looks at a day.
func HeardIn(day time.Time) []Period {
	var periods []Period
	for n := range 4 {
		periods = append(periods, WeekOf(day).Add(n).Period())
	}
	return periods
}
