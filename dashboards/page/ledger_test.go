package page

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// record is one as a busy person has it.
func record() Ledger {
	monday := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	l := Ledger{
		Person: "69154911e6c075724bad3d7366a89c1a", Until: time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC), MinimumGroup: 5, Days: 140,
		Places: []string{"since 2026-08-01: active: designer, professional, <Team 0>, Marketing, EMEA, employee, Europe/Berlin"},
		Tables: []LedgerTable{
			{Title: "Events", Holds: "one row for each use of a tool: when, which tool, what kind of act, how many tokens; never what was said", Kept: "90 days from receipt", Rows: 2196, Leaves: monday.AddDate(0, 3, 0)},
			{Title: "Readings", Holds: "counters", Kept: "90 days"},
			{Title: "Person-days", Holds: "sums of a day and a tool, from which all figures about groups are made", Kept: "15 months", Rows: 96, Leaves: monday.AddDate(0, 15, 0)},
			{Title: "Roster", Holds: "role, team, department, region and time zone, with dates, as the company told them", Kept: "while the company's roster names you", Rows: 1},
		},
		JSON: "/ledger/record.json", CSV: "/ledger/record.zip",
	}
	for week := range 40 {
		for n, tool := range []string{"claude-code", "chatgpt", "codex", "m365-copilot", "gemini-cli", "grok", "perplexity"} {
			if (week+n)%3 > 0 {
				l.Weeks = append(l.Weeks, LedgerWeek{Monday: monday.AddDate(0, 0, -7*week), Tool: tool, Days: 3, Acts: uint64((week*7+n*13)%31) * uint64(7-n) / 2})
			}
		}
		l.Looked = append(l.Looked, LedgerLook{At: monday.AddDate(0, 0, -week), Words: fmt.Sprintf("operator%d looked at your record", week)})
	}
	return l
}

func TestTheRecordIsDrawn(t *testing.T) {
	var b strings.Builder
	if err := WriteLedger(&b, record()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2\u202f293", "69154911e6c075724bad3d7366a89c1a", "&lt;Team 0&gt;", "fewer than 5 people", "fewer than 20 people", "others",
		"operator0 looked", "the last goes on 16 February 2027", "the last 26 weeks", "last 10 of 40", "09:30 UTC", "/ledger/record.zip"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, unwanted := range []string{"<script", "counters", "http:", "operator10"} {
		if strings.Contains(b.String(), unwanted) {
			t.Errorf("the page has %q", unwanted)
		}
	}
}

func TestAnEmptyRecordIsDrawn(t *testing.T) {
	var b strings.Builder
	if err := WriteLedger(&b, Ledger{MinimumGroup: 10}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"No use of an AI tool", "Nobody, in the last 24 months"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestTheDoorHasOneButtonAndNoAddress(t *testing.T) {
	var door, closed strings.Builder
	if err := WriteLedgerDoor(&door); err != nil {
		t.Fatal(err)
	}
	if err := WriteLedgerClosed(&closed); err != nil {
		t.Fatal(err)
	}
	if strings.Count(door.String(), "<button") != 1 || strings.Contains(door.String()+closed.String(), "href") {
		t.Error("the door has more than its button")
	}
}
