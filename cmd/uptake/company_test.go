package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// company is a small invented company with events of four weeks.
type company struct {
	people, seats string
	// batches are bodies for /v1/events; ids are unique over all of them.
	batches [][]byte
	events  int
}

// newCompany makes the company; the same seed makes the same one.
func newCompany(seed uint64, people, eventsPerBatch int) *company {
	r := rand.New(rand.NewPCG(seed, 1))
	monday := mondayOf(time.Now().UTC()).AddDate(0, 0, -28)
	c := &company{people: peopleCSV(people), seats: "person,tool,valid_from,valid_to,monthly_price_usd\n*,claude-code,2020-01-01,,20\n*,chatgpt,2020-01-01,,25\n"}
	var batch strings.Builder
	inBatch := 0
	flush := func() {
		if inBatch > 0 {
			c.batches = append(c.batches, []byte(batch.String()))
			batch.Reset()
			inBatch = 0
		}
	}
	for day := range 27 {
		for person := range people {
			if r.IntN(100) < 55-person%40 {
				for range 1 + r.IntN(3) {
					batch.WriteString(companyEvent(r, c.events, person, monday.AddDate(0, 0, day)))
					c.events++
					if inBatch++; inBatch == eventsPerBatch {
						flush()
					}
				}
			}
		}
	}
	flush()
	return c
}

func mondayOf(t time.Time) time.Time {
	t = t.Truncate(24 * time.Hour)
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
}

func companyEvent(r *rand.Rand, n, person int, day time.Time) string {
	tools := []string{"claude-code", "chatgpt"}
	actions := []string{"prompt", "prompt", "request", "tool_use"}
	event := map[string]any{
		"id": fmt.Sprintf("e-%d", n), "time": day.Add(time.Duration(8*3600+r.IntN(9*3600)) * time.Second).Format(time.RFC3339),
		"tool": tools[r.IntN(2)], "action": actions[r.IntN(4)], "person": personName(person), "device": fmt.Sprintf("laptop-%d", person),
		"session": fmt.Sprintf("s-%d-%d", person, day.YearDay()), "tokens": map[string]int{"output": r.IntN(500)}, "decision": "accepted",
	}
	line, _ := json.Marshal(event)
	return string(line) + "\n"
}

func personName(n int) string { return fmt.Sprintf("person%d@example.com", n) }

func peopleCSV(people int) string {
	var b strings.Builder
	b.WriteString("person,valid_from,valid_to,status,employment,role,seniority,team,department,region,timezone,aliases\n")
	seniority := []string{"entry", "professional", "manager", "executive"}
	for n := range people {
		department := []string{"marketing", "engineering", "sales"}[n%3]
		fmt.Fprintf(&b, "%s,2025-01-01,,active,employee,%s role,%s,%s team %d,%s,emea,Europe/Berlin,\n",
			personName(n), department, seniority[n/3%4], department, n/3%2, department)
	}
	return b.String()
}

// importInto imports the company's roster.
func (c *company) importInto(t testing.TB, args ...string) {
	t.Helper()
	dir := t.TempDir()
	people, seats := filepath.Join(dir, "people.csv"), filepath.Join(dir, "seats.csv")
	for path, text := range map[string]string{people: c.people, seats: c.seats} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	uptake(t, append([]string{"roster", "import", "--people", people, "--seats", seats}, args...)...)
}

// figuresOf returns all published figures, a row a line, without what depends
// on when they were published.
func figuresOf(t testing.TB, args ...string) []string {
	t.Helper()
	rows := decodeRows(t, uptake(t, append([]string{"figures", "--format", "json"}, args...)...))
	if len(rows) == 0 {
		t.Fatal("no figures are published")
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		delete(row, "watermark")
		line, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = string(line)
	}
	slices.Sort(lines)
	return lines
}

// assertSameFigures compares to the last digit.
func assertSameFigures(t testing.TB, got, want []string) {
	t.Helper()
	different := 0
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			if different++; different <= 3 {
				t.Errorf("figure\n%s\nshould be\n%s", got[i], want[i])
			}
		}
	}
	if different > 0 || len(got) != len(want) {
		t.Errorf("%d of %d figures differ; %d are wanted", different, len(got), len(want))
	}
}
