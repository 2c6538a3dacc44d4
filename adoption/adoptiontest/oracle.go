package adoptiontest

import (
	"cmp"
	"slices"
	"time"
)

// PersonDays is person_day as it should be.
func (c Company) PersonDays() map[PersonDayKey]PersonDay {
	days := make(map[PersonDayKey]PersonDay)
	local := func(f fact) time.Time { return c.localTime(f.owner, f.at) }
	for u, facts := range c.units(local) {
		if u.owner != "" {
			days[PersonDayKey{u.owner, u.day, u.tool}] = personDay(facts)
		}
	}
	return days
}

// ActDays is act_day as it should be. What is heard is heard for the day of UTC,
// and prompts are inferred for each local day in it.
func (c Company) ActDays() map[ActDayKey]ActDay {
	days := make(map[ActDayKey]ActDay)
	for u, facts := range c.units(func(f fact) time.Time { return f.at.UTC() }) {
		byLocalDay := make(map[string][]fact)
		for _, f := range facts {
			day, placed := c.rosterDay(f.owner, f.at)
			if !placed {
				day = "1970-01-01"
			}
			byLocalDay[day] = append(byLocalDay[day], f)
		}
		for local, facts := range byLocalDay {
			if d := personDay(facts); d.Acts > 0 {
				key := ActDayKey{u.day, u.tool, u.owner, local}
				days[key] = ActDay{days[key].Acts + d.Acts, days[key].Prompts + d.Prompts}
			}
		}
	}
	return days
}

// Owner is the person to whom an event of that person and device belongs.
func (c Company) Owner(person, device string) string {
	named := person
	if named == "" {
		if owner, known := c.Aliases[device]; known {
			return owner
		}
		return ""
	}
	if owner, known := c.Aliases[named]; known {
		return owner
	}
	return named
}

// localTime is the time on the person's clock, that of UTC for who is not on the roster.
func (c Company) localTime(person string, at time.Time) time.Time {
	if local, placed := c.rosterTime(person, at); placed {
		return local
	}
	return at.UTC()
}

func (c Company) rosterDay(person string, at time.Time) (day string, placed bool) {
	local, placed := c.rosterTime(person, at)
	return local.Format(time.DateOnly), placed
}

// rosterTime is rule 5 of docs/definitions.md.
func (c Company) rosterTime(person string, at time.Time) (clock time.Time, placed bool) {
	latest := time.Time{}
	for _, p := range c.Periods {
		if p.Person != person || (!latest.IsZero() && p.From.Before(latest)) {
			continue
		}
		zone, err := time.LoadLocation(p.TimeZone)
		if err != nil {
			panic(err)
		}
		local := at.In(zone).Format(time.DateOnly)
		if local >= p.From.Format(time.DateOnly) && local <= p.To.Format(time.DateOnly) {
			latest, clock, placed = p.From, at.In(zone), true
		}
	}
	return clock, placed
}

// firstCopies has of each id the content that was received first.
func (c Company) firstCopies() []Event {
	events := slices.Clone(c.Events)
	slices.SortStableFunc(events, func(a, b Event) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	seen := make(map[[16]byte]bool)
	return slices.DeleteFunc(events, func(e Event) bool {
		before := seen[e.ID]
		seen[e.ID] = true
		return before
	})
}

// settled are the first copies without announcements, and with the prompts that
// tools gave themselves as those of the agent: what comes in a session within
// three seconds of an announcement, and no prompt between.
func (c Company) settled() []Event {
	events := c.firstCopies()
	slices.SortStableFunc(events, func(a, b Event) int { return a.OccurredAt.Compare(b.OccurredAt) })
	type where struct{ tool, session, signal string }
	announced := make(map[where]time.Time)
	for i := range events {
		e := &events[i]
		at := where{e.Tool, e.Session, e.Signal}
		switch {
		case e.Action != "prompt" || e.Session == "":
		case e.announces():
			announced[at] = e.OccurredAt
		default:
			if since, is := announced[at]; is && !e.OccurredAt.After(since.Add(3*time.Second)) {
				e.Initiator = "agent"
			}
			delete(announced, at)
		}
	}
	return slices.DeleteFunc(events, Event.announces)
}

// announces says that the tool is about to prompt itself.
func (e Event) announces() bool {
	return e.Action == "prompt" && e.Decision == "automatic" && e.Path == "otlp"
}

// streams has the points of each stream and start in order of time, of two of
// the same time the one received first.
func (c Company) streams() [][]Reading {
	type key struct {
		stream [16]byte
		start  int64
	}
	byKey := make(map[key][]Reading)
	for _, r := range c.Readings {
		k := key{r.Stream, r.StartedAt.UnixNano()}
		byKey[k] = append(byKey[k], r)
	}
	var all [][]Reading
	for _, stream := range byKey {
		slices.SortStableFunc(stream, func(a, b Reading) int {
			return cmp.Or(a.ReadAt.Compare(b.ReadAt), a.ReceivedAt.Compare(b.ReceivedAt))
		})
		all = append(all, slices.CompactFunc(stream, func(a, b Reading) bool { return a.ReadAt.Equal(b.ReadAt) }))
	}
	return all
}
