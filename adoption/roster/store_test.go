package roster_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

const (
	seats    = "person,tool,valid_from,valid_to,monthly_price_usd\nada@example.com,claude-code,2026-01-01,,19.5\n*,codex,2026-01-01,2026-12-31,\n"
	training = "person,course,completed_on\nada@example.com,Prompting,2026-02-01\n"
)

func tables(t testing.TB) driver.Conn {
	t.Helper()
	conn := enginetest.New(t)
	if err := migrate.Run(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func mustStore(t testing.TB, conn driver.Conn, r *roster.Roster) roster.Change {
	t.Helper()
	change, err := roster.Store(t.Context(), conn, r)
	if err != nil {
		t.Fatal(err)
	}
	return change
}

// inForce is what readers see, as text.
func inForce(t testing.TB, conn driver.Conn) string {
	t.Helper()
	var all string
	err := conn.QueryRow(t.Context(), `SELECT concat(
		(SELECT toString(arraySort(groupArray((person, valid_from, valid_to, status, employment, role, seniority, team, department, region, timezone)))) FROM roster),
		(SELECT toString(arraySort(groupArray((alias, person)))) FROM alias),
		(SELECT toString(arraySort(groupArray((person, tool, valid_from, valid_to, monthly_price_usd)))) FROM seat),
		(SELECT toString(arraySort(groupArray((person, course, completed_on)))) FROM training))`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func count(t testing.TB, conn driver.Conn, what string) uint64 {
	t.Helper()
	var n uint64
	if err := conn.QueryRow(t.Context(), "SELECT toUInt64("+what+")").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStorePutsInForceAndRepeatsAreNothing(t *testing.T) {
	conn := tables(t)
	all := func() *roster.Roster {
		return mustParse(t, roster.Files{People: file("p", peopleHeader+bob+ada), Seats: file("s", seats), Training: file("t", training)})
	}
	want := roster.Change{Changed: true, People: 2, Periods: 2, Aliases: 2, Seats: 2, Trainings: 1}
	if got := mustStore(t, conn, all()); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	before := inForce(t, conn)
	for _, part := range []string{id(t, "ada@example.com"), "2299-12-31", "Europe/Berlin", "claude-code", "19.5", "*", "Prompting", id(t, "device:laptop-17"), "copywriter", "entry", "brand", "marketing", "EMEA"} {
		if !strings.Contains(before, part) {
			t.Errorf("%s is missing in %s", part, before)
		}
	}
	want.Changed = false
	if got := mustStore(t, conn, all()); got != want {
		t.Errorf("the same again: got %+v, want %+v", got, want)
	}
	if got := mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+ada+bob)})); got != want {
		t.Errorf("the same people in another order: got %+v, want %+v", got, want)
	}
	if n := count(t, conn, "(SELECT count() FROM roster_import)"); n != 1 || inForce(t, conn) != before {
		t.Errorf("%d imports, in force %s, before %s", n, inForce(t, conn), before)
	}
}

func TestPeopleAloneLeaveSeatsAndTraining(t *testing.T) {
	conn := tables(t)
	mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+ada+bob), Seats: file("s", seats), Training: file("t", training)}))
	got := mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+bob)}))
	want := roster.Change{Changed: true, People: 1, Periods: 1, Aliases: 0, Seats: 2, Trainings: 1}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if n := count(t, conn, "(SELECT count() FROM roster) * 100 + (SELECT count() FROM seat) * 10 + (SELECT count() FROM training) + 1000 * (SELECT count() FROM alias)"); n != 121 {
		t.Errorf("people, seats, trainings: %d", n)
	}
	mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+bob), Seats: file("s", strings.Split(seats, "\n")[0])}))
	if n := count(t, conn, "(SELECT count() FROM seat) * 10 + (SELECT count() FROM training)"); n != 1 {
		t.Errorf("an empty seats file empties the seats and nothing else: %d", n)
	}
	if n := count(t, conn, "(SELECT uniqExact(fingerprint) FROM roster_import)"); n != 3 {
		t.Errorf("%d different fingerprints of 3 imports", n)
	}
}

func TestRosterDay(t *testing.T) {
	conn := tables(t)
	long := strings.NewReplacer("2026-01-01", "1955-03-01").Replace(ada)
	future := strings.NewReplacer("2026-01-01,2026-06-30", "2290-01-01,").Replace(bob)
	mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+long+future)}))
	if n := count(t, conn, "(SELECT count() = uniqExact(day) AND min(day) = '1970-01-01' AND max(day) = toDate(now('UTC')) AND count() = toUInt32(max(day)) + 1 AND uniqExact(person) = 1 FROM roster_day)"); n != 1 {
		t.Error("roster_day is not each day from 1970 to today of the person employed by now")
	}
}

// failing lets some statements through and then none, like a connection that breaks.
type failing struct {
	driver.Conn
	left int
}

var errCut = errors.New("cut")

func (f *failing) cut() bool { f.left--; return f.left < 0 }

func (f *failing) Exec(ctx context.Context, query string, args ...any) error {
	if f.cut() {
		return errCut
	}
	return f.Conn.Exec(ctx, query, args...)
}

func (f *failing) QueryRow(ctx context.Context, query string, args ...any) driver.Row {
	if f.cut() {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		return f.Conn.QueryRow(ended, query, args...)
	}
	return f.Conn.QueryRow(ctx, query, args...)
}

