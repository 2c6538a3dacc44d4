package adoption_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
	"github.com/uptake-telemetry/uptake/adoption/roster"
)

// world is a company as its tables have it, for the plain calculation. Days
// count from 1970.
type world struct {
	periods   []period
	seats     []seat
	trainings []training
	used      []use
	acts      []act
	heard     []hearing
	// aliases have their owners.
	aliases map[string]string
}

type period struct {
	person   string
	from, to int
	leave    bool
	values   map[string]string
	// zone is UTC where it is empty.
	zone string
}

type seat struct {
	person, tool string
	from, to     int
	microUSD     int64
}

type training struct {
	person, course string
	day            int
}

// use is a row of person_day.
type use struct {
	person, tool string
	day          int
	acts         uint32
}

// act has the day of UTC and the person's own, which lies up to one beside it.
type act struct {
	person, tool  string
	day, local    int
	acts, prompts uint32
}

type hearing struct {
	name string
	day  int
}

const openEnd = 120529 // 2299-12-31

var (
	categories = map[string]string{"claude-code": "coding", "codex": "coding", "gemini-cli": "coding", "chatgpt": "chat", "perplexity": "chat", "m365-copilot": "office", "uptake-extension": "other"}
	tools      = []string{"claude-code", "chatgpt", "codex", "m365-copilot", "gemini-cli", "perplexity"}
)

func dayOf(text string) int {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return int(day.Unix() / 86400)
}

func dateOf(day int) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }

// mondayOf is the Monday of the day's week.
func mondayOf(day int) int { return day - (day+3)%7 }

// store writes the company into the tables, its people as a new import.
func (w *world) store(t testing.TB, conn driver.Conn) {
	t.Helper()
	w.storePeople(t, conn)
	w.storeUse(t, conn)
}

func (w *world) storeUse(t testing.TB, conn driver.Conn) {
	t.Helper()
	var uses, acts, heard [][]any
	for _, u := range w.distinctUse() {
		uses = append(uses, []any{u.person, dateOf(u.day), u.tool, u.acts})
	}
	for _, a := range w.acts {
		local := dateOf(0)
		if w.employed(a.person, a.local) {
			local = dateOf(a.local)
		}
		acts = append(acts, []any{dateOf(a.day), a.tool, a.person, local, a.acts, a.prompts})
	}
	for _, h := range w.heard {
		heard = append(heard, []any{dateOf(h.day), h.name, "", "chatgpt"})
	}
	adoptiontest.Insert(t, conn, "person_day (person, day, tool, acts)", uses)
	adoptiontest.Insert(t, conn, "act_day (day, tool, person, local_day, acts, prompts)", acts)
	adoptiontest.Insert(t, conn, "heard (day, person, device, tool)", heard)
}

// distinctUse has one row per person, tool and day.
func (w *world) distinctUse() []use {
	seen := map[use]bool{}
	var rows []use
	for _, u := range w.used {
		if k := (use{u.person, u.tool, u.day, 0}); !seen[k] {
			seen[k] = true
			rows = append(rows, u)
		}
	}
	return rows
}

func (w *world) employed(person string, day int) bool {
	return slices.ContainsFunc(w.periods, func(p period) bool { return p.person == person && p.from <= day && day <= p.to })
}

// copied keeps the company as it is.
func (w *world) copied() *world {
	c := *w
	c.periods = slices.Clone(w.periods)
	return &c
}

// storePeople imports the roster, the seats and the trainings.
func (w *world) storePeople(t testing.TB, conn driver.Conn) {
	t.Helper()
	w.imports(t, conn, &roster.Roster{Periods: w.rosterRows(), Aliases: w.aliasRows(), Seats: w.seatRows(), Trainings: w.trainingRows(), GivesSeats: true, GivesTraining: true})
}

func (w *world) imports(t testing.TB, conn driver.Conn, r *roster.Roster) {
	t.Helper()
	if _, err := roster.Store(t.Context(), conn, r); err != nil {
		t.Fatal(err)
	}
}

func (w *world) rosterRows() (rows []roster.Period) {
	for _, p := range w.periods {
		status := "active"
		if p.leave {
			status = "leave"
		}
		rows = append(rows, roster.Period{Person: p.person, From: dateOf(p.from), To: dateOf(p.to), Status: status, Employment: p.values["employment"], Role: p.values["role"],
			Seniority: p.values["seniority"], Team: p.values["team"], Department: p.values["department"], Region: p.values["region"], TimeZone: cmp.Or(p.zone, "UTC")})
	}
	return rows
}

func (w *world) aliasRows() (rows []roster.Alias) {
	for alias, person := range w.aliases {
		rows = append(rows, roster.Alias{Alias: alias, Person: person})
	}
	return rows
}

func (w *world) seatRows() (rows []roster.Seat) {
	for _, s := range w.seats {
		rows = append(rows, roster.Seat{Person: s.person, Tool: s.tool, From: dateOf(s.from), To: dateOf(s.to), MonthlyPriceUSD: float64(s.microUSD) / 1e6})
	}
	return rows
}

func (w *world) trainingRows() (rows []roster.Training) {
	for _, one := range w.trainings {
		rows = append(rows, roster.Training{Person: one.person, Course: one.course, CompletedOn: dateOf(one.day)})
	}
	return rows
}
