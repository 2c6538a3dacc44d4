package roster_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/adoption/roster/scim"
	"github.com/uptake-telemetry/uptake/schema/table"
)

func TestWhatStartsAnewAfterARestart(t *testing.T) {
	conn := tables(t)
	p := startProvider(t, conn, roster.DefaultMapping())
	user := p.made("/Users", oktaUser("ada@example.com", "Copywriter", true))
	gone := p.made("/Users", oktaUser("gone@example.com", "Copywriter", true))
	p.send(http.StatusNoContent, "DELETE", "/Users/"+gone, "")
	group := p.made("/Groups", `{"displayName":"Brand","members":[{"value":"`+user+`"}]}`)
	p.on("2026-03-10")
	p.patch(http.StatusNoContent, "/Groups/"+group, `{"op":"replace","value":{"displayName":"Core"}}`)
	before, shown := p.rows("ada@example.com"), p.send(http.StatusOK, "GET", "/Users/"+user, "")
	if n := count(t, conn, "(SELECT count() FROM roster WHERE person = '"+id(t, "gone@example.com")+"')"); n != 0 {
		t.Error("who came and went on one day has a row")
	}
	again := startProvider(t, conn, roster.DefaultMapping())
	shownAgain := again.send(http.StatusOK, "GET", "/Users/"+user, "")
	delete(shown, "meta")
	delete(shownAgain, "meta")
	if len(shown["groups"].([]any)) != 1 {
		t.Errorf("groups: %v", shown["groups"])
	}
	shown["groups"], shownAgain["groups"] = nil, nil
	if a, b := fmt.Sprint(shown), fmt.Sprint(shownAgain); a != b {
		t.Errorf("shown before\n%s, after\n%s", a, b)
	}
	imports := count(t, conn, "(SELECT count() FROM roster_import)")
	if after := again.rows("ada@example.com"); after != before || count(t, conn, "(SELECT count() FROM roster_import)") != imports {
		t.Errorf("before %s, after %s", before, after)
	}
}

func TestNothingOfAPersonLiesOpenInTheTable(t *testing.T) {
	p := startProvider(t, tables(t), roster.DefaultMapping())
	p.made("/Users", oktaUser("ada@example.com", "Copywriter", true))
	if n := count(t, p.conn, "(SELECT countIf(position(concat(sealed, base64Decode(concat(sealed, repeat('=', (4 - length(sealed) % 4) % 4)))), 'ada') > 0) FROM scim_resource)"); n != 0 {
		t.Error("the name is in the table")
	}
	if n := count(t, p.conn, "(SELECT count() FROM scim_resource WHERE person = '"+id(t, "ada@example.com")+"')"); n != 1 {
		t.Error("the row has no pseudonym")
	}
}

// The file's rows hold before the day on which the provider first sent the person.
func TestThePeopleFileAndTheProviderAreJoined(t *testing.T) {
	conn := tables(t)
	people := roster.Files{People: file("p", peopleHeader+ada+bob)}
	mustStore(t, conn, mustParse(t, people))
	p := startProvider(t, conn, roster.DefaultMapping())
	p.made("/Users", oktaUser("ada@example.com", "VP Marketing", true))
	p.made("/Users", oktaUser("eve@example.com", "Software Engineer", true))
	want := "2026-01-01..2026-03-01 brand copywriter entry; 2026-03-02.. unknown marketing executive"
	p.wantRows("ada@example.com", want)
	p.wantRows("eve@example.com", "2026-03-02.. unknown engineer professional")
	bobs := p.rows("bob@example.com")
	if bobs == "" {
		t.Error("who is in the file alone is gone")
	}
	change := mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+ada)}))
	if !change.Changed || change.People != 2 {
		t.Errorf("a later file: %+v", change)
	}
	p.wantRows("ada@example.com", want)
	p.wantRows("eve@example.com", "2026-03-02.. unknown engineer professional")
	p.wantRows("bob@example.com", "")
	if change := mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+ada)})); change.Changed {
		t.Error("the same file again changes something")
	}
	seatsOnly := roster.Files{Seats: file("s", seats)}
	if change := mustStore(t, conn, mustParse(t, seatsOnly)); !change.Changed || change.People != 2 || change.Seats != 2 {
		t.Errorf("seats alone: %+v", change)
	}
}

func TestWhoWasErasedIsForgottenByTheDirectory(t *testing.T) {
	conn := tables(t)
	mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+ada+bob)}))
	p := startProvider(t, conn, roster.DefaultMapping())
	p.made("/Users", oktaUser("ada@example.com", "Copywriter", true))
	eve := p.made("/Users", oktaUser("eve@example.com", "Copywriter", true))
	p.wantRows("eve@example.com", "2026-03-02.. unknown copywriter professional")
	person := id(t, "eve@example.com")
	for _, statement := range []string{
		"INSERT INTO erased (hash, receipt, erased_at) SELECT '" + table.ErasedHash(person) + "', generateUUIDv4(), now64(6)",
		"ALTER TABLE scim_resource DELETE WHERE person = '" + person + "' SETTINGS mutations_sync = 1",
	} {
		if err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := roster.Refresh(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if err := conn.Exec(t.Context(), "ALTER TABLE roster_version DELETE WHERE person = '"+person+"' SETTINGS mutations_sync = 1"); err != nil {
		t.Fatal(err)
	}
	p.wantRows("eve@example.com", "")
	p.wantRows("ada@example.com", "2026-01-01..2026-03-01 brand copywriter entry; 2026-03-02.. unknown copywriter professional")
	for p.directory.Ready() == nil && t.Context().Err() == nil {
		if _, err := p.directory.Get(t.Context(), scim.User, eve); err != nil {
			break
		}
	}
	if n := count(t, conn, "(SELECT count() FROM roster_version WHERE person = '"+person+"') + (SELECT count() FROM alias_version WHERE person = '"+person+"')"); n != 0 {
		t.Errorf("%d rows name whom was erased", n)
	}
}
