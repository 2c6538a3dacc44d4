package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// staff is a company of so many people, of whom the first is ada, and their
// events of the last nine days.
func staff(t *testing.T, people int, withAda bool) (rosterFile string, events []byte) {
	t.Helper()
	var rows, body bytes.Buffer
	rows.WriteString("person,valid_from,valid_to,status,employment,role,seniority,team,department,region,timezone,aliases\n")
	now := time.Now().UTC()
	for n := range people {
		if n == 0 && !withAda {
			continue
		}
		who, aliases := fmt.Sprintf("p%d@example.com", n), ""
		if n == 0 {
			who, aliases = "ada@example.com", "ada@old.example;device:laptop-ada"
		}
		fmt.Fprintf(&rows, "%s,2026-01-01,,active,employee,role %d,professional,Team,Marketing,EMEA,UTC,%s\n", who, n%2, aliases)
		for day := n % 2; day < 9; day += 2 {
			person := fmt.Sprintf(`"person": %q, `, who)
			switch {
			case n == 0 && day == 2:
				person = `"person": "ada@old.example", `
			case n == 0 && day == 4:
				person = "" // the device says whose it is
			}
			device := "laptop-ada"
			if n > 0 {
				device = fmt.Sprintf("laptop-%d", n)
			}
			at := now.AddDate(0, 0, -day).Add(-time.Minute).Format(time.RFC3339)
			fmt.Fprintf(&body, `{"id": "e-%d-%d", "time": %q, "tool": "claude-code", "action": "prompt", %s"device": %q}`+"\n", n, day, at, person, device)
		}
	}
	rosterFile = filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(rosterFile, rows.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return rosterFile, body.Bytes()
}

// employ starts a system with the company.
func employ(t *testing.T, rosterFile string, events []byte) *system {
	t.Helper()
	s := startUp(t, t.TempDir())
	uptake(t, "roster", "import", "--people", rosterFile, "--data", s.dir)
	if status, text := s.post("/v1/events", "application/x-ndjson", "", events); status != http.StatusOK {
		t.Fatal(status, text)
	}
	s.drain()
	return s
}

// open are the figures that are not final yet: what changes there shows at once.
func (s *system) open() map[string]map[string]any {
	rows := map[string]map[string]any{}
	for _, row := range decodeRows(s.t, uptake(s.t, "figures", "--data", s.dir, "--format", "json")) {
		if row["state"] != "provisional" {
			continue
		}
		delete(row, "watermark")
		name, _ := json.Marshal([]any{row["metric"], row["grain"], row["period"], row["dimensions"], row["tool"]})
		rows[string(name)] = row
	}
	return rows
}

// bytesOf finds files that hold any of the words.
func bytesOf(t *testing.T, folder string, words []string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // files of running tables come and go
		}
		content, _ := os.ReadFile(path)
		for _, word := range words {
			if bytes.Contains(content, []byte(word)) {
				found = append(found, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAnErasedPersonIsAsIfNeverThere(t *testing.T) {
	const people = 25
	rosterFile, events := staff(t, people, true)
	s := employ(t, rosterFile, events)
	var pseudonyms []string
	for _, name := range []string{"ada@example.com", "ada@old.example", "device:laptop-ada"} {
		pseudonyms = append(pseudonyms, strings.TrimSpace(uptake(t, "person", "id", name, "--data", s.dir)))
	}
	uptake(t, "token", "create", "--name", "hers", "--person", "ada@example.com", "--data", s.dir)
	for _, pseudonym := range pseudonyms {
		if len(bytesOf(t, s.dir, []string{pseudonym})) == 0 {
			t.Fatal("the search finds nothing although it is there")
		}
	}
	receipt := decodeRows(t, uptake(t, "erase", "ada@old.example", "--yes", "--format", "json", "--data", s.dir))
	if len(receipt) == 0 {
		t.Fatal("no receipt")
	}
	s.drain()
	if found := bytesOf(t, s.dir, pseudonyms); len(found) > 0 {
		t.Errorf("left in %v", found)
	}
	again := decodeRows(t, uptake(t, "erase", "--receipt", receipt[0]["receipt"].(string), "--format", "json", "--data", s.dir))
	if !reflect.DeepEqual(again, receipt) {
		t.Errorf("the receipt reads %v, then %v", receipt, again)
	}
	state := decodeRows(t, uptake(t, "status", "--format", "json", "--data", s.dir))[0]
	if state["erased"] != 5.0 || state["accepted"] != state["stored"].(float64)+5 {
		t.Errorf("status %v", state)
	}

	without, others := staff(t, people, false)
	never := employ(t, without, others)
	got, want := s.open(), never.open()
	if len(want) == 0 {
		t.Fatal("no figures to compare")
	}
	for name, row := range want {
		if !reflect.DeepEqual(got[name], row) {
			t.Errorf("%s: %v, of a company without ada %v", name, got[name], row)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d figures, of a company without ada %d", len(got), len(want))
	}

	// What is sent again has been received again: it is new, and hers only once she is back.
	if text := uptake(t, "roster", "import", "--people", rosterFile, "--data", s.dir); !strings.Contains(text, "24 people") {
		t.Errorf("imported with her file: %s", text)
	}
	s.post("/v1/events", "application/x-ndjson", "", events)
	s.drain()
	if n := s.number("SELECT count() FROM event FINAL WHERE person = '" + pseudonyms[0] + "'"); n == 0 {
		t.Error("what is received after the erasure is not stored")
	}
	if text := uptake(t, "audit", "--person", "ada@example.com", "--data", s.dir); !strings.Contains(text, "erase") {
		t.Errorf("the audit says %s", text)
	}
}

func TestAPersonSeesTheirOwnRecordOnce(t *testing.T) {
	rosterFile, events := staff(t, 6, true)
	s := employ(t, rosterFile, events)
	for _, line := range strings.Split(uptake(t, "ledger", "ada@example.com", "--data", s.dir), "\n") {
		if utf8.RuneCountInString(line) > pageWidth {
			t.Errorf("too wide: %s", line)
		}
	}
	if rows := decodeRows(t, uptake(t, "ledger", "ada@example.com", "--format", "json", "--data", s.dir)); len(rows) < 10 {
		t.Errorf("%d rows for programs", len(rows))
	}
	out := filepath.Join(t.TempDir(), "hers")
	uptake(t, "export", "ada@example.com", "--out", out, "--format", "csv", "--data", s.dir)
	uptake(t, "export", "ada@example.com", "--out", out, "--data", s.dir)
	for _, name := range []string{"record.json", "event.csv", "README.txt"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	link := strings.TrimSpace(uptake(t, "ledger", "ada@example.com", "--link", "--data", s.dir))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	ask := func(method, address string, c *http.Client) (int, string, http.Header) {
		t.Helper()
		request, err := http.NewRequest(method, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := c.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var b bytes.Buffer
		_, _ = b.ReadFrom(response.Body)
		return response.StatusCode, b.String(), response.Header
	}
	for range 2 { // as a program does that looks at mails
		status, text, header := ask(http.MethodGet, link, http.DefaultClient)
		if status != http.StatusOK || !strings.Contains(text, "<button") || header.Get("Referrer-Policy") != "no-referrer" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("the door: %d %v", status, header)
		}
	}
	status, text, _ := ask(http.MethodPost, link, browser)
	if status != http.StatusOK || !strings.Contains(text, "What Uptake holds about you") || !strings.Contains(text, "looked at") {
		t.Fatalf("opened: %d %.300s", status, text)
	}
	for name, begins := range map[string]string{"record.json": "{", "record.zip": "PK"} {
		if status, text, _ := ask(http.MethodGet, s.Web+ledgerPath+name, browser); status != http.StatusOK || !strings.HasPrefix(text, begins) {
			t.Errorf("%s: %d", name, status)
		}
	}
	used, usedText, _ := ask(http.MethodPost, link, http.DefaultClient)
	unknown, unknownText, _ := ask(http.MethodPost, s.Web+ledgerPath+"nothing", http.DefaultClient)
	stranger, strangerText, _ := ask(http.MethodGet, s.Web+ledgerPath, http.DefaultClient)
	if used != http.StatusNotFound || unknown != used || stranger != used || usedText != unknownText || strangerText != usedText {
		t.Errorf("used %d, unknown %d, without a session %d, or they differ", used, unknown, stranger)
	}
	if strings.Contains(s.logText(), filepath.Base(link)) {
		t.Error("the secret is in the log")
	}
	secret := filepath.Base(link)
	if found := bytesOf(t, s.dir, []string{secret}); len(found) > 0 {
		t.Errorf("the secret lies in %v", found)
	}
}
