package roster_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption/roster"
)

func newest(t testing.TB, conn driver.Conn) (id uuid.UUID) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), "SELECT argMax(import, (imported_at, import)) FROM roster_import").Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func touched(t testing.TB, conn driver.Conn, older, newer uuid.UUID) roster.Touched {
	t.Helper()
	got, err := roster.DaysTouched(t.Context(), conn, older, newer)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// written shows ranges as dates; an open end is left out.
func written(ranges []roster.Range) string {
	var all []string
	for _, r := range ranges {
		day := func(n int32) string {
			return strings.TrimSuffix(time.Unix(int64(n)*86400, 0).UTC().Format(time.DateOnly), "2299-12-31")
		}
		all = append(all, day(r.From)+".."+day(r.To))
	}
	return strings.Join(all, " ")
}

func TestDaysTouched(t *testing.T) {
	const (
		row       = "ada@example.com,%s,active,employee,copywriter,entry,brand,marketing,EMEA,UTC,\n"
		leave     = "ada@example.com,%s,leave,employee,copywriter,entry,brand,marketing,EMEA,UTC,\n"
		seatRow   = "person,tool,valid_from,valid_to,monthly_price_usd\n"
		trainings = "person,course,completed_on\n"
	)
	people := func(rows ...string) roster.Files {
		return roster.Files{People: file("p", peopleHeader+bob+strings.Join(rows, ""))}
	}
	with := func(f roster.Files, seats, training string) roster.Files {
		if seats != "" {
			f.Seats = file("s", seatRow+seats)
		}
		if training != "" {
			f.Training = file("t", trainings+training)
		}
		return f
	}
	open := fmt.Sprintf(row, "2026-01-01,")
	ended := fmt.Sprintf(row, "2026-01-01,2026-06-30")
	for _, c := range []struct {
		name                     string
		older, newer             roster.Files
		roster, seats, trainings string
	}{
		{"an end touches the days after it", people(open), people(ended), "2026-07-01..", "", ""},
		{"a row in two pieces is the same", people(open), people(ended, fmt.Sprintf(row, "2026-07-01,")), "", "", ""},
		{"a new team touches its days", people(open), people(ended, strings.Replace(fmt.Sprintf(row, "2026-07-01,2026-07-31"), "brand", "core", 1)), "2026-07-01..", "", ""},
		{"a leave counts as a whole", people(fmt.Sprintf(leave, "2026-03-01,2026-03-20")), people(fmt.Sprintf(leave, "2026-03-01,2026-04-20")), "2026-03-01..2026-04-20", "", ""},
		{"a seat that ends touches the days after it", with(people(open), "ada@example.com,codex,2026-01-01,,10\n", ""), with(people(open), "ada@example.com,codex,2026-01-01,2026-02-28,10\n", ""), "", "2026-03-01..", ""},
		{"the first seat takes all others' entitlement", people(open), with(people(open), "ada@example.com,codex,2026-01-01,,10\n", ""), "", "1900-01-01..", ""},
		{"a training counts from its day on", with(people(open), "", "ada@example.com,A,2026-05-01\n"), with(people(open), "", "ada@example.com,A,2026-05-01\nada@example.com,B,2026-06-01\nbob@example.com,B,2026-06-01\n"), "", "", "2026-06-01.."},
		{"who holds a seat and was never there has not left", with(people(ended), "ada@example.com,codex,2026-01-01,,10\n", ""), with(people(), "ada@example.com,codex,2026-01-01,,10\n", ""), "2026-01-01..", "", ""},
		{"who holds none is gone", people(ended), people(), "2026-01-01..2026-06-30", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := tables(t)
			mustStore(t, conn, mustParse(t, c.older))
			older := newest(t, conn)
			mustStore(t, conn, mustParse(t, c.newer))
			got := touched(t, conn, older, newest(t, conn))
			if written(got.Roster) != c.roster || written(got.Seats) != c.seats || written(got.Trainings) != c.trainings {
				t.Errorf("roster %s, seats %s, trainings %s", written(got.Roster), written(got.Seats), written(got.Trainings))
			}
			if back := touched(t, conn, newest(t, conn), older); !reflect.DeepEqual(back, got) {
				t.Errorf("the other way round: %v", back)
			}
		})
	}
}

func TestEveryDayIsTouchedWhereAnImportIsUnknown(t *testing.T) {
	conn := tables(t)
	mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+ada)}))
	if got := touched(t, conn, uuid.New(), newest(t, conn)); written(got.Roster) != "1900-01-01.." {
		t.Errorf("an unknown one: %v", got)
	}
	if got := touched(t, conn, uuid.Nil, newest(t, conn)); written(got.Roster) != "2026-01-01.." || got.Seats != nil {
		t.Errorf("from nothing: %s", written(got.Roster))
	}
}

// byChance is a company of a few people whose rows lie on a hundred days.
func byChance(r *rand.Rand) *roster.Roster {
	company := &roster.Roster{}
	for i := range 3 {
		at := r.IntN(20)
		for range r.IntN(4) {
			begin := time.Date(2026, 1, 1+at, 0, 0, 0, 0, time.UTC)
			at += 1 + r.IntN(20)
			company.Periods = append(company.Periods, roster.Period{
				Person: fmt.Sprint("p", i), From: begin, To: time.Date(2026, 1, at, 0, 0, 0, 0, time.UTC), Status: "active",
				Employment: "employee", Seniority: "entry", Team: fmt.Sprint(r.IntN(2)), TimeZone: "UTC",
			})
			at += r.IntN(2) * r.IntN(9)
		}
	}
	return company
}

// plainly is what each person is on each of the days.
func plainly(company *roster.Roster) map[string]string {
	days := map[string]string{}
	for _, p := range company.Periods {
		for day := p.From; !day.After(p.To); day = day.AddDate(0, 0, 1) {
			days[p.Person+day.Format(time.DateOnly)] = p.Team
		}
	}
	return days
}

func TestDaysTouchedAreThoseOnWhichARowDiffers(t *testing.T) {
	conn := tables(t)
	r := rand.New(rand.NewPCG(1, 1))
	before, older := byChance(r), uuid.Nil
	for i := range 30 {
		after := byChance(r)
		mustStore(t, conn, after)
		newer := newest(t, conn)
		if i > 0 {
			want := map[string]bool{}
			a, b := plainly(before), plainly(after)
			for _, days := range []map[string]string{a, b} {
				for key := range days {
					if a[key] != b[key] {
						want[key[2:]] = true
					}
				}
			}
			got := touched(t, conn, older, newer).Roster
			n := 0
			for _, g := range got {
				n += int(g.To - g.From + 1)
			}
			missed := func() bool {
				for day := range want {
					at, _ := time.Parse(time.DateOnly, day)
					number := int32(at.Unix() / 86400)
					if !slices.ContainsFunc(got, func(g roster.Range) bool { return g.From <= number && number <= g.To }) {
						return true
					}
				}
				return false
			}
			if n != len(want) || missed() {
				t.Fatalf("%d: %s, want %v", i, written(got), want)
			}
		}
		before, older = after, newer
	}
}
