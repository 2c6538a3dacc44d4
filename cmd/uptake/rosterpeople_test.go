package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// people of a company, so many of them.
func peopleFile(n int) string {
	var b strings.Builder
	b.WriteString("person,valid_from,valid_to,status,employment,role,seniority,team,department,region,timezone,aliases,title\n")
	for i := range n {
		fmt.Fprintf(&b, "p%d@example.com,2026-01-01,,active,employee,,,brand,marketing,EMEA,UTC,,Head of Brand\n", i)
	}
	return b.String()
}

func TestPeopleOverTime(t *testing.T) {
	s := startUp(t, t.TempDir())
	at := []string{"--data", s.dir}
	on := func(args ...string) string { t.Helper(); return uptake(t, append(args, at...)...) }

	on("roster", "import", "--people", writeFile(t, "people.csv", peopleFile(10)))
	if n := s.number("SELECT countIf(role = 'marketing' AND seniority = 'manager') FROM roster"); n != 10 {
		t.Errorf("the title tells role and seniority of %v rows, want 10", n)
	}
	short := writeFile(t, "short.csv", peopleFile(7))
	_, err := tryUptake(t, append(at, "roster", "import", "--people", short)...)
	if err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), "3 of the 10 people") || !strings.Contains(err.Error(), "--accept-removals") {
		t.Errorf("a file that was cut short: %v", err)
	}
	on("roster", "import", "--people", writeFile(t, "fewer.csv", peopleFile(8)))
	on("roster", "import", "--people", writeFile(t, "few.csv", peopleFile(2)), "--accept-removals")
	history := decodeRows(t, on("roster", "history", "--format", "json"))
	if len(history) != 3 || history[0]["removed"] != 6.0 || history[2]["added"] != 10.0 || history[0]["source"] != "csv" {
		t.Errorf("history: %v", history)
	}

	scim := strings.TrimSpace(on("token", "create", "--name", "idp", "--scope", "scim"))
	create := func(token string) int {
		status, _ := postBody(t, s.Web+"/scim/v2/Users", token, "application/scim+json", "", []byte(`{"userName":"eve@example.com","title":"Software Engineer","active":true}`))
		return status
	}
	if status := create("nobody"); status != http.StatusUnauthorized {
		t.Errorf("an unknown token: %d", status)
	}
	if status := create(secretOf(t, s.ReadTokenFile)); status != http.StatusForbidden {
		t.Errorf("a reader's token: %d", status)
	}
	waitFor(t, "the token", s.done, func() error {
		if status := create(scim); status != http.StatusCreated {
			return fmt.Errorf("status %d", status)
		}
		return nil
	})
	eve := strings.TrimSpace(on("person", "id", "eve@example.com"))
	waitFor(t, "the roster", s.done, func() error {
		if n := s.number("SELECT count() FROM roster WHERE person = '" + eve + "' AND role = 'engineer'"); n != 1 {
			return fmt.Errorf("%v rows", n)
		}
		return nil
	})
	on("roster", "import", "--people", writeFile(t, "again.csv", peopleFile(3)))
	if n := s.number("SELECT uniqExact(person) FROM roster"); n != 4 {
		t.Errorf("%v people are on the roster, want 3 of the file and one of the identity provider", n)
	}
	if n := s.number("SELECT count() FROM audit WHERE via = 'scim'"); n < 1 {
		t.Error("what the identity provider changed is not noted")
	}

	s.mustPost([]byte(prompts("a", "stranger@example.com", "hers", 3)))
	s.drain()
	stranger := strings.TrimSpace(on("person", "id", "stranger@example.com"))
	found := map[string]bool{}
	for _, f := range decodeRows(t, on("roster", "check", "--format", "json")) {
		found[fmt.Sprint(f["finding"], " ", f["about"], " ", f["count"])] = true
	}
	if !found["seen_not_on_roster "+stranger+" 3"] || !found["never_seen  4"] {
		t.Errorf("found: %v", found)
	}
	for line := range strings.Lines(on("roster", "check")) {
		if len([]rune(strings.TrimRight(line, "\n"))) > 100 {
			t.Errorf("a line is wider than 100 columns: %s", line)
		}
	}
	tried := on("roster", "map", "--try", "--scim", "--format", "csv")
	if !strings.Contains(tried, "Software Engineer,1,engineer,professional") || strings.Contains(tried, "eve@") {
		t.Errorf("tried: %s", tried)
	}
	if tried := on("roster", "map", "--try", "--title", "VP Marketing"); !strings.Contains(tried, "executive") {
		t.Errorf("tried: %s", tried)
	}
}
