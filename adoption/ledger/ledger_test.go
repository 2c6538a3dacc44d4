package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/ledger"
	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
	"github.com/uptake-telemetry/uptake/schema/table"
)

// Pseudonyms of two persons, each with a device.
const (
	ada, adaMail, adaLaptop = "a0da57dd91e3fe0b5c1b77a2c7a3e001", "a0da57dd91e3fe0b5c1b77a2c7a3e002", "a0da57dd91e3fe0b5c1b77a2c7a3e003"
	bob, bobLaptop          = "b0b57dd91e3fe0b5c1b77a2c7a3e0001", "b0b57dd91e3fe0b5c1b77a2c7a3e0002"
)

func tables(t testing.TB) driver.Conn {
	t.Helper()
	conn := enginetest.New(t)
	if err := migrate.Run(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// seeds fill every personal table with rows of ada, and of bob beside them.
var seeds = []string{
	`INSERT INTO event (event_id, occurred_at, received_at, tool, person, device, action, initiator) VALUES
		(generateUUIDv4(), now(), now(), 'claude-code', '` + ada + `', '` + adaLaptop + `', 'prompt', 'user'), (generateUUIDv4(), now(), now(), 'codex', '` + adaMail + `', '', 'prompt', 'user'),
		(generateUUIDv4(), now(), now(), 'codex', '', '` + adaLaptop + `', 'request', 'agent'), (generateUUIDv4(), now(), now(), 'codex', '` + bob + `', '` + adaLaptop + `', 'prompt', 'user'),
		(generateUUIDv4(), now(), now(), 'codex', '` + bob + `', '` + bobLaptop + `', 'prompt', 'user')`,
	`INSERT INTO reading (stream, started_at, read_at, received_at, tool, person, device, measure, value) VALUES
		(generateUUIDv4(), now(), now(), now(), 'claude-code', '` + ada + `', '', 'lines_added', 5), (generateUUIDv4(), now(), now(), now(), 'claude-code', '` + bob + `', '', 'lines_added', 5)`,
	`INSERT INTO heard (day, person, device, tool) VALUES (today(), '` + ada + `', '` + adaLaptop + `', 'codex'), (today(), '` + bob + `', '` + adaLaptop + `', 'codex')`,
	`INSERT INTO person_day (person, day, tool, acts, prompts) VALUES ('` + ada + `', today(), 'codex', 7, 5), ('` + bob + `', today(), 'codex', 1, 1)`,
	`INSERT INTO act_day (person, day, tool, local_day, acts) VALUES ('` + ada + `', today(), 'codex', today(), 7), ('` + bob + `', today(), 'codex', today(), 1)`,
	`INSERT INTO population (grain, period, person, team) VALUES ('week', toMonday(today()), '` + ada + `', 'Stars'), ('week', toMonday(today()), '` + bob + `', 'Stars')`,
	`INSERT INTO roster_version (import, person, valid_from, valid_to, status, role) VALUES
		('00000000-0000-0000-0000-000000000001', '` + ada + `', '2026-01-01', '2299-12-31', 'active', 'editor'), ('00000000-0000-0000-0000-000000000001', '` + bob + `', '2026-01-01', '2299-12-31', 'active', 'editor')`,
	`INSERT INTO alias_version (import, alias, person) VALUES ('00000000-0000-0000-0000-000000000001', '` + adaMail + `', '` + ada + `'), ('00000000-0000-0000-0000-000000000001', '` + adaLaptop + `', '` + ada + `'), ('00000000-0000-0000-0000-000000000001', '` + bobLaptop + `', '` + bob + `')`,
	`INSERT INTO roster_import (imported_at, import, fingerprint, people_fingerprint) VALUES (now64(6), '00000000-0000-0000-0000-000000000001', 'a', 'a')`,
	`INSERT INTO seat_version (import, person, tool, valid_from, valid_to) VALUES ('00000000-0000-0000-0000-000000000001', '` + ada + `', 'codex', '2026-01-01', '2299-12-31')`,
	`INSERT INTO training_version (import, person, course, completed_on) VALUES ('00000000-0000-0000-0000-000000000001', '` + ada + `', 'Prompting', '2026-02-01')`,
	`INSERT INTO alias_decision (decided_at, alias, person, accepted) VALUES (now64(6), '` + adaMail + `', '` + ada + `', true)`,
	`INSERT INTO scim_resource (changed_at, kind, id, person, sealed) VALUES (now64(6), 'user', generateUUIDv4(), '` + ada + `', 'x')`,
	`INSERT INTO calculated_period (grain, period, calculated_at, touched_at) VALUES ('week', toMonday(today()), now64(6), now64(6))`,
}

func seeded(t testing.TB) driver.Conn {
	t.Helper()
	conn := tables(t)
	for _, seed := range seeds {
		exec(t, conn, seed)
	}
	if _, err := ledger.NewLinks(conn, time.Now).Make(t.Context(), ada, time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Audit(t.Context(), conn, ledger.Entry{Actor: "operator", Via: "command", Action: "trace", Person: ada, Tables: []string{"event"}}); err != nil {
		t.Fatal(err)
	}
	return conn
}

func exec(t testing.TB, conn driver.Conn, statement string) {
	t.Helper()
	if err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func number(t testing.TB, conn driver.Conn, query string) uint64 {
	t.Helper()
	var n uint64
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(query, err)
	}
	return n
}

func find(t testing.TB, conn driver.Conn, pseudonym string) ledger.Person {
	t.Helper()
	p, err := ledger.Find(t.Context(), conn, pseudonym)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestARecordHoldsEveryTable(t *testing.T) {
	conn := seeded(t)
	r, err := ledger.Read(t.Context(), conn, find(t, conn, adaMail))
	if err != nil {
		t.Fatal(err)
	}
	if r.Person.ID != ada || !slices.Equal(r.Person.Aliases, []string{adaMail, adaLaptop}) {
		t.Errorf("found %+v", r.Person)
	}
	rows := map[string]uint64{}
	for _, s := range r.Sections {
		rows[s.Name] = s.Rows
		if s.Rows == 0 {
			t.Errorf("%s holds nothing", s.Name)
		}
		if s.Days+s.Months > 0 && s.Name != "scim_resource" && s.Leaves.IsZero() {
			t.Errorf("%s does not say when it goes", s.Name)
		}
	}
	if rows["event"] != 3 || rows["person_day"] != 1 {
		t.Errorf("rows %v", rows)
	}
	if len(r.Weeks) != 1 || r.Weeks[0].Acts != 7 || len(r.Looked) != 1 || r.Looked[0].Action != "trace" {
		t.Errorf("weeks %+v, looked %+v", r.Weeks, r.Looked)
	}
}

func TestAnExportHoldsEveryRow(t *testing.T) {
	conn := seeded(t)
	e, err := ledger.ReadExport(t.Context(), conn, find(t, conn, ada), ledger.JSON)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := e.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Tables []struct {
			Table string
			Rows  []map[string]any
		}
	}
	if err := json.Unmarshal(b.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	for _, exported := range document.Tables {
		if len(exported.Rows) == 0 {
			t.Errorf("%s is empty", exported.Table)
		}
	}
	if strings.Contains(b.String(), bobLaptop) {
		t.Error("the export holds another person's")
	}
	inCSV, err := ledger.ReadExport(t.Context(), conn, find(t, conn, ada), ledger.CSV)
	if err != nil {
		t.Fatal(err)
	}
	files := inCSV.Files()
	if len(files) != len(table.Personal())+1 || !strings.HasPrefix(files[0].Content, "event_id,occurred_at,") || strings.Count(files[0].Content, "\n") != 4 {
		t.Errorf("%d files, the first %q", len(files), files[0].Content)
	}
}

// folder is where the engine keeps its files.
func folder(t testing.TB, conn driver.Conn) string {
	t.Helper()
	var path string
	if err := conn.QueryRow(t.Context(), "SELECT path FROM system.disks WHERE name = 'default'").Scan(&path); err != nil {
		t.Fatal(err)
	}
	return path
}

// search looks for any of the words in all files below the folder.
func search(t testing.TB, folder string, words ...string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // files of running tables come and go
		}
		content, err := os.ReadFile(path)
		for _, word := range words {
			if err == nil && bytes.Contains(content, []byte(word)) {
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

func erase(t testing.TB, conn driver.Conn, p ledger.Person) *ledger.Receipt {
	t.Helper()
	receipt, err := ledger.Erase(t.Context(), conn, p, ledger.Erasure{Patience: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

func TestAnErasureLeavesNoByteOfThePseudonyms(t *testing.T) {
	conn := seeded(t)
	path := folder(t, conn)
	for _, key := range []string{ada, adaMail, adaLaptop} {
		if len(search(t, path, key)) == 0 {
			t.Fatalf("the search finds nothing of %s although it is stored", key)
		}
	}
	// A rebuild that is over has dropped its tables; their files stay a while.
	exec(t, conn, "CREATE TABLE person_day_staging_y AS person_day")
	exec(t, conn, "INSERT INTO person_day_staging_y (person, day, tool) VALUES ('"+ada+"', today(), 'codex')")
	exec(t, conn, "DROP TABLE person_day_staging_y")
	receipt := erase(t, conn, find(t, conn, ada))
	if found := search(t, path, ada, adaMail, adaLaptop); len(found) > 0 {
		t.Errorf("left in %v", found)
	}
	if !slices.Equal(receipt.Tables, sortedNames()) {
		t.Errorf("the receipt speaks of %v", receipt.Tables)
	}
	again, err := ledger.ReadReceipt(t.Context(), conn, receipt.ID)
	if err != nil || !slices.Equal(again.Rows, receipt.Rows) || !again.ErasedAt.Equal(receipt.ErasedAt) {
		t.Errorf("read again: %+v, %v", again, err)
	}
	if n, err := ledger.ErasedRows(t.Context(), conn); err != nil || n != 4 {
		t.Errorf("%d rows are counted as erased: %v", n, err)
	}
	if n := number(t, conn, "SELECT count() FROM event FINAL"); n != 2 {
		t.Errorf("%d events are left, want bob's two", n)
	}
	if n := number(t, conn, "SELECT count() FROM heard FINAL WHERE person = '"+bob+"' AND device = ''"); n != 1 {
		t.Errorf("%d marks of bob are left", n)
	}
	if n := number(t, conn, "SELECT count() FROM touched_period"); n != 1 {
		t.Errorf("%d periods are to be calculated again", n)
	}
	if n := number(t, conn, "SELECT count() FROM touched_hour"); n == 0 {
		t.Error("no hours are to be rebuilt")
	}
}

func sortedNames() []string {
	var names []string
	for _, t := range table.Personal() {
		names = append(names, t.Name)
	}
	slices.Sort(names)
	return names
}

func TestAnErasedPersonHoldsNothingAndIsKnownAsErased(t *testing.T) {
	conn := seeded(t)
	erase(t, conn, find(t, conn, ada))
	r, err := ledger.Read(t.Context(), conn, find(t, conn, ada))
	if err != nil {
		t.Fatal(err)
	}
	if r.Holds() || r.ErasedAt.IsZero() {
		t.Errorf("holds %v, erased at %s", r.Holds(), r.ErasedAt)
	}
	if len(r.Looked) != 1 || r.Looked[0].Person != table.ErasedHash(ada) {
		t.Errorf("looked: %+v", r.Looked)
	}
}

// A rebuild under way has tables of its own, which no list names.
func TestAnErasureFindsTablesOfARebuild(t *testing.T) {
	conn := seeded(t)
	exec(t, conn, "CREATE TABLE person_day_staging_x AS person_day")
	exec(t, conn, "INSERT INTO person_day_staging_x (person, day, tool) VALUES ('"+ada+"', today(), 'codex')")
	receipt := erase(t, conn, find(t, conn, ada))
	if !slices.Contains(receipt.Tables, "staging") || number(t, conn, "SELECT count() FROM person_day_staging_x") != 0 {
		t.Errorf("left in the staging; receipt %v", receipt.Tables)
	}
}

// failing refuses the statements that it is told to.
type failing struct {
	driver.Conn
	refused string
}

func (f failing) Exec(ctx context.Context, query string, args ...any) error {
	if strings.Contains(query, f.refused) {
		return context.DeadlineExceeded
	}
	return f.Conn.Exec(ctx, query, args...)
}

func TestAnErasureCutShortCanBeRunAgain(t *testing.T) {
	conn := seeded(t)
	for _, refused := range []string{"INSERT INTO erased", "ALTER TABLE event DELETE", "ALTER TABLE seat_version", "INSERT INTO touched_period"} {
		if _, err := ledger.Erase(t.Context(), failing{conn, refused}, find(t, conn, ada), ledger.Erasure{Patience: time.Minute}); err == nil {
			t.Fatalf("done although %s failed", refused)
		}
	}
	erase(t, conn, find(t, conn, ada))
	if found := search(t, folder(t, conn), ada, adaMail, adaLaptop); len(found) > 0 {
		t.Errorf("left in %v", found)
	}
}

func TestWhatCannotBeNotedIsAnError(t *testing.T) {
	conn := tables(t)
	if err := ledger.Audit(t.Context(), failing{conn, "INSERT INTO audit"}, ledger.Entry{Actor: "x"}); err == nil {
		t.Error("an access went unnoted")
	}
}

func TestEveryTableWithAnIdentifierIsOnTheList(t *testing.T) {
	conn := tables(t)
	rows, err := conn.Query(t.Context(), `SELECT columns.table, arraySort(groupArray(columns.name)), any(tables.engine) FROM system.columns AS columns
		INNER JOIN system.tables AS tables ON tables.database = columns.database AND tables.name = columns.table
		WHERE columns.database = currentDatabase() AND columns.name IN ('`+strings.Join(table.IdentifierColumns(), "', '")+`') GROUP BY columns.table`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	listed := map[string][]string{}
	for _, p := range table.Personal() {
		listed[p.Name] = slices.Sorted(slices.Values(p.Columns))
	}
	seen := 0
	for ; rows.Next(); seen++ {
		var name, engine string
		var columns []string
		if err := rows.Scan(&name, &columns, &engine); err != nil {
			t.Fatal(err)
		}
		switch {
		case engine == "View" && !slices.Contains(table.PersonalNames(), name):
			t.Errorf("the view %s shows persons and is not on the list", name)
		case engine != "View" && !slices.Equal(listed[name], columns):
			t.Errorf("%s has %v, the list says %v", name, columns, listed[name])
		}
	}
	if err := rows.Err(); err != nil || seen < len(listed) {
		t.Errorf("saw %d tables: %v", seen, err)
	}
}

func TestEveryPersonalTableHasARetention(t *testing.T) {
	conn := tables(t)
	for _, p := range table.Personal() {
		var engine string
		if err := conn.QueryRow(t.Context(), "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = ?", p.Name).Scan(&engine); err != nil {
			t.Fatal(p.Name, err)
		}
		want := "TTL"
		switch {
		case p.Name == "scim_resource" || p.Days+p.Months == 0: // what is in force stays
			want = ""
		case p.Days > 0:
			want = "toIntervalDay(" + itoa(p.Days) + ")"
		default:
			want = "toIntervalMonth(" + itoa(p.Months) + ")"
		}
		if p.Kept == "" || !strings.Contains(engine, want) {
			t.Errorf("%s is kept %q, the table says %s", p.Name, p.Kept, engine)
		}
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func TestMain(m *testing.M) { os.Exit(enginetest.Stopping(m).Run()) }

func TestFormerUsersOfTheDirectoryGo(t *testing.T) {
	conn := tables(t)
	exec(t, conn, `INSERT INTO scim_resource (changed_at, kind, id, person, deleted, sealed) VALUES
		(now64(6) - INTERVAL 20 MONTH, 'user', '00000000-0000-0000-0000-000000000001', '`+ada+`', false, 'x'), (now64(6) - INTERVAL 16 MONTH, 'user', '00000000-0000-0000-0000-000000000001', '`+ada+`', true, ''),
		(now64(6) - INTERVAL 20 MONTH, 'user', '00000000-0000-0000-0000-000000000002', '`+bob+`', false, 'x'), (now64(6) - INTERVAL 2 MONTH, 'user', '00000000-0000-0000-0000-000000000002', '`+bob+`', true, ''),
		(now64(6) - INTERVAL 20 MONTH, 'user', '00000000-0000-0000-0000-000000000003', '`+bob+`', false, 'x')`)
	if err := ledger.Expire(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if n := number(t, conn, "SELECT countIf(person = '"+bob+"') * 10 + count() FROM scim_resource"); n != 33 {
		t.Errorf("left: %d", n)
	}
}
