package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writeFile writes a file of the test and returns its path.
func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// prompts are one prompt a day on the days before today, newest first. What is
// not stated is left out.
func prompts(id, person, device string, days int) string {
	var b strings.Builder
	for i := 1; i <= days; i++ {
		at := time.Now().UTC().AddDate(0, 0, -i).Truncate(24 * time.Hour).Add(12 * time.Hour)
		fmt.Fprintf(&b, `{"id":"%s-%d","time":"%s","tool":"claude-code","action":"prompt","device":"%s"`, id, i, at.Format(time.RFC3339), device)
		if person != "" {
			fmt.Fprintf(&b, `,"person":"%s"`, person)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

const twoPeople = "person,valid_from,valid_to,status,employment,role,seniority,team,department,region,timezone,aliases\n" +
	"ada@example.com,2026-01-01,,active,employee,copywriter,entry,brand,marketing,EMEA,UTC,\n" +
	"bob@example.com,2026-01-01,,active,employee,engineer,manager,core,engineering,AMER,UTC,\n"

func TestSuggestedAliasesAreAcceptedAndEventsFindTheirPerson(t *testing.T) {
	s := startUp(t, t.TempDir())
	at := []string{"--data", s.dir}
	on := func(args ...string) string { t.Helper(); return uptake(t, append(args, at...)...) }
	people := writeFile(t, "people.csv", twoPeople)
	on("roster", "import", "--people", people)
	for _, batch := range []string{
		prompts("a", "ada@example.com", "hers", 4), prompts("b", "", "hers", 6),
		prompts("c", "ada@example.com", "shared", 4), prompts("d", "bob@example.com", "shared", 4), prompts("e", "", "shared", 5),
		prompts("f", "account-0815", "hers", 3),
	} {
		s.mustPost([]byte(batch))
	}
	s.drain()
	ada := strings.TrimSpace(on("person", "id", "ada@example.com"))
	acts := func() float64 {
		return s.number("SELECT sum(acts) FROM person_day WHERE person = '" + ada + "'")
	}
	if n := acts(); n != 8 {
		t.Fatalf("before, %v acts are hers, want 8", n)
	}
	suggested := on("roster", "suggest", "--format", "csv")
	if rows := strings.Count(suggested, "\n") - 1; rows != 2 || strings.Contains(suggested, "hers") || strings.Contains(suggested, "0815") {
		t.Fatalf("suggested is\n%s", suggested)
	}
	file := writeFile(t, "suggested.csv", suggested)
	on("roster", "accept", file)
	on("roster", "import", "--people", people)
	s.drain()
	if n := acts(); n != 8+6+3 {
		t.Errorf("accepted, %v acts are hers, want 17", n)
	}
	if again := on("roster", "suggest", "--format", "csv"); strings.Count(again, "\n") != 1 {
		t.Errorf("what was accepted is suggested again:\n%s", again)
	}
	accepted := decodeRows(t, on("roster", "accepted", "--format", "json"))
	if len(accepted) != 2 {
		t.Fatalf("accepted are %v", accepted)
	}
	for _, row := range accepted {
		on("roster", "withdraw", row["alias"].(string))
	}
	s.drain()
	if n := acts(); n != 8 {
		t.Errorf("withdrawn, %v acts are hers, want 8", n)
	}
	if _, err := tryUptake(t, "roster", "accept", "--data", s.dir, writeFile(t, "wrong.csv", "alias,person\nlaptop,ada@example.com\n")); err == nil || strings.Contains(err.Error(), "ada@") {
		t.Errorf("raw identifiers: %v", err)
	}
}
