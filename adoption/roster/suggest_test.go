package roster_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
	"github.com/uptake-telemetry/uptake/adoption/roster"
)

var enough = roster.Evidence{Events: 3, Days: 2}

// seen stores events of the person on the device, one a day.
func seen(t testing.TB, conn driver.Conn, device, person string, days int) {
	t.Helper()
	start := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -days)
	var rows [][]any
	for i := range days {
		at := start.AddDate(0, 0, i).Add(time.Hour)
		rows = append(rows, []any{uuid.New(), at, at, "claude-code", person, "human", device, "prompt", "user"})
	}
	adoptiontest.Insert(t, conn, "event (event_id, occurred_at, received_at, tool, person, person_kind, device, action, initiator)", rows)
}

// hex is a pseudonym for tests.
func hex(n int) string { return fmt.Sprintf("%032x", n) }

func mustSuggest(t testing.TB, conn driver.Conn) roster.Suggestions {
	t.Helper()
	s, err := roster.Suggest(t.Context(), conn, enough)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDevicesOfOnePersonAreSuggested(t *testing.T) {
	conn := tables(t)
	mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+ada+bob)}))
	adaID, bobID := id(t, "ada@example.com"), id(t, "bob@example.com")

	hers, shared, thin, quiet, guests := hex(1), hex(2), hex(3), hex(4), hex(5)
	seen(t, conn, hers, id(t, "github:ada"), 3)
	seen(t, conn, hers, adaID, 2)
	seen(t, conn, hers, "", 7)
	for device, people := range map[string][]string{
		shared: {adaID, bobID, ""}, quiet: {bobID}, guests: {adaID, hex(91), hex(92), ""},
	} {
		for _, person := range people {
			seen(t, conn, device, person, 4)
		}
	}
	seen(t, conn, thin, bobID, 1)
	seen(t, conn, thin, "", 5)
	got := mustSuggest(t, conn)
	if len(got.List) != 1 || got.Ambiguous != 2 || got.Thin != 1 {
		t.Fatalf("got %+v", got)
	}
	s := got.List[0]
	if s.Kind != "device" || s.Alias != hers || s.Person != adaID || s.WithPerson != 5 || s.Days != 3 || s.Gained != 7 || s.First.After(s.Last) {
		t.Errorf("got %+v", s)
	}
}

func TestAccountsSeenOnlyOnDevicesOfOnePersonAreSuggested(t *testing.T) {
	conn := tables(t)
	mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+ada+bob)}))
	adaID, bobID := id(t, "ada@example.com"), id(t, "bob@example.com")
	account, wandering := hex(80), hex(81)
	for _, device := range []string{hex(1), hex(2)} {
		seen(t, conn, device, adaID, 3)
		seen(t, conn, device, account, 4)
	}
	seen(t, conn, "", account, 2)
	seen(t, conn, hex(3), bobID, 3)
	seen(t, conn, hex(3), wandering, 4)
	seen(t, conn, hex(4), wandering, 1)
	// A device that the roster gives to her proves it without any name.
	owned := id(t, "device:laptop-17")
	seen(t, conn, owned, "", 3)
	seen(t, conn, owned, hex(82), 1)
	got := mustSuggest(t, conn)
	if len(got.List) != 2 || got.Ambiguous != 1 {
		t.Fatalf("got %+v", got)
	}
	if s := got.List[0]; s.Kind != "account" || s.Alias != account || s.Person != adaID || s.Gained != 8 || s.WithPerson != 6 {
		t.Errorf("got %+v", s)
	}
	if s := got.List[1]; s.Alias != hex(82) || s.Person != adaID || s.Gained != 1 {
		t.Errorf("got %+v", s)
	}
}

func decide(t testing.TB, conn driver.Conn, accepted bool, alias, person string) roster.Change {
	t.Helper()
	change, err := roster.Decide(t.Context(), conn, []roster.Decision{{Alias: alias, Person: person, Accepted: accepted}})
	if err != nil {
		t.Fatal(err)
	}
	return change
}

func aliasesInForce(t testing.TB, conn driver.Conn) uint64 {
	return count(t, conn, "(SELECT count() FROM alias)")
}

func TestAcceptedAliasesOutliveImportsAndCanBeTakenBack(t *testing.T) {
	conn := tables(t)
	people := func(content string) *roster.Roster {
		return mustParse(t, roster.Files{People: file("p", peopleHeader+content)})
	}
	mustStore(t, conn, people(ada+bob))
	before := inForce(t, conn)
	device := hex(1)
	if c := decide(t, conn, true, device, id(t, "ada@example.com")); !c.Changed || c.Aliases != 3 || c.People != 2 {
		t.Errorf("got %+v", c)
	}
	if c := decide(t, conn, true, device, id(t, "ada@example.com")); c.Changed {
		t.Error("accepting again changes something")
	}
	if c := mustStore(t, conn, people(bob+ada)); c.Changed || c.Aliases != 3 {
		t.Errorf("importing the same people: %+v", c)
	}
	// She has another address now, and the file knows it.
	renamed := strings.NewReplacer("ada@example.com", "ada@new.example", "github:ada;", "github:ada;ada@example.com;").Replace(ada)
	mustStore(t, conn, people(renamed+bob))
	if n := count(t, conn, "(SELECT count() FROM alias WHERE alias = '"+device+"' AND person = '"+id(t, "ada@new.example")+"')"); n != 1 {
		t.Error("the alias did not follow the person to the new address")
	}
	// Without her in the file, nothing is hers.
	if c := mustStore(t, conn, people(bob)); c.Aliases != 0 {
		t.Errorf("got %+v", c)
	}
	mustStore(t, conn, people(ada+bob))
	if aliasesInForce(t, conn) != 3 {
		t.Error("back in the file, she lacks the alias")
	}
	decide(t, conn, false, device, "")
	if inForce(t, conn) != before {
		t.Errorf("taken back, in force is\n%s\nand not\n%s", inForce(t, conn), before)
	}
	if n := count(t, conn, "(SELECT countIf(accepted) * 10 + countIf(NOT accepted AND person = '"+id(t, "ada@example.com")+"') FROM alias_decision)"); n != 11 {
		t.Errorf("the decisions are not all kept: %d", n)
	}
}

