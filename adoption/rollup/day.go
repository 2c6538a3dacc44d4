package rollup

import (
	"slices"
	"strings"
	"time"
)

const (
	secondsPerHour = 60 * 60
	secondsPerDay  = 24 * secondsPerHour
)

// Day is a day of the calendar, counted from 1970-01-01.
type Day int32

// DayOf is the day of the calendar on which the time falls in its own location.
func DayOf(t time.Time) Day {
	_, offset := t.Zone()
	return Day(floorDiv(t.Unix()+int64(offset), secondsPerDay))
}

// Time is the day's midnight in UTC.
func (d Day) Time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// String is the day in ISO 8601.
func (d Day) String() string { return d.Time().Format(time.DateOnly) }

func floorDiv(a, b int64) int64 {
	quotient := a / b
	if a%b < 0 {
		quotient--
	}
	return quotient
}

// utcDays are the days of UTC on which events of the local days can lie: no
// zone is a day or more away from it.
func utcDays(days []Day) []Day {
	var around []Day
	for _, d := range days {
		around = append(around, d-1, d, d+1)
	}
	return distinct(around)
}

func distinct(days []Day) []Day {
	slices.Sort(days)
	return slices.Compact(days)
}

// list is the days as SQL writes them between the brackets of IN.
func list(days []Day) string {
	quoted := make([]string, len(days))
	for i, d := range days {
		quoted[i] = "'" + d.String() + "'"
	}
	return strings.Join(quoted, ", ")
}
