// Package demo invents a company: some 320 people in marketing, sales,
// engineering and support, and 26 weeks of what they did with AI tools up to
// today. It shows Uptake to a newcomer and gives tests a story whose end is known:
// executives use AI more than entry level, few are power users, one team stalls,
// one goes blind, one is on holiday, the rest is steady or grows slowly.
//
// It promises that
//   - the same seed and day give the same company and the same events;
//   - every event has an id of its own, so that sending it twice is harmless;
//   - no event lies after the moment handed in;
//   - events are made day by day and never held all at once.
//
// It knows nothing of Uptake's tables: people leave it as the CSV files of the
// importer, events as the JSON of the front door.
package demo

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
	_ "time/tzdata" // The regions' time zones must exist on any machine.
)

// Weeks is the length of the history, the week of today included.
const Weeks = 26

// DefaultSeed is that of the company shown to newcomers.
const DefaultSeed uint64 = 1

// Company is the invented company as of one day.
type Company struct {
	seed    uint64
	start   time.Time // Monday of the first week, at midnight UTC.
	today   int       // Days since start.
	members []*member
	zones   map[region]*time.Location
}

// Story is what happens in the company, for those who check that it is found.
// Weeks are named by their Monday.
type Story struct {
	StalledTeam string
	StalledFrom time.Time
	BlindTeam   string
	BlindFrom   time.Time
	HolidayTeam string
	HolidayFrom time.Time
	HolidayTo   time.Time // Last day.
}

// New invents the company of the seed as of the UTC day of today.
func New(seed uint64, today time.Time) *Company {
	midnight := today.UTC().Truncate(24 * time.Hour)
	sinceMonday := (int(midnight.Weekday()) + 6) % 7
	c := &Company{
		seed:  seed,
		start: midnight.AddDate(0, 0, -sinceMonday-7*(Weeks-1)),
		today: 7*(Weeks-1) + sinceMonday,
		zones: loadZones(),
	}
	c.hire()
	c.form()
	c.train()
	c.equip()
	return c
}

// Story names the teams with a fate of their own and when it begins.
func (c *Company) Story() Story {
	return Story{
		StalledTeam: stalledTeam, StalledFrom: c.date(7 * stalledFromWeek),
		BlindTeam: blindTeam, BlindFrom: c.date(7 * blindFromWeek),
		HolidayTeam: holidayTeam, HolidayFrom: c.date(7 * holidayFromWeek), HolidayTo: c.date(7*holidayToWeek + 6),
	}
}

// date turns days since the start of history into a date.
func (c *Company) date(day int) time.Time { return c.start.AddDate(0, 0, day) }

// random gives a source of chance of its own to every purpose, so that one more
// draw in one place changes nothing elsewhere.
func (c *Company) random(purpose string, numbers ...int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(purpose)) // A hash never fails.
	for _, n := range numbers {
		_, _ = h.Write([]byte{byte(n), byte(n >> 8), byte(n >> 16), 0xff})
	}
	return rand.New(rand.NewPCG(c.seed, h.Sum64()))
}