func TestAliasesThatClashAreErrorsOfTheImport(t *testing.T) {
	conn := tables(t)
	adaID, bobID := id(t, "ada@example.com"), id(t, "bob@example.com")
	if _, err := roster.Decide(t.Context(), conn, nil); err != roster.ErrNoPeople {
		t.Errorf("without people: %v", err)
	}
	mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+ada+bob)}))
	for name, d := range map[string]roster.Decision{
		"an alias of another person": {Alias: id(t, "github:ada"), Person: bobID, Accepted: true},
		"another person":             {Alias: bobID, Person: adaID, Accepted: true},
		"for nobody of the roster":   {Alias: hex(1), Person: hex(2), Accepted: true},
	} {
		if _, err := roster.Decide(t.Context(), conn, []roster.Decision{d}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if n := count(t, conn, "(SELECT count() FROM alias_decision)"); n != 0 {
		t.Errorf("%d wrong decisions are noted", n)
	}
	decide(t, conn, true, id(t, "device:bobs"), bobID)
	clash := mustParse(t, roster.Files{People: file("p", peopleHeader+strings.Replace(ada, "laptop-17", "bobs", 1)+bob)})
	_, err := roster.Store(t.Context(), conn, clash)
	if err == nil || !strings.Contains(err.Error(), "uptake roster withdraw "+id(t, "device:bobs")) {
		t.Errorf("got %v", err)
	}
	decide(t, conn, false, id(t, "device:bobs"), "")
	mustStore(t, conn, clash)
}

func TestDecisionsAndImportsAtOnceLoseNothing(t *testing.T) {
	conn := tables(t)
	adaID := id(t, "ada@example.com")
	var rosters []*roster.Roster
	for i := range 3 {
		rosters = append(rosters, mustParse(t, roster.Files{People: file("p", peopleHeader+strings.ReplaceAll(ada+bob, "EMEA", fmt.Sprint("region", i)))}))
	}
	mustStore(t, conn, rosters[0])
	var work sync.WaitGroup
	for i := range 4 {
		work.Go(func() {
			if _, err := roster.Store(context.Background(), conn, rosters[i%3]); err != nil {
				t.Error(err)
			}
		})
		work.Go(func() {
			_, err := roster.Decide(context.Background(), conn, []roster.Decision{{Alias: hex(i), Person: adaID, Accepted: true}})
			if err != nil && !strings.Contains(err.Error(), "run it again") {
				t.Error(err)
			}
		})
	}
	work.Wait()
	decided := count(t, conn, "(SELECT count() FROM alias_decision)")
	if n := aliasesInForce(t, conn); n != 2+decided {
		t.Errorf("%d aliases are in force, want 2 and the %d that were accepted", n, decided)
	}
	if n := count(t, conn, "(SELECT count() * 10 + uniqExact(region) FROM roster)"); n != 22 && n != 21 {
		t.Errorf("the people in force are of no single import: %d", n)
	}
	mustStore(t, conn, rosters[1])
	if n := count(t, conn, "(SELECT countIf(region = 'region1') FROM roster)"); n != 1 {
		t.Error("an import is not in force after decisions")
	}
}

func TestFilesOfAcceptedAliases(t *testing.T) {
	row := func(alias, person string) string { return alias + "," + person + "\n" }
	good := "alias,person\n" + row(hex(1), hex(9)) + row(hex(2), hex(9)) + row(hex(1), hex(9))
	if d, err := roster.ParseAccepted(*file("f", good)); err != nil || len(d) != 2 || !d[0].Accepted {
		t.Errorf("got %v, %v", d, err)
	}
	whole := strings.Join(roster.SuggestionColumns, ",") + "\n" + hex(1) + "," + hex(2) + ",device,3,2,7,2026-11-01,2026-11-20,x\n"
	if d, err := roster.ParseAccepted(*file("f", whole)); err != nil || len(d) != 1 {
		t.Errorf("got %v, %v", d, err)
	}
	for name, content := range map[string]string{
		"no header": hex(1) + "," + hex(2) + "\n", "raw identifiers": "alias,person\nlaptop-17,ada@example.com\n",
		"two owners": "alias,person\n" + row(hex(1), hex(2)) + row(hex(1), hex(3)), "itself": "alias,person\n" + row(hex(1), hex(1)),
	} {
		_, err := roster.ParseAccepted(*file("f", content))
		if err == nil || strings.Contains(err.Error(), "ada@") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
