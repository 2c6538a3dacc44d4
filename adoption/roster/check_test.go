package roster_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
	"github.com/uptake-telemetry/uptake/adoption/roster"
)

func TestCheckNamesWhatLooksWrong(t *testing.T) {
	conn := tables(t)
	person := func(name, from, to, team, department, zone string) string {
		return fmt.Sprintf("%s@example.com,%s,%s,active,employee,r,entry,%s,%s,EMEA,%s,\n", name, from, to, team, department, zone)
	}
	people := peopleHeader + person("ada", "2026-01-01", "2026-03-31", "brand", "marketing", "Europe/Berlin") + person("ada", "2026-04-11", "", "brand", "marketing", "Europe/Berlin") +
		person("bob", "2026-01-01", "", "brand", "sales", "Pacific/Auckland")
	for i := range 6 {
		people += person(fmt.Sprint("p", i), "2026-01-01", "", "core", "engineering", "Europe/Paris")
	}
	mustStore(t, conn, mustParse(t, roster.Files{
		People:   file("p", people),
		Seats:    file("s", "person,tool,valid_from,valid_to,monthly_price_usd\ngone@example.com,codex,2026-01-01,,10\nada@example.com,claude-code,2026-01-01,,10\n"),
		Training: file("t", "person,course,completed_on\ngone@example.com,A,2026-02-01\n"),
	}))
	day := time.Date(2026, 4, 5, 0, 0, 0, 0, time.UTC)
	for _, who := range []string{"ada@example.com", "stranger@example.com"} {
		adoptiontest.Insert(t, conn, "person_day (person, day, tool, acts)", [][]any{{id(t, who), day, "codex", uint32(3)}})
	}
	adoptiontest.Insert(t, conn, "act_day (day, tool, person, local_day, acts)", [][]any{{day, "codex", id(t, "ada@example.com"), time.Unix(0, 0).UTC(), uint32(3)}})
	found, err := roster.Check(t.Context(), conn, func(tool string) bool { return tool != "claude-code" })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		line := fmt.Sprint(f.Kind, " ", f.About, " ", f.Count, " ", f.Unit)
		if !f.First.IsZero() {
			line += " " + f.First.Format(time.DateOnly)
		}
		if !f.Last.IsZero() {
			line += " " + f.Last.Format(time.DateOnly)
		}
		got = append(got, line)
	}
	want := []string{
		"unknown_tool claude-code 1 seats 2026-01-01",
		"gap " + id(t, "ada@example.com") + " 10 days 2026-04-01 2026-04-10",
		"seat_without_person " + id(t, "gone@example.com") + " 1 seats 2026-01-01",
		"training_without_person " + id(t, "gone@example.com") + " 1 courses 2026-02-01 2026-02-01",
		"team_in_several_departments brand 2 people",
		"odd_time_zone EMEA 1 people",
		"seen_not_on_roster " + id(t, "stranger@example.com") + " 3 acts 2026-04-05 2026-04-05",
		"seen_outside_rows " + id(t, "ada@example.com") + " 3 acts 2026-04-05 2026-04-05",
		"never_seen  7 people",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAFileThatIsCutShortIsCounted(t *testing.T) {
	conn := tables(t)
	mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+ada+bob)}))
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for content, want := range map[string]string{
		ada: "2 1", ada + bob: "2 0", bob: "2 1",
		strings.Replace(ada, "ada@example.com", "ada@new.example", 1):                                                            "2 2",
		strings.Replace(strings.Replace(ada, "ada@example.com", "ada@new.example", 1), "github:ada", "ada@example.com", 1) + bob: "2 0",
		strings.Replace(ada, "2026-01-01,", "2026-01-01,2026-04-30", 1) + bob:                                                    "2 1",
	} {
		present, leaving, err := roster.Leaving(t.Context(), conn, mustParse(t, roster.Files{People: file("p", peopleHeader+content)}), now)
		if got := fmt.Sprint(present, leaving); err != nil || strings.Join(strings.Fields(got), " ") != want {
			t.Errorf("%s: %s, want %s (%v)", content, got, want, err)
		}
	}
}

func TestHistory(t *testing.T) {
	conn := tables(t)
	for _, content := range []string{ada, ada + bob, strings.Replace(ada, "brand", "core", 1)} {
		mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+content)}))
	}
	imports, err := roster.Imports(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range imports {
		got = append(got, fmt.Sprint(i.Source, i.Parts, i.Added, i.Changed, i.Removed))
	}
	if want := "csv[people] 0 1 1 csv[people] 1 0 0 csv[people] 1 0 0"; strings.Join(got, " ") != want {
		t.Errorf("history: %s", got)
	}
}
