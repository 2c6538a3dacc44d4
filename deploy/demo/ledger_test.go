package demo_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/deploy/demo"
)

// ledger holds what the definitions need, worked out plainly from the CSV files
// and the events: the tests below read the story off it.
type ledger struct {
	start  time.Time
	spells map[string][]row
	// acts by person and local day since start.
	acts map[string]map[int]int
	// strayActs and allActs count would-be acts.
	strayActs, allActs int
	lastEvent          map[string]time.Time
	events             int
	ids                map[string]bool
}

type row struct {
	from, to int
	leave    bool
	cells    map[string]string
}

type line struct {
	ID, Tool, Person, Device, Action, Initiator, Decision string
	Time                                                  time.Time
}

// act tells an intentional act, as the definitions have it.
func (l line) act() bool {
	if l.Initiator != "" && l.Initiator != "user" {
		return false
	}
	switch l.Action {
	case "prompt", "commit", "pull_request":
		return true
	case "suggestion", "edit", "tool_use":
		return l.Decision == "accepted"
	}
	return false
}

func keep(t *testing.T, company *demo.Company, now time.Time) *ledger {
	t.Helper()
	l := &ledger{
		acts: map[string]map[int]int{}, spells: map[string][]row{}, ids: map[string]bool{},
		lastEvent: map[string]time.Time{}, start: company.Story().StalledFrom.AddDate(0, 0, -7*19),
	}
	owners := l.readPeople(t, company)
	for e := range lines(t, company, now) {
		l.take(e, owners)
	}
	return l
}

// lines decodes every event.
func lines(t *testing.T, company *demo.Company, now time.Time) iter.Seq[line] {
	return func(yield func(line) bool) {
		for batch := range company.Events(now) {
			body := json.NewDecoder(bytes.NewReader(batch.Body))
			for range batch.Events {
				var e line
				if err := body.Decode(&e); err != nil {
					t.Fatal(err)
				}
				if !yield(e) {
					return
				}
			}
		}
	}
}

func (l *ledger) readPeople(t *testing.T, company *demo.Company) (owners map[string]string) {
	t.Helper()
	owners = map[string]string{}
	for _, cells := range readCSV(t, company.People) {
		r := row{cells: cells, from: l.day(t, cells["valid_from"]), to: 1 << 30, leave: cells["status"] == "leave"}
		if cells["valid_to"] != "" {
			r.to = l.day(t, cells["valid_to"])
		}
		l.spells[cells["person"]] = append(l.spells[cells["person"]], r)
		for alias := range strings.SplitSeq(cells["aliases"], ";") {
			owners[strings.TrimPrefix(alias, "device:")] = cells["person"]
		}
	}
	return owners
}

func (l *ledger) day(t *testing.T, date string) int {
	t.Helper()
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		t.Fatal(err)
	}
	return int(d.Sub(l.start).Hours() / 24)
}

func (l *ledger) take(e line, owners map[string]string) {
	l.events++
	l.ids[e.ID] = true
	person := e.Person
	if person == "" {
		person = owners[e.Device]
	}
	spells, known := l.spells[person]
	if known && e.Time.After(l.lastEvent[person]) {
		l.lastEvent[person] = e.Time
	}
	if !e.act() {
		return
	}
	l.allActs++
	if !known {
		l.strayActs++
		return
	}
	zone, _ := time.LoadLocation(spells[0].cells["timezone"])
	year, month, date := e.Time.In(zone).Date()
	day := int(time.Date(year, month, date, 0, 0, 0, 0, time.UTC).Sub(l.start).Hours() / 24)
	if l.acts[person] == nil {
		l.acts[person] = map[int]int{}
	}
	l.acts[person][day]++
}

// eligibleDays gives the working days of a week on which the person counts, by
// the roster row that holds them.
func (l *ledger) eligibleDays(person string, week int) []row {
	var days []row
	for day := 7 * week; day < 7*week+5; day++ {
		for _, r := range l.spells[person] {
			if r.from <= day && day <= r.to && !(r.leave && r.to-r.from >= 27) {
				days = append(days, r)
			}
		}
	}
	return days
}

// place gives the value of a dimension on most eligible days, ties to the later,
// and false for who is not eligible.
func (l *ledger) place(person, dimension string, week int) (string, bool) {
	days := l.eligibleDays(person, week)
	if len(days) < 3 {
		return "", false
	}
	counts, best := map[string]int{}, ""
	for _, r := range days {
		counts[r.cells[dimension]]++
	}
	for _, r := range days {
		if value := r.cells[dimension]; counts[value] >= counts[best] {
			best = value
		}
	}
	return best, true
}

// actsIn counts the acts of a week.
func (l *ledger) actsIn(person string, week int) int {
	sum := 0
	for day := 7 * week; day < 7*week+7; day++ {
		sum += l.acts[person][day]
	}
	return sum
}

// rate gives active and eligible people of a cell and week. Filters are pairs of dimension and value.
func (l *ledger) rate(week int, filters ...string) (active, eligible int) {
	for _, person := range slices.Sorted(maps.Keys(l.spells)) {
		if !l.matches(person, week, filters) {
			continue
		}
		eligible++
		if l.actsIn(person, week) > 0 {
			active++
		}
	}
	return active, eligible
}

func (l *ledger) matches(person string, week int, filters []string) bool {
	if len(l.eligibleDays(person, week)) < 3 {
		return false
	}
	for f := range slices.Chunk(filters, 2) {
		if value, _ := l.place(person, f[0], week); value != f[1] {
			return false
		}
	}
	return true
}

// power says whether a person was a power user in the 12 weeks up to this one.
func (l *ledger) power(person string, week int) bool {
	weeks, acts := 0, 0
	for w := week - 11; w <= week; w++ {
		n := l.actsIn(person, w)
		acts += n
		if n > 0 {
			weeks++
		}
	}
	return weeks >= 9 && acts >= 15*12
}

func readCSV(t *testing.T, write func(io.Writer) error) []map[string]string {
	t.Helper()
	var file bytes.Buffer
	if err := write(&file); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		cells := map[string]string{}
		for i, name := range records[0] {
			cells[name] = record[i]
		}
		rows = append(rows, cells)
	}
	return rows
}
