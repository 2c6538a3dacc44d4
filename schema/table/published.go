package table

import (
	_ "embed"
	"strings"
)

// published are the tables that only adoption/publish writes.
var published = []string{"figure"}

// Published are the tables that the users of dashboards may read: all others
// tell about persons, or more than may be shown. Versions that were replaced
// (figure_history) and when what was published (publication) are not among
// them, because comparing versions could tell what each one hides.
func Published() []string { return append([]string(nil), published...) }

//go:embed grants/dashboards.sql
var grants string

// Grants is the script that lets a user of a ClickHouse server read the
// published tables of a database and nothing else. Credentials, such as
// IDENTIFIED BY and a password, belong to a new user; with none, nobody can log
// in as the user until it gets some.
func Grants(database, user, credentials string) string {
	if credentials == "" {
		credentials = "HOST NONE"
	}
	return strings.NewReplacer(
		" ON uptake.", " ON "+database+".",
		"EXISTS dashboards HOST NONE", "EXISTS "+user+" "+credentials,
		"FROM dashboards", "FROM "+user,
		"TO dashboards", "TO "+user,
		"ALTER USER dashboards", "ALTER USER "+user,
	).Replace(grants)
}
