package adoption_test

import (
	"fmt"
	"math/rand/v2"
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
	periods []period
	seats   []seat
	used    []use
	acts    []act
	heard   []hearing
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
}

type use struct {
	person, tool string
	day          int
	acts         uint32
}

// act has the day of UTC and the person's own, which lies up to one beside it.
type act struct {
	person, tool string
	day, local   int
	acts         uint32
}

type hearing struct {
	name string
	day  int
}

const openEnd = 120529 // 2299-12-31

var (
	categories = map[string]string{"claude-code": "coding", "codex": "coding", "gemini-cli": "coding", "chatgpt": "chat", "perplexity": "chat", "m365-copilot": "office", "uptake-extension": "other"}
	tools      = []string{"claude-code", "codex", "gemini-cli", "chatgpt", "perplexity", "m365-copilot"}
)

func dayOf(text string) int {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return int(day.Unix() / 86400)
}

// newWorld makes a company whose weeks lie around the turn of an ISO year.
func newWorld(r *rand.Rand, monday, weeks int) *world {
	w := &world{}
	size := 3 + r.IntN(40)
	if r.IntN(2) == 0 {
		size = 40 + r.IntN(160)
	}
	shape := struct{ regions, departments, roles, team int }{1 + r.IntN(3), 1 + r.IntN(4), 1 + r.IntN(5), 4 + r.IntN(20)}
	some := tools[:1+r.IntN(len(tools))]
	for i := range size {
		person := fmt.Sprintf("%032x", 1000+i)
		w.career(r, person, i/shape.team, shape.regions, shape.departments, shape.roles, monday, weeks)
		w.use(r, person, some, monday, weeks)
	}
	for i := range 3 {
		w.use(r, fmt.Sprintf("%032x", 9000+i), some, monday, weeks)
	}
	if r.IntN(3) > 0 {
		w.entitle(r, size, some, monday, weeks)
	}
	return w
}

// career is a person's rows: moves in mid-week, leaves in pieces, gaps, an end.
func (w *world) career(r *rand.Rand, person string, team, regions, departments, roles, monday, weeks int) {
	from := monday - 40
	if r.IntN(4) == 0 {
		from = monday + r.IntN(7*weeks)
	}
	for {
		to := openEnd
		if r.IntN(3) == 0 {
			to = from + r.IntN(20)
		}
		leave := r.IntN(6) == 0
		w.periods = append(w.periods, period{person, from, to, leave, map[string]string{
			"region": fmt.Sprint("g", team%regions), "department": fmt.Sprint("d", team%departments), "team": fmt.Sprint("t", team),
			"role": fmt.Sprint("r", r.IntN(roles)), "seniority": []string{"executive", "manager", "professional", "entry"}[r.IntN(4)],
			"employment": []string{"employee", "employee", "contractor"}[r.IntN(3)]}})
		if to == openEnd || r.IntN(4) == 0 {
			return
		}
		from = to + 1 + max(0, r.IntN(6)-4)
		if r.IntN(2) == 0 {
			team = max(0, team+r.IntN(3)-1)
		}
	}
}

func (w *world) use(r *rand.Rand, person string, some []string, monday, weeks int) {
	often := r.Float64() * r.Float64()
	for _, tool := range append(slices.Clone(some), "uptake-extension") {
		if r.IntN(3) > 0 {
			continue
		}
		for day := monday - 10; day < monday+7*weeks; day++ {
			if r.Float64() < often {
				n := r.Uint32N(4) * r.Uint32N(2)
				w.used = append(w.used, use{person, tool, day, n})
				if n > 0 {
					w.acts = append(w.acts, act{person, tool, day + r.IntN(3) - 1, day, n})
				} else if r.IntN(4) == 0 {
					w.acts = append(w.acts, act{"", tool, day, 0, 1 + r.Uint32N(3)})
				}
			}
		}
	}
	if r.IntN(3) == 0 {
		w.heard = append(w.heard, hearing{person, monday + r.IntN(7*weeks)})
	}
}

func (w *world) entitle(r *rand.Rand, size int, some []string, monday, weeks int) {
	for _, tool := range some {
		if r.IntN(3) == 0 {
			w.seats = append(w.seats, seat{"*", tool, monday + r.IntN(14) - 7, openEnd})
			continue
		}
		share := r.Float64()
		for i := range size {
			if r.Float64() < share {
				from := monday - 10 + r.IntN(7*weeks)
				w.seats = append(w.seats, seat{fmt.Sprintf("%032x", 1000+i), tool, from, from + r.IntN(40)})
			}
		}
	}
}

// store writes the company into the tables, its people as a new import.
func (w *world) store(t testing.TB, conn driver.Conn) {
	t.Helper()
	w.storePeople(t, conn)
	date := func(day int) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }
	var uses, acts, heard [][]any
	seen := map[use]bool{}
	for _, u := range w.used {
		if k := (use{u.person, u.tool, u.day, 0}); !seen[k] {
			seen[k] = true
			uses = append(uses, []any{u.person, date(u.day), u.tool, u.acts})
		}
	}
	for _, a := range w.acts {
		local := date(0)
		if w.employed(a.person, a.local) {
			local = date(a.local)
		}
		acts = append(acts, []any{date(a.day), a.tool, a.person, local, a.acts})
	}
	for _, h := range w.heard {
		heard = append(heard, []any{date(h.day), h.name, "", "chatgpt"})
	}
	adoptiontest.Insert(t, conn, "person_day (person, day, tool, acts)", uses)
	adoptiontest.Insert(t, conn, "act_day (day, tool, person, local_day, acts)", acts)
	adoptiontest.Insert(t, conn, "heard (day, person, device, tool)", heard)
}

func (w *world) employed(person string, day int) bool {
	return slices.ContainsFunc(w.periods, func(p period) bool { return p.person == person && p.from <= day && day <= p.to })
}

func (w *world) storePeople(t testing.TB, conn driver.Conn) {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	date := func(day int) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }
	var rows, seats [][]any
	for _, p := range w.periods {
		status := "active"
		if p.leave {
			status = "leave"
		}
		rows = append(rows, []any{id, p.person, date(p.from), date(p.to), status, p.values["employment"], p.values["role"], p.values["seniority"],
			p.values["team"], p.values["department"], p.values["region"], "UTC"})
	}
	for _, s := range w.seats {
		seats = append(seats, []any{id, s.person, s.tool, date(s.from), date(s.to), 1.0})
	}
	adoptiontest.Insert(t, conn, "roster_version", rows)
	adoptiontest.Insert(t, conn, "seat_version", seats)
	adoptiontest.Insert(t, conn, "roster_import", [][]any{{time.Now(), id, id.String(), id.String(), id.String(), "", uint64(0), uint64(0), uint64(0), uint64(0), uint64(0)}})
}
