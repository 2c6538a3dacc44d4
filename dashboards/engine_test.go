package dashboards_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// answer is what a query gave: rows by column name, nil for NULL.
type answer struct {
	columns []string
	rows    []map[string]any
}

// ask expands a query as Grafana would and runs it.
func ask(t *testing.T, conn driver.Conn, sql, tool string) answer {
	t.Helper()
	e := expansion{from: lastFinal.AddDate(0, 0, -7*26), to: lastFinal.AddDate(0, 0, 10), variables: map[string]string{"tool": tool}}
	expanded, err := e.expand(sql)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(context.Background(), expanded)
	if err != nil {
		t.Fatalf("%v\n%s", err, expanded)
	}
	defer rows.Close()
	a := answer{columns: rows.Columns()}
	for rows.Next() {
		a.rows = append(a.rows, scan(t, rows))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return a
}

func scan(t *testing.T, rows driver.Rows) map[string]any {
	t.Helper()
	var cells []any
	for _, column := range rows.ColumnTypes() {
		cells = append(cells, reflect.New(column.ScanType()).Interface())
	}
	if err := rows.Scan(cells...); err != nil {
		t.Fatal(err)
	}
	row := map[string]any{}
	for i, name := range rows.Columns() {
		cell := reflect.ValueOf(cells[i]).Elem()
		for cell.Kind() == reflect.Pointer && !cell.IsNil() {
			cell = cell.Elem()
		}
		if cell.Kind() != reflect.Pointer {
			row[name] = cell.Interface()
		}
	}
	return row
}

func TestEveryQueryFindsRows(t *testing.T) {
	conn := filled(t)
	for name, d := range all(t) {
		for _, v := range d.Templating.List {
			if a := ask(t, conn, v.Query, "any"); len(a.rows) < 2 || a.rows[0][a.columns[0]] != v.Current.Value || len(a.columns) != 2 {
				t.Errorf("%s variable %s: %v", name, v.Name, a.rows)
			}
		}
		for _, p := range d.Panels {
			var columns []string
			for _, q := range p.Targets {
				a := ask(t, conn, q.RawSQL, "any")
				if len(a.rows) == 0 {
					t.Errorf("%s %s: query %s finds nothing", name, p.Title, q.RefID)
				}
				if q.Format == 0 {
					wantSeries(t, p.Title, a)
				}
				columns = append(columns, a.columns...)
			}
			wantMatches(t, p, columns)
		}
	}
}

// wantSeries holds what the plugin wants of a long time series: times ascending,
// one value column, and that named so that series are called by their label alone.
func wantSeries(t *testing.T, title string, a answer) {
	t.Helper()
	if len(a.columns) != 3 || a.columns[0] != "time" || a.columns[2] != "Value" {
		t.Errorf("%s: columns %v", title, a.columns)
		return
	}
	var last time.Time
	for _, row := range a.rows {
		at, _ := row["time"].(time.Time)
		if at.Before(last) || at.IsZero() || at.Weekday() != time.Monday || at.UTC().Hour() != 0 {
			t.Errorf("%s: time %v after %v", title, row["time"], last)
		}
		last = at
	}
}

// wantMatches holds that overrides and the fields of a panel name columns that exist.
func wantMatches(t *testing.T, p panel, columns []string) {
	t.Helper()
	if p.FieldConfig == nil {
		return
	}
	for _, o := range p.FieldConfig.Overrides {
		if o.Matcher.ID == "byName" && !slices.Contains(columns, o.Matcher.Options) {
			t.Errorf("%s: no column %q among %v", p.Title, o.Matcher.Options, columns)
		}
	}
	fields := regexp.MustCompile(`"fields": *"/(.*?)/"`).FindSubmatch(p.Options)
	if fields == nil {
		return
	}
	matches := regexp.MustCompile(string(fields[1]))
	if !slices.ContainsFunc(columns, matches.MatchString) {
		t.Errorf("%s: no field %s among %v", p.Title, matches, columns)
	}
}

// shown asks the panel of the title and gives its rows by their first column.
func shown(t *testing.T, conn driver.Conn, title, tool string) map[string]map[string]any {
	t.Helper()
	for _, d := range all(t) {
		for _, p := range d.Panels {
			if p.Title == title {
				rows := map[string]map[string]any{}
				a := ask(t, conn, p.Targets[0].RawSQL, tool)
				for _, row := range a.rows {
					rows[fmt.Sprint(row[a.columns[0]])] = row
				}
				return rows
			}
		}
	}
	t.Fatalf("no panel %q", title)
	return nil
}

func TestWhatIsNotShownSaysWhy(t *testing.T) {
	conn := filled(t)
	roles := shown(t, conn, "Adoption by role, last final week", "any")
	for role, want := range map[string]string{"copywriter": "exact", "designer": "rounded", "analyst": "at most 20 %", "lawyer": "suppressed"} {
		if roles[role]["Shown as"] != want {
			t.Errorf("%s: %v", role, roles[role])
		}
	}
	if len(roles) != 4 {
		t.Errorf("roles %v: pairs of dimensions do not belong here", roles)
	}
	for _, hidden := range []string{"analyst", "lawyer"} {
		if roles[hidden]["Adoption"] != nil {
			t.Errorf("%s shows %v", hidden, roles[hidden])
		}
	}
	tools := shown(t, conn, "Adoption by tool, last final week", "any")
	if tools["gemini-cli"]["Shown as"] != "unknown" || tools["gemini-cli"]["Adoption"] != nil || len(tools) != 3 {
		t.Errorf("tools %v", tools)
	}
	if rows := shown(t, conn, "Adoption by seniority, last final week", "any"); len(rows) != 2 || rows["executive (40 people)"]["Adoption"] != 0.61 {
		t.Errorf("seniorities %v", rows)
	}
}

func TestTeamsShowTheirChange(t *testing.T) {
	teams := shown(t, filled(t), "Adoption by team, last final week", "any")
	change, _ := teams["brand"]["Change in 4 weeks"].(float64)
	if math.Abs(change+0.04) > 1e-9 || teams["brand"]["State"] != "final" {
		t.Errorf("brand %v", teams["brand"])
	}
	if legal := teams["legal"]; legal["Change in 4 weeks"] != nil || legal["Shown as"] != "suppressed" {
		t.Errorf("legal %v", legal)
	}
}

func TestFiguresAreOfTheLastFinalWeekAndTheTool(t *testing.T) {
	conn := filled(t)
	if week := shown(t, conn, "Week", "any"); week[lastFinal.Format(time.DateOnly)] == nil {
		t.Errorf("week %v", week)
	}
	for tool, want := range map[string]string{"any": "0.5", "codex": "0.2"} {
		if rows := shown(t, conn, "How many use AI?", tool); rows[want] == nil {
			t.Errorf("%s: %v", tool, rows)
		}
	}
	if rows := shown(t, conn, "How many use AI?", "no' OR 1 = 1 --"); len(rows) != 0 {
		t.Errorf("a variable left its quotes: %v", rows)
	}
}

func TestProvisionalWeeksStandApart(t *testing.T) {
	conn := filled(t)
	for _, d := range all(t) {
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				if q.Format == 0 {
					wantProvisionalNamed(t, p.Title, ask(t, conn, q.RawSQL, "any"))
				}
			}
		}
	}
}

func wantProvisionalNamed(t *testing.T, title string, a answer) {
	t.Helper()
	for _, row := range a.rows {
		at, _ := row["time"].(time.Time)
		if at.After(lastFinal) && !strings.HasSuffix(fmt.Sprint(row[a.columns[1]]), "(provisional)") {
			t.Errorf("%s: %v is provisional and does not say so", title, row)
		}
	}
}
