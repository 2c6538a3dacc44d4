package adoption_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
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
}

type period struct {
	person   string
	from, to int
	leave    bool
	values   map[string]string
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

// storePeople imports the roster, the seats and the trainings.
func (w *world) storePeople(t testing.TB, conn driver.Conn) {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	var rows, seats, trainings [][]any
	for _, p := range w.periods {
		status := "active"
		if p.leave {
			status = "leave"
		}
		rows = append(rows, []any{id, p.person, dateOf(p.from), dateOf(p.to), status, p.values["employment"], p.values["role"], p.values["seniority"],
			p.values["team"], p.values["department"], p.values["region"], "UTC"})
	}
	for _, s := range w.seats {
		seats = append(seats, []any{id, s.person, s.tool, dateOf(s.from), dateOf(s.to), float64(s.microUSD) / 1e6})
	}
	for _, one := range w.trainings {
		trainings = append(trainings, []any{id, one.person, one.course, dateOf(one.day)})
	}
	adoptiontest.Insert(t, conn, "roster_version", rows)
	adoptiontest.Insert(t, conn, "seat_version", seats)
	adoptiontest.Insert(t, conn, "training_version", trainings)
	adoptiontest.Insert(t, conn, "roster_import", [][]any{{time.Now(), id, id.String(), id.String(), id.String(), id.String(), uint64(0), uint64(0), uint64(0), uint64(0), uint64(0)}})
}
