package table

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// PersonalTable is a table that holds records about persons.
type PersonalTable struct {
	Name string
	// Title and Holds say in words what it holds.
	Title, Holds string
	// Columns hold pseudonyms: of persons, of their other identifiers, of devices.
	Columns []string
	// Months and Days are how long a row stays; both are 0 where it stays as long
	// as it is in force, and Kept says when it goes.
	Months, Days int
	Kept         string
}

// Personal is the one list of tables about persons: what a ledger shows, an
// erasure empties and an audit watches.
func Personal() []PersonalTable { return slices.Clone(personal) }

var personal = []PersonalTable{
	{Name: "event", Title: "Events", Holds: "one row for each use of a tool: when, which tool, what kind of act, how many tokens; never what was said",
		Columns: []string{"person", "device"}, Days: 90, Kept: "90 days from receipt"},
	{Name: "reading", Title: "Readings", Holds: "counters that a tool reported, such as tokens so far",
		Columns: []string{"person", "device"}, Days: 90, Kept: "90 days from receipt"},
	{Name: "heard", Title: "Signs of life", Holds: "on which day something was heard of a tool at all",
		Columns: []string{"person", "device"}, Months: 15, Kept: "15 months"},
	{Name: "person_day", Title: "Person-days", Holds: "sums of a day and a tool, from which all figures about groups are made",
		Columns: []string{"person"}, Months: 15, Kept: "15 months"},
	{Name: "act_day", Title: "Act-days", Holds: "how many acts and prompts lay on a day, to count active people",
		Columns: []string{"person"}, Months: 15, Kept: "15 months"},
	{Name: "population", Title: "Places", Holds: "the groups in which the figures of a day, a week or 28 days counted the person",
		Columns: []string{"person"}, Months: 15, Kept: "15 months"},
	{Name: "roster_version", Title: "Roster", Holds: "role, team, department, region and time zone, with dates, as the company told them",
		Columns: []string{"person"}, Kept: "while the company's roster names the person and 15 months after the last day"},
	{Name: "alias_version", Title: "Other identifiers", Holds: "pseudonyms of further identifiers that belong to the person",
		Columns: []string{"alias", "person"}, Kept: "while the company's roster names them"},
	{Name: "seat_version", Title: "Seats", Holds: "licences of tools that are assigned to the person",
		Columns: []string{"person"}, Kept: "while the company's seats name the person"},
	{Name: "training_version", Title: "Training", Holds: "courses that the person completed",
		Columns: []string{"person"}, Kept: "while the company's list of training names the person"},
	{Name: "alias_decision", Title: "Accepted identifiers", Holds: "decisions of IT that an identifier belongs to the person",
		Columns: []string{"alias", "person"}, Kept: "until the person is erased"},
	{Name: "scim_resource", Title: "Directory records", Holds: "states that the company's directory sent, encrypted with the identity key",
		Columns: []string{"person"}, Months: 15, Kept: "while the directory holds the person and 15 months after"},
	{Name: "ledger_link", Title: "Links", Holds: "links that were made for the person to see this record",
		Columns: []string{"person"}, Days: 1, Kept: "a day after the link has run out"},
	{Name: "audit", Title: "Who looked", Holds: "who read or changed records about the person, and when",
		Columns: []string{"person"}, Months: 24, Kept: "24 months"},
}

// personalViews show rows of personal tables.
var personalViews = []string{"roster", "alias", "seat", "training", "roster_day"}

// PersonalNames are the personal tables and the views on them: what a
// statement names when it reads about persons.
func PersonalNames() []string {
	names := slices.Clone(personalViews)
	for _, t := range personal {
		names = append(names, t.Name)
	}
	return names
}

// IdentifierColumns are the names under which tables keep pseudonyms of persons
// and of their devices. A test holds that no other table has one.
func IdentifierColumns() []string { return []string{"person", "alias", "device"} }

// ErasedHash is what stays of a pseudonym when its person is erased: enough to
// refuse what comes again, not enough to find anything. ClickHouse has it as
// lower(hex(SHA256(pseudonym))).
func ErasedHash(pseudonym string) string {
	sum := sha256.Sum256([]byte(pseudonym))
	return hex.EncodeToString(sum[:])
}
