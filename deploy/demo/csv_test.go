package demo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/deploy/demo"
)

func TestPeopleCanBeImported(t *testing.T) {
	company := demo.New(demo.DefaultSeed, days[0])
	l := &ledger{spells: map[string][]row{}, start: company.Story().StalledFrom.AddDate(0, 0, -7*19)}
	l.readPeople(t, company)
	owner := map[string]string{}
	for person, spells := range l.spells {
		slices.SortFunc(spells, func(a, b row) int { return a.from - b.from })
		for i, r := range spells {
			if r.to < r.from || i > 0 && r.from <= spells[i-1].to {
				t.Errorf("%s: row %d overlaps or ends before it begins", person, i)
			}
			if _, err := time.LoadLocation(r.cells["timezone"]); err != nil {
				t.Error(err)
			}
			for alias := range strings.SplitSeq(r.cells["aliases"], ";") {
				if owner[alias] == "" {
					owner[alias] = person
				}
				if owner[alias] != person {
					t.Errorf("%s belongs to %s and %s", alias, owner[alias], person)
				}
			}
		}
	}
	sizes := map[string]int{}
	for person := range l.spells {
		team, _ := l.place(person, "team", 24)
		sizes[team]++
	}
	for team, size := range sizes {
		if size < 6 || size > 40 {
			t.Errorf("team %q has %d people", team, size)
		}
	}
}

func TestSeatsCoverUse(t *testing.T) {
	now := days[0]
	company := demo.New(demo.DefaultSeed, now)
	seats := map[[2]string]string{}
	for _, r := range readCSV(t, company.Seats) {
		seats[[2]string{r["person"], r["tool"]}] = r["valid_from"]
	}
	used := 0
	for e := range lines(t, company, now) {
		if e.Tool == "uptake-extension" || e.Person == "" || e.Person == "guest@agency.example" {
			continue
		}
		used++
		_, everybody := seats[[2]string{"*", e.Tool}]
		from, named := seats[[2]string{e.Person, e.Tool}]
		if !everybody && (!named || e.Time.Format(time.DateOnly) < from) {
			t.Fatalf("%s uses %s without a seat (%q)", e.Person, e.Tool, from)
		}
	}
	if idle := len(seats); used == 0 || idle < 100 {
		t.Errorf("%d uses, %d seats", used, idle)
	}
}

func TestTrainingFollowsSeniority(t *testing.T) {
	company := demo.New(demo.DefaultSeed, days[0])
	trained := map[string]bool{}
	for _, r := range readCSV(t, company.Training) {
		trained[r["person"]] = true
		if r["course"] == "" || r["completed_on"] > days[0].Format(time.DateOnly) {
			t.Errorf("odd row %v", r)
		}
	}
	people, withTraining := map[string]int{}, map[string]int{}
	seen := map[string]bool{}
	for _, r := range readCSV(t, company.People) {
		if seen[r["person"]] {
			continue
		}
		seen[r["person"]] = true
		people[r["seniority"]]++
		if trained[r["person"]] {
			withTraining[r["seniority"]]++
		}
	}
	for seniority, want := range map[string]float64{"executive": 0.65, "entry": 0.34} {
		if share := float64(withTraining[seniority]) / float64(people[seniority]); share < want-0.03 || share > want+0.03 {
			t.Errorf("%s: %.2f had training, want about %.2f", seniority, share, want)
		}
	}
}
