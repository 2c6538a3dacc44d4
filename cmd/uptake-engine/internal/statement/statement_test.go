package statement

import "testing"

func TestParse(t *testing.T) {
	for _, c := range []struct{ sql, keyword, text string }{
		{"SELECT 1", "SELECT", "SELECT 1"},
		{" -- why\n/* and how */ select 1 ; -- done", "SELECT", " -- why\n/* and how */ select 1"},
		{"SELECT 1 FORMAT JSON", "SELECT", "SELECT 1"},
		{"SELECT 1 FORMAT JSON;", "SELECT", "SELECT 1"},
		{"SELECT 1 FORMAT JSON SETTINGS a = 1", "SELECT", "SELECT 1  SETTINGS a = 1"},
		{"SELECT 'FORMAT JSON'", "SELECT", "SELECT 'FORMAT JSON'"},
		{"SELECT format FROM t", "SELECT", "SELECT format FROM t"},
		{"SELECT `FORMAT` x", "SELECT", "SELECT `FORMAT` x"},
		{"(SELECT 1) UNION ALL SELECT 2", "(", "(SELECT 1) UNION ALL SELECT 2"},
		{"SELECT $$it's; FORMAT$$ FORMAT TSV", "SELECT", "SELECT $$it's; FORMAT$$"},
		{"SELECT 'it''s \\' ;' ;;", "SELECT", "SELECT 'it''s \\' ;'"},
		{"", "", ""},
		{"'open", "'OPEN", "'open"},
		{"/* open", "", ""},
	} {
		s := Parse(c.sql)
		if s.Keyword != c.keyword || s.Text != c.text || s.Insert != nil {
			t.Errorf("Parse(%q) = %+v, want %q and %q", c.sql, s, c.keyword, c.text)
		}
	}
}

func TestParseInsert(t *testing.T) {
	for _, c := range []struct{ sql, text, selection string }{
		{"INSERT INTO t FORMAT Native", "INSERT INTO t", "SELECT *\nFROM t"},
		{"insert into d.t (a, `b(`) values", "insert into d.t (a, `b(`)", "SELECT a, `b(`\nFROM d.t"},
		{"INSERT INTO `d`.\"t\"(* EXCEPT(x)) SETTINGS a = 1, b = 'FORMAT' FORMAT Native", "INSERT INTO `d`.\"t\"(* EXCEPT(x)) SETTINGS a = 1, b = 'FORMAT'", "SELECT * EXCEPT(x)\nFROM `d`.\"t\""},
		{"INSERT INTO TABLE FUNCTION remote('h', d.t) (a) FORMAT Native", "INSERT INTO TABLE FUNCTION remote('h', d.t) (a)", "SELECT a\nFROM remote('h', d.t)"},
		{"INSERT INTO t", "INSERT INTO t", "SELECT *\nFROM t"},
		{"INSERT INTO t () FORMAT Native ;", "INSERT INTO t ()", "SELECT *\nFROM t"},
	} {
		s := Parse(c.sql)
		if s.Keyword != "INSERT" || s.Insert == nil || s.Insert.Text != c.text || s.Insert.Selection != c.selection {
			t.Errorf("Parse(%q) = %+v %+v", c.sql, s, s.Insert)
		}
	}
	for _, sql := range []string{
		"INSERT INTO t VALUES (1)", "INSERT INTO t (a) VALUES (1), (2)", "INSERT INTO t SELECT 1", "INSERT INTO t (a) WITH x AS (SELECT 1) SELECT * FROM x",
		"INSERT INTO t FORMAT CSV 1,2", "INSERT INTO t (SELECT 1)", "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
	} {
		if s := Parse(sql); s.Insert != nil || s.Text != sql {
			t.Errorf("Parse(%q) = %+v, want data in the text", sql, s)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("INSERT INTO t (a) SETTINGS x = 1 FORMAT Native")
	f.Add("SELECT $a$b$a$ FORMAT JSON -- '")
	f.Fuzz(func(_ *testing.T, sql string) { Parse(sql) })
}