func (f *failing) PrepareBatch(ctx context.Context, query string, opts ...driver.PrepareBatchOption) (driver.Batch, error) {
	if f.cut() {
		return nil, errCut
	}
	return f.Conn.PrepareBatch(ctx, query, opts...)
}

func TestAnImportCutShortLeavesTheOldOneAndCanBeRunAgain(t *testing.T) {
	conn := tables(t)
	one := mustParse(t, roster.Files{People: file("p", peopleHeader+ada), Seats: file("s", seats), Training: file("t", training)})
	other := mustParse(t, roster.Files{People: file("p", peopleHeader+bob), Seats: file("s", strings.Replace(seats, "19.5", "20", 1)), Training: file("t", training)})
	mustStore(t, conn, one)
	before := inForce(t, conn)
	for statements := 0; ; statements++ {
		_, err := roster.Store(t.Context(), &failing{conn, statements}, other)
		if err == nil {
			break
		}
		if got := inForce(t, conn); got != before {
			t.Fatalf("after %d statements in force is\n%s\nand not\n%s", statements, got, before)
		}
		if statements > 30 {
			t.Fatal("the import never ends")
		}
	}
	if inForce(t, conn) == before || mustStore(t, conn, other).Changed {
		t.Error("the import is not in force at its end")
	}
}

func TestImportsAtOnceAreEachWhole(t *testing.T) {
	conn := tables(t)
	var rosters []*roster.Roster
	wholes := make(map[string]bool)
	for i := range 4 {
		alone := tables(t)
		r := mustParse(t, roster.Files{
			People: file("p", peopleHeader+strings.ReplaceAll(ada+bob, "EMEA", fmt.Sprint("region", i))),
			Seats:  file("s", strings.Replace(seats, "19.5", fmt.Sprint(i), 1)),
		})
		mustStore(t, alone, r)
		wholes[inForce(t, alone)] = true
		rosters = append(rosters, r)
	}
	mustStore(t, conn, rosters[0])
	var imports, reads sync.WaitGroup
	done := make(chan struct{})
	reads.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				if n := count(t, conn, "(SELECT count() + uniqExact(region = 'AMER') FROM roster)"); n != 4 {
					t.Errorf("a reader saw %d", n)
				}
			}
		}
	})
	for i := range 12 {
		imports.Go(func() {
			if _, err := roster.Store(context.Background(), conn, rosters[i%4]); err != nil {
				t.Error(err)
			}
		})
	}
	imports.Wait()
	close(done)
	reads.Wait()
	if !wholes[inForce(t, conn)] {
		t.Errorf("in force is none of the imports: %s", inForce(t, conn))
	}
}

func TestOldVersionsAreRetired(t *testing.T) {
	conn := tables(t)
	var rebuilt string
	stray := uuid.Must(uuid.NewV7())
	adoptiontest.Insert(t, conn, "training_version", [][]any{{stray, "p", "under way", roster.OpenEnd}, {uuid.MustParse("01800000-0000-7000-8000-000000000000"), "p", "cut short", roster.OpenEnd}})
	for i := range 6 {
		mustStore(t, conn, mustParse(t, roster.Files{People: file("p", peopleHeader+strings.Replace(ada, "brand", fmt.Sprint("brand", i), 1)), Training: file("t", training)}))
		if i == 1 {
			if err := conn.QueryRow(t.Context(), "SELECT toString(argMax(import, imported_at)) FROM roster_import").Scan(&rebuilt); err != nil {
				t.Fatal(err)
			}
			if err := conn.Exec(t.Context(), "INSERT INTO rebuilt_import SELECT ?, now64(6)", rebuilt); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := count(t, conn, "(SELECT uniqExact(import) FROM roster_version)"); n > 4 {
		t.Errorf("%d versions of the roster stay", n)
	}
	if n := count(t, conn, "(SELECT count() FROM roster_version WHERE import = '"+rebuilt+"')"); n != 1 {
		t.Error("the version that the days were rebuilt with is gone")
	}
	if n := count(t, conn, "(SELECT count() FROM training)"); n != 1 {
		t.Error("training, which never changed, is gone")
	}
	if n := count(t, conn, "(SELECT countIf(course = 'under way') * 10 + countIf(course = 'cut short') FROM training_version)"); n != 10 {
		t.Errorf("what is under way stays and what was cut short goes: %d", n)
	}
}

func TestManyPeople(t *testing.T) {
	const people = 20_000
	var b strings.Builder
	b.WriteString(peopleHeader)
	for i := range people {
		fmt.Fprintf(&b, "p%d@example.com,2026-01-01,2026-06-30,active,employee,r,entry,t%d,d,g,UTC,github:p%d;device:l%d\np%d@example.com,2026-07-01,,active,employee,r,entry,t%d,d,g,UTC,\n", i, i%500, i, i, i, i%400)
	}
	conn := tables(t)
	got := mustStore(t, conn, mustParse(t, roster.Files{People: file("p", b.String())}))
	if want := (roster.Change{Changed: true, People: people, Periods: 2 * people, Aliases: 2 * people}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if n := count(t, conn, "(SELECT count() + (SELECT count() FROM alias) FROM roster)"); n != 4*people {
		t.Errorf("%d rows are in force", n)
	}
}

func TestMain(m *testing.M) { os.Exit(enginetest.Stopping(m).Run()) }
