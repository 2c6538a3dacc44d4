package main

import (
	"slices"
	"testing"
)

func TestStatementsOnPersonsAreNoticed(t *testing.T) {
	for statement, want := range map[string][]string{
		"SELECT count() FROM event FINAL":                                   {"event"},
		"select * from uptake.event":                                        {"event"},
		"SELECT 1 FROM `person_day` AS d JOIN \"roster\" USING person":      {"person_day", "roster"},
		"SELECT metric FROM figure WHERE tool = 'event'":                    nil,
		"SELECT 'it''s event' -- event\n, 1 /* event */ FROM figure":        nil,
		`SELECT 'a\' FROM event' FROM figure`:                               nil,
		"WITH x AS (SELECT person FROM act_day) SELECT count() FROM x":      {"act_day"},
		"SELECT * FROM merge(currentDatabase(), '^ev')":                     {byFunction},
		"SELECT * FROM `ev\\x65nt`":                                         {byFunction},
		"SELECT * FROM remote('127.0.0.1', uptake, event)":                  {byFunction, "event"},
		"SELECT * FROM act_day_staging_1":                                   {"act_day_staging_1"},
		"SELECT query FROM system.processes":                                {byFunction},
		"SELECT name FROM system.tables":                                    nil,
		"DESCRIBE event":                                                    {"event"},
		"SELECT (SELECT max(period) FROM figure), (SELECT 1 FROM alias)":    {"alias"},
		"SELECT * FROM dead_letter; SELECT":                                 nil,
		"SELECT 'unclosed FROM event":                                       nil,
		"SELECT count() FROM figure\n#! event\nWHERE metric = 'depth' -- x": nil,
	} {
		if got := tablesAboutPersons(statement); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", statement, got, want)
		}
	}
}
