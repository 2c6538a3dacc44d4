package demo_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/deploy/demo"
)

// A Sunday, a Monday and a day in between: the story may not depend on the day.
var days = []time.Time{
	time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC),
	time.Date(2026, 3, 30, 7, 0, 0, 0, time.UTC),
	time.Date(2027, 1, 7, 12, 0, 0, 0, time.UTC),
}

func TestStory(t *testing.T) {
	for i, now := range days {
		seed := []uint64{demo.DefaultSeed, 3, 7}[i]
		t.Run(fmt.Sprintf("%s seed %d", now.Format(time.DateOnly), seed), func(t *testing.T) {
			company := demo.New(seed, now)
			l := keep(t, company, now)
			wantRates(t, l)
			wantPower(t, l)
			wantFates(t, l, company.Story())
			wantEvents(t, l, company, now)
		})
	}
}

// wantRates looks at the mean of the last four full weeks.
func wantRates(t *testing.T, l *ledger) {
	for _, want := range []struct {
		name      string
		filters   []string
		low, high float64
		people    int
	}{
		{"executives in marketing", []string{"department", "marketing", "seniority", "executive"}, 0.56, 0.66, 20},
		{"entry level in marketing", []string{"department", "marketing", "seniority", "entry"}, 0.37, 0.47, 30},
		{"executives", []string{"seniority", "executive"}, 0.56, 0.66, 35},
		{"entry level", []string{"seniority", "entry"}, 0.37, 0.47, 80},
		{"everybody", nil, 0.42, 0.62, 290},
	} {
		active, eligible := 0, 0
		for week := 21; week <= 24; week++ {
			a, e := l.rate(week, want.filters...)
			active, eligible = active+a, eligible+e
			if e < want.people {
				t.Errorf("%s in week %d: %d people, want %d or more", want.name, week, e, want.people)
			}
		}
		if rate := float64(active) / float64(eligible); rate < want.low || rate > want.high {
			t.Errorf("%s: rate %.3f of %d people, want %.2f to %.2f", want.name, rate, eligible/4, want.low, want.high)
		}
	}
}

func wantPower(t *testing.T, l *ledger) {
	power, eligible := 0, 0
	for person := range l.spells {
		if l.matches(person, 24, nil) {
			eligible++
			if l.power(person, 24) {
				power++
			}
		}
	}
	if share := float64(power) / float64(eligible); share < 0.05 || share > 0.10 {
		t.Errorf("power users: %d of %d", power, eligible)
	}
}

func wantFates(t *testing.T, l *ledger, story demo.Story) {
	mean := func(team string, from, to int) float64 {
		sum := 0
		for week := from; week <= to; week++ {
			a, _ := l.rate(week, "team", team)
			sum += a
		}
		return float64(sum) / float64(to-from+1)
	}
	week := func(monday time.Time) int { return int(monday.Sub(l.start).Hours() / 24 / 7) }
	stall, blind, holiday := week(story.StalledFrom), week(story.BlindFrom), week(story.HolidayFrom)
	if before, after := mean(story.StalledTeam, stall-12, stall-1), mean(story.StalledTeam, stall, 24); before < 12 || after > 0.55*before {
		t.Errorf("the stalled team had %.1f active people a week before and %.1f after", before, after)
	}
	if before, after := mean(story.BlindTeam, blind-6, blind-1), mean(story.BlindTeam, blind, 24); before < 6 || after != 0 {
		t.Errorf("the blind team had %.1f active people a week before and %.1f after", before, after)
	}
	if before, during := mean(story.HolidayTeam, holiday-6, holiday-1), mean(story.HolidayTeam, holiday, holiday+1); before < 10 || during != 0 {
		t.Errorf("the team on holiday had %.1f active people a week before and %.1f then", before, during)
	}
	for person, at := range l.lastEvent {
		if team, _ := l.place(person, "team", 24); team == story.BlindTeam && !at.Before(story.BlindFrom) {
			t.Errorf("something was heard of the blind team at %s", at)
		}
	}
	if early, late := meanRate(l, 2, 5), meanRate(l, 15, 18); late < early+0.02 || late > early+0.2 {
		t.Errorf("the company went from %.3f to %.3f; want slow growth", early, late)
	}
}

func meanRate(l *ledger, from, to int) float64 {
	active, eligible := 0, 0
	for week := from; week <= to; week++ {
		a, e := l.rate(week)
		active, eligible = active+a, eligible+e
	}
	return float64(active) / float64(eligible)
}

func wantEvents(t *testing.T, l *ledger, company *demo.Company, now time.Time) {
	if l.events < 150_000 || l.events > 400_000 {
		t.Errorf("%d events", l.events)
	}
	if len(l.ids) != l.events {
		t.Errorf("%d events with %d ids", l.events, len(l.ids))
	}
	if count := company.Count(now); count != l.events {
		t.Errorf("%d events counted, %d given", count, l.events)
	}
	if share := float64(l.strayActs) / float64(l.allActs); share < 0.005 || share > 0.02 {
		t.Errorf("unattributed share %.4f", share)
	}
	for person, at := range l.lastEvent {
		if at.After(now) {
			t.Errorf("%s does something at %s, after %s", person, at, now)
		}
	}
}

func TestSameSeedSameCompany(t *testing.T) {
	now := days[0]
	one, two, other := demo.New(7, now), demo.New(7, now), demo.New(8, now)
	if a, b := bodies(one, now), bodies(two, now); !bytes.Equal(a, b) {
		t.Error("the same seed gave other events")
	}
	if a, b := people(t, one), people(t, two); !bytes.Equal(a, b) {
		t.Error("the same seed gave other people")
	}
	if a, b := people(t, one), people(t, other); bytes.Equal(a, b) {
		t.Error("another seed gave the same people")
	}
}

// bodies gives the first batches.
func bodies(c *demo.Company, now time.Time) []byte {
	var all []byte
	for b := range c.Events(now) {
		if all = append(all, b.Body...); len(all) > 1<<20 {
			break
		}
	}
	return all
}

func people(t *testing.T, c *demo.Company) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.People(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
