package dashboards_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/uptake-telemetry/uptake/schema/table"
)

// published tables are all that dashboards may read.
var published = []string{"figure"}

var (
	createTable = regexp.MustCompile(`(?s)^CREATE TABLE IF NOT EXISTS (\w+)\s*\((.*)\)\s*ENGINE`)
	columnName  = regexp.MustCompile("(?m)^\\s*`?([a-z_]+)`? [A-Z]")
	literals    = regexp.MustCompile(`'(?:[^'\\]|\\.)*'|"[^"]*"|\$\{[^}]*\}|\$__\w+`)
	named       = regexp.MustCompile(`\b(?:AS|WITH) (\w+)|\) AS (\w+)`)
	readFrom    = regexp.MustCompile(`\b(?:FROM|JOIN) +(\w+|\()`)
	words       = regexp.MustCompile(`\b[a-zA-Z_]\w*\b(\()?`)
	keywords    = strings.Fields("select distinct from where and or not in as order by desc asc group having with null is on limit union all interval")
)

// columns gives those of the published tables, as the numbered SQL files make them.
func columns(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, m := range table.All() {
		for _, statement := range m.Statements {
			made := createTable.FindStringSubmatch(statement)
			if made == nil || !slices.Contains(published, made[1]) {
				continue
			}
			for _, column := range columnName.FindAllStringSubmatch(made[2], -1) {
				found[column[1]] = true
			}
		}
	}
	if !found["metric"] || !found["group"] || !found["suppressed"] {
		t.Fatalf("columns of %v not understood: %v", published, found)
	}
	return found
}

// queries gives every SQL text of all dashboards by the name of its place.
func queries(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for name, d := range all(t) {
		for _, v := range d.Templating.List {
			found[name+" variable "+v.Name] = v.Query
		}
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				found[name+" "+p.Title+" "+q.RefID] = q.RawSQL
			}
		}
	}
	return found
}

func TestQueriesNamePublishedColumns(t *testing.T) {
	known := columns(t)
	for name, sql := range queries(t) {
		for _, unknown := range strangers(sql, known) {
			t.Errorf("%s names %q, which is no column of %v", name, unknown, published)
		}
		for _, from := range readFrom.FindAllStringSubmatch(sql, -1) {
			if from[1] != "(" && !slices.Contains(published, from[1]) {
				t.Errorf("%s reads %q, which is not published", name, from[1])
			}
		}
	}
}

func TestStrangersAreFound(t *testing.T) {
	known := columns(t)
	if got := strangers("SELECT valeu AS value, period FROM figure WHERE person = 'metric'", known); len(got) != 2 || got[0] != "valeu" || got[1] != "person" {
		t.Errorf("found %v", got)
	}
}

// strangers gives the words of a query that are neither column, table, function,
// keyword nor a name that the query itself gives.
func strangers(sql string, known map[string]bool) []string {
	sql = literals.ReplaceAllString(sql, " ")
	own := map[string]bool{}
	for _, n := range named.FindAllStringSubmatch(sql, -1) {
		own[n[1]+n[2]] = true
	}
	var strange []string
	for _, word := range words.FindAllString(sql, -1) {
		name := strings.TrimSuffix(word, "(")
		function := name != word
		if !function && !known[name] && !own[name] && !slices.Contains(published, name) && !slices.Contains(keywords, strings.ToLower(name)) {
			strange = append(strange, name)
		}
	}
	return strange
}
