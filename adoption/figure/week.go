package figure

import "time"

// Week is an ISO week, named by its Monday at midnight UTC. The zero value is
// no week.
type Week struct{ monday time.Time }

// WeekOf is the week of a day, given at any time of it in UTC.
func WeekOf(day time.Time) Week {
	day = day.UTC().Truncate(24 * time.Hour)
	return Week{day.AddDate(0, 0, -(int(day.Weekday())+6)%7)}
}

// Start is the Monday at midnight UTC.
func (w Week) Start() time.Time { return w.monday }

// Monday is the first day, as in "2026-11-09".
func (w Week) Monday() string { return w.day(0) }

// day counts from the Monday on, and back where n is negative.
func (w Week) day(n int) string { return w.monday.AddDate(0, 0, n).Format(time.DateOnly) }

// Add goes n weeks on.
func (w Week) Add(n int) Week { return Week{w.monday.AddDate(0, 0, 7*n)} }

// FinalAt is when the week's time of change is over: Thursday noon UTC after it.
func (w Week) FinalAt() time.Time { return w.monday.AddDate(0, 0, 10).Add(12 * time.Hour) }

// number is the Monday as days since 1970.
func (w Week) number() int { return int(w.monday.Unix() / 86400) }

// since is the number of weeks from another one to this.
func (w Week) since(other Week) int { return int(w.monday.Sub(other.monday).Hours() / 24 / 7) }

// mondayOf is SQL for the Monday of a day, both as days since 1970.
func mondayOf(day string) string { return "(" + day + " - positiveModulo(" + day + " + 3, 7))" }
