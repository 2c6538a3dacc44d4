package roster_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/schema"
)

const (
	peopleHeader = "person,valid_from,valid_to,status,employment,role,seniority,team,department,region,timezone,aliases\n"
	ada          = "ada@example.com,2026-01-01,,active,employee,copywriter,entry,brand,marketing,EMEA,Europe/Berlin,github:ada;device:laptop-17\n"
	bob          = "bob@example.com,2026-01-01,2026-06-30,active,employee,engineer,manager,core,engineering,AMER,America/New_York,\n"
)

func pseudonyms(t testing.TB) *schema.Pseudonymizer {
	t.Helper()
	p, err := schema.NewPseudonymizer([]byte(strings.Repeat("k", schema.MinKeySize)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func needs(t *testing.T) roster.Deps {
	return roster.Deps{Pseudonyms: pseudonyms(t), KnownTool: func(id string) bool { return id == "claude-code" || id == "codex" }}
}

func file(name, content string) *roster.File {
	return &roster.File{Name: name, Content: strings.NewReader(content)}
}

func mustParse(t *testing.T, files roster.Files) *roster.Roster {
	t.Helper()
	r, err := roster.Parse(files, needs(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func problems(t *testing.T, files roster.Files) *roster.Problems {
	t.Helper()
	r, err := roster.Parse(files, needs(t))
	var p *roster.Problems
	if !errors.As(err, &p) || r != nil {
		t.Fatalf("want problems and no roster, got %v and %v", err, r)
	}
	return p
}

func id(t testing.TB, identifier string) string {
	return schema.PseudonymString(pseudonyms(t).Person(identifier))
}

func TestPeopleBecomePseudonyms(t *testing.T) {
	r := mustParse(t, roster.Files{People: file("people.csv", peopleHeader+ada+bob)})
	if len(r.Periods) != 2 || r.People() != 2 || len(r.Aliases) != 2 || r.GivesSeats || r.GivesTraining {
		t.Fatalf("got %+v", r)
	}
	device := schema.PseudonymString(pseudonyms(t).Append(nil, schema.DeviceIdentifier, "Laptop-17"))
	owners := map[string]string{}
	for _, a := range r.Aliases {
		owners[a.Alias] = a.Person
	}
	if owners[device] != id(t, "ada@example.com") || owners[id(t, "github:ada")] != id(t, "ada@example.com") {
		t.Errorf("the aliases are not those of an event's device and login: %v", owners)
	}
	for _, p := range r.Periods {
		if p.Person == id(t, "Ada@Example.com ") && (!p.To.Equal(roster.OpenEnd) || p.TimeZone != "Europe/Berlin" || p.Seniority != "entry") {
			t.Errorf("got %+v", p)
		}
	}
}

func TestFormsOfOneFileAreTheSame(t *testing.T) {
	plain := mustParse(t, roster.Files{People: file("p", peopleHeader+ada+bob)})
	shuffled := "aliases,TimeZone, region,department,team,seniority,role,employment,status,valid_to,valid_from,person\r\n"
	for _, row := range []string{bob, ada} {
		v := strings.Split(strings.TrimSuffix(row, "\n"), ",")
		for i := len(v) - 1; i >= 0; i-- {
			shuffled += `"` + v[i] + `"`
			if i > 0 {
				shuffled += ", "
			}
		}
		shuffled += "\r\n"
	}
	for name, content := range map[string]string{
		"columns shuffled, quoted, CRLF, byte order mark": "\xef\xbb\xbf" + shuffled,
		"case and blanks":       peopleHeader + strings.Replace(ada, "ada@example.com", " ADA@Example.com ", 1) + strings.Replace(bob, "active", "Active", 1),
		"no newline at the end": peopleHeader + ada + strings.TrimSuffix(bob, "\n"),
		"far open end":          peopleHeader + strings.Replace(ada, "2026-01-01,,", "2026-01-01,9999-12-31,", 1) + bob,
		"own identifier and blanks among the aliases": peopleHeader + strings.Replace(ada, "github:ada;", " GitHub:Ada ;; ada@EXAMPLE.com; device: Laptop-17;", 1) + bob,
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustParse(t, roster.Files{People: file("p", content)}); !reflect.DeepEqual(got, plain) {
				t.Errorf("got %+v\nwant %+v", got, plain)
			}
		})
	}
}

func TestWrongRowsAreNamed(t *testing.T) {
	row := func(old, new string) string { return peopleHeader + strings.Replace(ada, old, new, 1) }
	for name, c := range map[string]struct {
		content string
		line    int
		column  string
		says    string
	}{
		"blank person":            {row("ada@example.com", " "), 2, "person", "missing"},
		"everybody":               {row("ada@example.com", "*"), 2, "person", "nobody"},
		"no first day":            {row("2026-01-01", ""), 2, "valid_from", "missing"},
		"day of another form":     {row("2026-01-01", "01.01.2026"), 2, "valid_from", `"01.01.2026"`},
		"no such day":             {row("2026-01-01", "2026-02-30"), 2, "valid_from", `"2026-02-30"`},
		"year of another age":     {row("2026-01-01", "0206-01-01"), 2, "valid_from", "1900"},
		"last before first":       {row("2026-01-01,", "2026-01-01,2025-12-31"), 2, "valid_to", "before the first"},
		"unknown status":          {row("active", "sick"), 2, "status", `"sick" is none of the values; write active or leave`},
		"unknown employment":      {row("employee", "intern"), 2, "employment", `"intern"`},
		"unknown seniority":       {row("entry", "senior"), 2, "seniority", "executive, manager, professional or entry"},
		"no seniority":            {row("entry", ""), 2, "seniority", "missing"},
		"unknown time zone":       {row("Europe/Berlin", "Europe/Bonn"), 2, "timezone", `"Europe/Bonn"`},
		"time zone of a machine":  {row("Europe/Berlin", "Local"), 2, "timezone", `"Local"`},
		"no time zone":            {row("Europe/Berlin", ""), 2, "timezone", "missing"},
		"too long":                {row("copywriter", strings.Repeat("x", 400)), 2, "role", "320"},
		"not UTF-8":               {row("copywriter", "\xff\xfe"), 2, "role", "UTF-8"},
		"control character":       {row("copywriter", "\"copy\nwriter\""), 2, "role", "line break"},
		"device without name":     {row("laptop-17", ""), 2, "aliases", "no name"},
		"alias with two owners":   {peopleHeader + ada + strings.Replace(bob, "\n", "GitHub:ADA\n", 1), 3, "aliases", "line 2"},
		"alias that is a person":  {peopleHeader + ada + strings.Replace(bob, "\n", "ada@example.com\n", 1), 3, "aliases", "person of line 2"},
		"overlap":                 {peopleHeader + strings.Replace(ada, ",,", ",2026-03-01,", 1) + strings.Replace(ada, "2026-01-01", "2026-03-01", 1), 3, "valid_from", "line 2"},
		"overlap in another case": {peopleHeader + ada + strings.ToUpper(ada[:15]) + ada[15:], 3, "valid_from", "line 2"},
		"too few values":          {peopleHeader + "ada@example.com,2026-01-01\n", 2, "", "2 values"},
		"quote in a value":        {peopleHeader + `a"da` + ada, 2, "", "double quote"},
		"quote left open":         {peopleHeader + `"` + ada + bob, 2, "", "double quote"},
		"endless line":            {peopleHeader + ada + `"` + strings.Repeat(bob, 5000), 3, "", "KiB"},
		"unknown column":          {strings.Replace(peopleHeader, "role", "job", 1) + ada, 1, "role", "missing"},
		"repeated column":         {strings.Replace(peopleHeader, "role", "team", 1) + ada, 1, "team", "twice"},
		"semicolons":              {strings.ReplaceAll(peopleHeader+ada, ",", ";"), 1, "", "commas"},
		"UTF-16":                  {"\xff\xfep\x00", 0, "", "UTF-16"},
		"empty":                   {"", 0, "", "empty"},
		"no rows":                 {peopleHeader, 0, "", "no rows"},
	} {
		t.Run(name, func(t *testing.T) {
			list := problems(t, roster.Files{People: file("people.csv", c.content)}).List
			for _, p := range list {
				if p.Line == c.line && p.Column == c.column && strings.Contains(p.String(), c.says) && p.Mend != "" && p.File == "people.csv" {
					return
				}
			}
			t.Errorf("not among %v", list)
		})
	}
}

func TestAllProblemsOfAllFilesAreTold(t *testing.T) {
	list := problems(t, roster.Files{
		People:   file("people.csv", peopleHeader+strings.NewReplacer("active", "x", "entry", "y").Replace(ada)+bob),
		Seats:    file("seats.csv", "person,tool,valid_from,valid_to,monthly_price_usd\nada@example.com,nosuch,2026-01-01,,-1\n*,codex,2026-01-01,,\"1,000\"\n"),
		Training: file("training.csv", "person,course,completed_on\n,,2026-13-01\n"),
	}).List
	var got []string
	for _, p := range list {
		got = append(got, fmt.Sprintf("%s:%d:%s", p.File, p.Line, p.Column))
	}
	want := []string{"people.csv:2:status", "people.csv:2:seniority", "seats.csv:2:tool", "seats.csv:2:monthly_price_usd", "seats.csv:3:monthly_price_usd",
		"training.csv:2:person", "training.csv:2:completed_on"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestProblemsNameNobody(t *testing.T) {
	shifted := peopleHeader + "x,ada@example.com,ada@example.com,ada@example.com,ada@example.com,r,ada@example.com,t,d,r,ada@example.com,device:\n" +
		ada + strings.Replace(ada, "2026-01-01", "2026-02-01", 1) + strings.Replace(bob, "\n", "github:ada\n", 1)
	p := problems(t, roster.Files{People: file("p", shifted), Seats: file("s", "person,tool,valid_from,valid_to,monthly_price_usd\nbob@example.com,ada@example.com,x,,ada@example.com\n")})
	if len(p.List) < 8 {
		t.Errorf("too few problems: %v", p)
	}
	for _, secret := range []string{"ada@", "bob@", "github:", "laptop"} {
		if strings.Contains(p.Error(), secret) {
			t.Errorf("%q is told in: %v", secret, p)
		}
	}
}

func TestProblemsAreBounded(t *testing.T) {
	p := problems(t, roster.Files{People: file("p", peopleHeader+strings.Repeat("x\n", roster.MaxProblems+7))})
	if len(p.List) != roster.MaxProblems || p.More != 7 || !strings.Contains(p.Error(), "and 7 more") {
		t.Errorf("%d kept and %d more", len(p.List), p.More)
	}
}

func TestSeatsAndTrainingFindThePersonByAnyIdentifier(t *testing.T) {
	r := mustParse(t, roster.Files{
		People: file("people.csv", peopleHeader+ada),
		Seats: file("seats.csv", "person,tool,valid_from,valid_to,monthly_price_usd\nGitHub:ada,claude-code,2026-01-01,,19.5\n*,codex,2026-01-01,2026-12-31,\n"+
			"left@example.com,codex,2026-01-01,,20\nada@example.com,Claude-Code,2026-01-01,,19.50\n"),
		Training: file("training.csv", "person,course,completed_on\ngithub:ada,Prompting,2026-02-01\nada@example.com,Prompting,2026-02-01\n"),
	})
	if len(r.Seats) != 3 || len(r.Trainings) != 1 || r.Trainings[0].Person != id(t, "ada@example.com") {
		t.Fatalf("got %+v", r)
	}
	byPerson := map[string]roster.Seat{}
	for _, s := range r.Seats {
		byPerson[s.Person] = s
	}
	if s := byPerson[id(t, "ada@example.com")]; s.Tool != "claude-code" || s.MonthlyPriceUSD != 19.5 {
		t.Errorf("got %+v", s)
	}
	if s := byPerson[roster.Everybody]; s.Tool != "codex" || s.To.Year() != 2026 {
		t.Errorf("got %+v", s)
	}
	if _, there := byPerson[id(t, "left@example.com")]; !there {
		t.Error("the seat of a person who left is gone")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(peopleHeader + ada + bob)
	f.Add(peopleHeader + `"` + ada)
	f.Add("\xef\xbb\xbf" + peopleHeader)
	p, err := schema.NewPseudonymizer([]byte(strings.Repeat("k", schema.MinKeySize)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content string) {
		r, err := roster.Parse(roster.Files{People: file("p", content)}, roster.Deps{Pseudonyms: p})
		if (r == nil) == (err == nil) {
			t.Errorf("roster %v and error %v", r, err)
		}
	})
}
