package roster_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/adoption/roster/scim"
)

func mapper(t testing.TB, m roster.Mapping) *roster.Mapper {
	t.Helper()
	made, err := roster.NewMapper(m)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestTitlesTellRoleAndSeniority(t *testing.T) {
	m := mapper(t, roster.DefaultMapping())
	for title, want := range map[string]string{
		"Chief Executive Officer": "management executive", "CTO": "engineer executive", "VP of Marketing": "marketing executive", "Senior Vice President, Sales": "sales executive",
		"Head of Brand Marketing": "marketing manager", "Director of Engineering": "engineer manager", "Engineering Manager": "engineer manager", "Team Lead Customer Support": "customer support manager",
		"Senior Copywriter": "copywriter professional", "Junior Copywriter": "copywriter entry", "Software Engineer II": "engineer professional", "Data Scientist": "data professional",
		"Product Manager": "product manager professional", "Director of Product Management": "product manager manager", "Key Account Manager": "sales professional", "Executive Assistant to the CEO": "assistant professional",
		"Working Student HR": "human resources entry", "UX Designer": "designer professional", "Leiterin Buchhaltung": "finance manager", "Softwareentwickler (m/w/d)": "engineer professional",
		"General Counsel": "legal executive", "Chief of Staff": "assistant professional", "": "other professional", "Astronaut": "other professional", "Account Executive": "sales professional",
		"Vice-President Finance": "finance executive", "Managing Director": "management executive", "Geschäftsführerin": "management executive", "Trainee Finance": "finance entry",
	} {
		if told := m.Title(title); told.Role+" "+told.Seniority != want {
			t.Errorf("%q: %s %s (by %s, %s), want %s", title, told.Role, told.Seniority, told.RoleRule, told.SeniorityRule, want)
		}
	}
}

func TestAttributesTellTheRow(t *testing.T) {
	m := mapper(t, roster.DefaultMapping())
	got := m.Facts(map[string]any{
		"userName": "ada", "title": "Head of Brand", "userType": "External Contractor", "timezone": "Europe/Nowhere",
		"addresses":           []any{map[string]any{"type": "home", "country": "US"}, map[string]any{"type": "work", "country": "DE"}},
		scim.EnterpriseSchema: map[string]any{"department": " Marketing\tand Sales ", "division": "Europe"},
	}, []string{"All employees", "Team: Stories", "Another"})
	want := roster.Facts{Status: "active", Employment: "contractor", Role: "marketing", Seniority: "manager", Team: "Stories", Department: "Marketing and Sales", Region: "DE", TimeZone: "Europe/Berlin"}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	nothing := roster.Facts{Status: "active", Employment: "employee", Role: "other", Seniority: "professional", Team: "unknown", Department: "unknown", Region: "unknown", TimeZone: "UTC"}
	if got := m.Facts(map[string]any{"userName": "ada"}, []string{"Licence Copilot"}); got != nothing {
		t.Errorf("of nobody: %+v", got)
	}
}

func TestAMappingOfTheSite(t *testing.T) {
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "mapping.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	read, err := roster.ReadMapping(write(`
team: {groups: ['^T-(.+)$'], attributes: [], default: none}
region: {attributes: ['addresses[type eq "work"].country'], values: [{match: '^(DE|AT)$', is: DACH}]}
zones: {DACH: Europe/Vienna}
status: {attributes: ['urn:example:2.0:User:absence'], values: [{match: sabbatical, is: leave}]}
start: ['urn:example:2.0:User:begin']
titles: {rules: [{title: 'story ?teller', role: copywriter, seniority: entry}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	m := mapper(t, read)
	attributes := map[string]any{
		"title": "Head Storyteller", "addresses": []any{map[string]any{"type": "work", "country": "AT"}},
		"urn:example:2.0:User": map[string]any{"absence": "on sabbatical", "begin": "2024-02-01T00:00:00Z"},
	}
	got := m.Facts(attributes, []string{"Brand", "T-x"})
	if got.Team != "x" || got.Region != "DACH" || got.TimeZone != "Europe/Vienna" || got.Status != "leave" || got.Role != "copywriter" || got.Seniority != "entry" {
		t.Errorf("%+v", got)
	}
	if m.Title("Software Engineer").Role != "engineer" {
		t.Error("the rules of the program do not follow")
	}
	if first, is := m.FirstDay(attributes); !is || first.Format(time.DateOnly) != "2024-02-01" {
		t.Errorf("first day %v", first)
	}
	for _, wrong := range []string{"teem: {}", "team: {groups: ['(']}", "status: {default: away}", "zones: {X: Mars/Olympus}", "titles: {rules: [{title: a, seniority: boss}]}", "start: ['a.b.c']"} {
		if _, err := roster.ReadMapping(write(wrong)); err == nil || !strings.Contains(err.Error(), "roster.mapping") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestPeopleWithOneNameInTurn(t *testing.T) {
	p := startProvider(t, tables(t), roster.DefaultMapping())
	first := p.made("/Users", oktaUser("smith@example.com", "Copywriter", true))
	p.on("2026-03-05")
	p.patch(200, "/Users/"+first, `{"op":"replace","path":"userName","value":"smith.old@example.com"}`)
	p.on("2026-03-10")
	p.made("/Users", oktaUser("smith@example.com", "Software Engineer", true))
	p.wantRows("smith@example.com", "2026-03-02.. unknown copywriter professional")
	if n := count(t, p.conn, "(SELECT uniqExact(person) FROM roster)"); n != 2 {
		t.Errorf("%d people, want 2", n)
	}
	found, err := roster.Check(t.Context(), p.conn, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Error("nothing is said")
	}
}

func TestWhoWasDeletedAndIsSentAgainIsTheSamePerson(t *testing.T) {
	p := startProvider(t, tables(t), roster.DefaultMapping())
	user := p.made("/Users", oktaUser("ada@example.com", "Copywriter", true))
	p.on("2026-03-10")
	p.send(204, "DELETE", "/Users/"+user, "")
	p.made("/Users", oktaUser("ada@example.com", "Editor", true))
	p.wantRows("ada@example.com", "2026-03-02..2026-03-09 unknown copywriter professional; 2026-03-10.. unknown copywriter professional")
}
