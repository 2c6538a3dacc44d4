package adoption_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// workday is the office's Wednesday of the n-th of its weeks.
func workday(n int) int { return dayOf("2026-09-02") + 7*n }

const officeWeeks = 7

// busyOffice is an office that prompts every Tuesday.
func busyOffice() *lived {
	l := &lived{world: office()}
	for n := range officeWeeks {
		l.events = append(l.events, prompts(dateOf(workday(n)-1).Format(time.DateOnly))...)
	}
	for i := range l.events {
		l.events[i].ReceivedAt = time.Now().UTC().Truncate(time.Second)
	}
	l.read()
	return l
}

// calculations are when each period was calculated last.
func calculations(t *testing.T, conn driver.Conn) map[string]time.Time {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT toString(grain), period, max(calculated_at) FROM calculated_period GROUP BY ALL")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]time.Time{}
	for rows.Next() {
		var grain string
		var period, at time.Time
		if err := rows.Scan(&grain, &period, &at); err != nil {
			t.Fatal(err)
		}
		all[periodName(grain, int(period.Unix()/86400))] = at
	}
	return all
}

func periodName(grain string, day int) string {
	return grain + " " + publish.Date{Time: dateOf(day)}.String()
}

// TestALateEventRebuildsWhatItTouches and nothing else: its day, the weeks that
// follow people to it or look back at it. A week and the 28 days that end with
// it are calculated together.
func TestALateEventRebuildsWhatItTouches(t *testing.T) {
	late, week := workday(4), mondayOf(workday(4))
	touches(t, busyOffice(), func(conn driver.Conn, l *lived) {
		e := prompt(1, dateOf(late).Format(time.DateOnly))
		e.ReceivedAt = time.Now().UTC().Truncate(time.Second)
		l.events = append(l.events, e)
		adoptiontest.InsertEvents(t, conn, []adoptiontest.Event{e})
	}, func(grain string, period int) bool {
		return grain == "day" && period == late || grain == "week" && period >= week-7*12
	})
}

// TestAChangeOfRolesRebuildsWhatItTouches and nothing else: the days from its
// day on, and the weeks from its week on.
func TestAChangeOfRolesRebuildsWhatItTouches(t *testing.T) {
	since, week := workday(4), mondayOf(workday(4))
	touches(t, busyOffice(), func(conn driver.Conn, l *lived) {
		for i := range 6 {
			one := &l.world.periods[i]
			after := *one
			one.to, after.from, after.values = since-1, since, maps.Clone(one.values)
			after.values["role"] = "editor"
			l.world.periods = append(l.world.periods, after)
		}
		l.world.storePeople(t, conn)
	}, func(grain string, period int) bool {
		return grain == "day" && period >= since || grain == "week" && period >= week
	})
}

// touches publishes an office, changes it, and holds what was calculated again
// against what says something else now, and against what may look at the change.
func touches(t *testing.T, l *lived, change func(driver.Conn, *lived), may func(grain string, period int) bool) {
	conn, now := tables(t), dateOf(workday(officeWeeks+1)).Add(9*time.Hour)
	l.world.storePeople(t, conn)
	adoptiontest.InsertEvents(t, conn, l.events)
	o := newObserver(t, conn, &now)
	settle(t, o, conn)
	round(t, o)
	before, said := calculations(t, conn), newPlain(l.world.copied(), lastFinal(now))
	if len(before) < 7*officeWeeks {
		t.Fatalf("%d periods are calculated: %v", len(before), before)
	}
	change(conn, l)
	l.read()
	now = now.Add(time.Minute)
	settle(t, o, conn)
	round(t, o)
	after, says := calculations(t, conn), newPlain(l.world, lastFinal(now))
	again := 0
	for day := says.first; day <= int(now.Unix()/86400); day++ {
		for _, grain := range grainsOf(day) {
			if grain == "28d" {
				continue
			}
			name := periodName(grain, day)
			must := says.differs(said, grain, day) || grain == "week" && says.differs(said, "28d", day)
			is := after[name].After(before[name])
			switch {
			case must && !is:
				t.Errorf("%s says something else and was not calculated again", name)
			case is && !may(grain, day):
				t.Errorf("%s was calculated again and cannot have changed", name)
			}
			again += int(oneIf(is))
		}
	}
	t.Logf("%d of %d periods were calculated again", again, len(before))
	all := newTally()
	all.corrected = true
	compareFigures(t, t.Name(), conn, l.world, now, all)
}

// grainsOf are those of the periods that a day names.
func grainsOf(day int) []string {
	if mondayOf(day) == day {
		return []string{"day", "week", "28d"}
	}
	return []string{"day"}
}

func (p *plain) differs(from *plain, grain string, period int) bool {
	asked := defined(grain)
	return !reflect.DeepEqual(p.figures(grain, period, asked), from.figures(grain, period, asked))
}

// TestASecondCopyChangesNothing when an event comes a second time.
func TestASecondCopyChangesNothing(t *testing.T) {
	conn, now := tables(t), dateOf(workday(officeWeeks+1)).Add(9*time.Hour)
	l := busyOffice()
	l.world.storePeople(t, conn)
	adoptiontest.InsertEvents(t, conn, l.events)
	o := newObserver(t, conn, &now)
	settle(t, o, conn)
	before := rowsOf(t, conn)
	again := slices.Clone(l.events)
	for i := range again {
		again[i].ReceivedAt = again[i].ReceivedAt.Add(time.Hour)
	}
	ingested(t, conn, "c-"+uuid.NewString()[:8], 3, again)
	now = now.Add(time.Minute)
	settle(t, o, conn)
	sameFigures(t, fmt.Sprint("second copies of ", len(again)), before, rowsOf(t, conn))
}
