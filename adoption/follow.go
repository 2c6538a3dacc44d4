package adoption

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
	"github.com/uptake-telemetry/uptake/adoption/rollup"
)

// Following is how far the figures are that look at a day.
type Following struct {
	// Stale says that the day holds more than when it was last rebuilt.
	Stale bool
	// Weeks look at the day, its own first; weeks to come are left out.
	Weeks []FollowedWeek
}

// FollowedWeek is one of the weeks that look at a day.
type FollowedWeek struct {
	Monday time.Time
	// State is that of its newest publication, empty where there is none.
	State       string
	PublishedAt time.Time
	// Stale says that a day in it was rebuilt after it was last calculated.
	Stale bool
}

// Follow asks the tables how far the figures of days are, so that any process may.
func Follow(ctx context.Context, conn driver.Conn, days []time.Time, now time.Time) (map[time.Time]Following, error) {
	work, err := rollup.Stale(ctx, conn)
	if err != nil {
		return nil, err
	}
	stale := map[rollup.Day]bool{}
	for _, day := range work.Days {
		stale[day] = true
	}
	calculated, err := readCalculations(ctx, conn)
	if err != nil {
		return nil, err
	}
	published, err := publish.Latest(ctx, conn, string(figure.Weekly))
	if err != nil {
		return nil, err
	}
	followed := map[time.Time]Following{}
	for _, day := range days {
		f := Following{Stale: stale[rollup.DayOf(day)]}
		for _, week := range weeksAfter(day, now) {
			latest, c := published[week.Start()], calculated[week.Period()]
			f.Weeks = append(f.Weeks, FollowedWeek{
				Monday: week.Start(), State: latest.State, PublishedAt: latest.PublishedAt, Stale: c != nil && c.stale(),
			})
		}
		followed[day] = f
	}
	return followed, nil
}

// followedWeeks are the week of a day and those whose 28 days hold it.
const followedWeeks = 4

func weeksAfter(day, now time.Time) []figure.Week {
	var weeks []figure.Week
	for n := range followedWeeks {
		if week := figure.WeekOf(day).Add(n); !week.Start().After(now) {
			weeks = append(weeks, week)
		}
	}
	return weeks
}
