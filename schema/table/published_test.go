package table

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var granted = regexp.MustCompile(`^GRANT (\w+) ON (\w+)\.(\w+) TO uptake_dashboards$`)

// TestGrantsAreThePublishedTables and no others, whoever adds one.
func TestGrantsAreThePublishedTables(t *testing.T) {
	var tables []string
	for _, statement := range Split(Grants("there", "grafana", "")) {
		if !strings.HasPrefix(statement, "GRANT ") || strings.HasPrefix(statement, "GRANT uptake_dashboards TO grafana") {
			continue
		}
		match := granted.FindStringSubmatch(statement)
		if match == nil || match[1] != "SELECT" || match[2] != "there" {
			t.Errorf("a grant of another kind: %s", statement)
			continue
		}
		tables = append(tables, match[3])
	}
	if !slices.Equal(tables, Published()) {
		t.Errorf("granted are %v, published %v", tables, Published())
	}
}

func TestPublishedTablesExist(t *testing.T) {
	for _, name := range Published() {
		if !slices.ContainsFunc(All(), func(m Migration) bool {
			return slices.ContainsFunc(m.Statements, func(s string) bool { return strings.HasPrefix(s, "CREATE TABLE IF NOT EXISTS "+name+"\n") })
		}) {
			t.Errorf("no migration makes the table %s", name)
		}
	}
}

func TestGrantsNameTheUser(t *testing.T) {
	script := Grants("uptake", "grafana", "IDENTIFIED BY 'x'")
	if strings.Contains(script, " dashboards") && strings.Contains(script, "USER dashboards") || !strings.Contains(script, "CREATE USER IF NOT EXISTS grafana IDENTIFIED BY 'x';") {
		t.Error(script)
	}
	if !strings.Contains(Grants("uptake", "grafana", ""), "CREATE USER IF NOT EXISTS grafana HOST NONE;") {
		t.Error("a user without a password can log in")
	}
}

func TestNothingPublishedIsAboutPersons(t *testing.T) {
	for _, name := range PersonalNames() {
		if slices.Contains(Published(), name) {
			t.Errorf("%s holds records about persons", name)
		}
	}
}
