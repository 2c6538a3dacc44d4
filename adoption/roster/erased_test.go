package roster_test

import (
	"testing"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/schema/table"
)

// twoPeople is a roster of ada and bob, with ada's seat and training.
func twoPeople(t *testing.T) *roster.Roster {
	return mustParse(t, roster.Files{People: file("p", peopleHeader+ada+bob), Seats: file("s", seats), Training: file("t", training)})
}

func TestErasedPeopleLeaveTheRosterAndImportsLeaveThemOut(t *testing.T) {
	conn := tables(t)
	mustStore(t, conn, twoPeople(t))
	var person string
	if err := conn.QueryRow(t.Context(), "SELECT any(person) FROM training").Scan(&person); err != nil {
		t.Fatal(err)
	}
	erase := func() {
		t.Helper()
		if err := conn.Exec(t.Context(), "INSERT INTO erased (hash, receipt, erased_at) SELECT ?, generateUUIDv4(), now64(6)", table.ErasedHash(person)); err != nil {
			t.Fatal(err)
		}
	}
	erase()
	if err := roster.Refresh(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	named := "(SELECT count() FROM roster WHERE person = '" + person + "')"
	if n := count(t, conn, named); n != 0 {
		t.Error("the erased person is in the roster in force")
	}
	change := mustStore(t, conn, twoPeople(t))
	if change.LeftOut != 1 || change.People != 1 || change.Trainings != 0 {
		t.Errorf("imported again: %+v", change)
	}
	if err := roster.TakeBack(t.Context(), conn, twoPeople(t)); err != nil {
		t.Fatal(err)
	}
	if change := mustStore(t, conn, twoPeople(t)); change.LeftOut != 0 || change.People != 2 || change.Trainings != 1 {
		t.Errorf("taken back: %+v", change)
	}
	erase()
	if change := mustStore(t, conn, twoPeople(t)); change.LeftOut != 1 {
		t.Errorf("erased once more: %+v", change)
	}
}

func TestRefreshWithoutARosterMakesNone(t *testing.T) {
	conn := tables(t)
	if err := roster.Refresh(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if n := count(t, conn, "(SELECT count() FROM roster_import)"); n != 0 {
		t.Errorf("%d imports", n)
	}
}

func TestWhoLeftLongAgoStaysOnlyWithASeat(t *testing.T) {
	const left = "carl@example.com,2020-01-01,2020-12-31,active,employee,editor,entry,A,B,C,UTC,\n"
	conn := tables(t)
	if change := mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+bob+left)})); change.People != 1 {
		t.Errorf("kept: %+v", change)
	}
	holds := roster.Files{People: file("p", peopleHeader+bob+left), Seats: file("s", "person,tool,valid_from,valid_to,monthly_price_usd\ncarl@example.com,codex,2020-01-01,,\n")}
	if change := mustStore(t, conn, mustParse(t, holds)); change.People != 2 {
		t.Errorf("with a seat: %+v", change)
	}
}
