package rollup

import (
	"slices"
	"testing"
	"time"
)

// TestSpansGiveTheLocalDay holds the arithmetic of the SQL against the library's
// calendar, on each side of every quarter of an hour.
func TestSpansGiveTheLocalDay(t *testing.T) {
	for name, from := range map[string]time.Time{
		"Pacific/Apia":        time.Date(2011, 12, 27, 0, 0, 0, 0, time.UTC), // skipped 30 December
		"Pacific/Kiritimati":  time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC),
		"Pacific/Pago_Pago":   time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC),
		"Europe/Berlin":       time.Date(2026, 10, 22, 0, 0, 0, 0, time.UTC),
		"America/St_Johns":    time.Date(2026, 10, 30, 0, 0, 0, 0, time.UTC),
		"Australia/Lord_Howe": time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC),
		"America/Havana":      time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC), // midnight does not exist on a day
		"Asia/Kathmandu":      time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC),
		"UTC":                 time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			until := from.AddDate(0, 0, 12)
			all := spans(zone, from, until)
			for at := from; at.Before(until); at = at.Add(15 * time.Minute) {
				for _, moment := range []time.Time{at, at.Add(15*time.Minute - time.Second)} {
					i := slices.IndexFunc(all, func(s span) bool { return s.from <= moment.Unix() && moment.Unix() < s.until })
					if i < 0 {
						t.Fatalf("%s is in no span", moment)
					}
					got := Day((moment.Unix() + all[i].offset) / secondsPerDay).String()
					if want := moment.In(zone).Format(time.DateOnly); got != want {
						t.Errorf("%s is on %s, not %s", moment, want, got)
					}
				}
			}
		})
	}
}

func TestLocalDays(t *testing.T) {
	zone := func(name string) *time.Location {
		z, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	at := func(h int) []hour {
		return []hour{hour(time.Date(2026, 11, 10, h, 0, 0, 0, time.UTC).Unix() / secondsPerHour)}
	}
	all := []*time.Location{time.UTC, zone("Pacific/Kiritimati"), zone("Pacific/Pago_Pago"), zone("Asia/Kathmandu")}
	for h, want := range map[int][]string{10: {"2026-11-09", "2026-11-10", "2026-11-11"}, 12: {"2026-11-10", "2026-11-11"}, 9: {"2026-11-09", "2026-11-10", "2026-11-11"}, 8: {"2026-11-09", "2026-11-10"}} {
		var got []string
		for _, d := range localDays(at(h), all) {
			got = append(got, d.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("hour %d: got %v, want %v", h, got, want)
		}
	}
	if got := localDays(at(18), []*time.Location{time.UTC, zone("Asia/Kathmandu")}); len(got) != 2 {
		t.Errorf("midnight in Kathmandu is within that hour: %v", got)
	}
}

func TestDay(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for want, at := range map[string]time.Time{
		"2026-11-11": time.Date(2026, 11, 10, 23, 30, 0, 0, time.UTC).In(berlin),
		"2026-11-10": time.Date(2026, 11, 10, 23, 30, 0, 0, time.UTC),
		"1969-12-31": time.Unix(-1, 0).UTC(),
		"1970-01-01": time.Unix(0, 0).UTC(),
	} {
		if got := DayOf(at); got.String() != want || DayOf(got.Time()) != got {
			t.Errorf("%s: got %s", at, got)
		}
	}
}
