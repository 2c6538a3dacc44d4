package statement

import (
	"fmt"
	"strings"
)

// Guard says what users who may only read may ask. The engine's own readonly
// mode keeps them from changing anything, but would let them read every table
// and, by table functions, every file of the machine.
type Guard struct {
	// Tables may be read, as database.table; none at all means every table.
	Tables []string
	// TableFunctions are the names of all that the engine has.
	TableFunctions []string
}

// harmless table functions make rows out of nothing.
var harmless = map[string]bool{
	"numbers": true, "numbers_mt": true, "zeros": true, "zeros_mt": true, "generate_series": true, "generateseries": true,
	"values": true, "format": true, "null": true, "view": true,
}

// denied words reach files or tables by a name in a text, or change how a
// statement is read.
var denied = map[string]bool{
	"file": true, "hascolumnintable": true, "catboostevaluate": true, "dialect": true,
	"additional_table_filters": true, "additional_result_filter": true, "processlist": true,
}

var deniedBeginnings = []string{"dict", "joinget"}

// CheckSetting refuses a setting that could read what a statement may not.
func (g *Guard) CheckSetting(name string) error {
	if isDenied(strings.ToLower(name)) {
		return fmt.Errorf("setting %s", name)
	}
	return nil
}

func isDenied(lower string) bool {
	for _, beginning := range deniedBeginnings {
		if strings.HasPrefix(lower, beginning) {
			return true
		}
	}
	return denied[lower]
}

// CheckWords refuses functions that read anything but the tables named in FROM.
func (g *Guard) CheckWords(sql string) error {
	functions := make(map[string]bool, len(g.TableFunctions))
	for _, name := range g.TableFunctions {
		functions[strings.ToLower(name)] = !harmless[strings.ToLower(name)]
	}
	l := &lexer{sql: sql}
	var before token
	for t := l.next(); t.kind != end; t = l.next() {
		text := strings.ToLower(sql[t.begin:t.end])
		switch {
		case t.kind == quotedName && strings.ContainsAny(text, "\n\r\\"):
			return fmt.Errorf("name %q", text)
		case t.kind == word && isDenied(text):
			return fmt.Errorf("word %s", text)
		case l.is(t, "(") && before.kind == quotedName:
			return fmt.Errorf("function in quotes %s", sql[before.begin:before.end])
		case l.is(t, "(") && before.kind == word && functions[strings.ToLower(sql[before.begin:before.end])]:
			return fmt.Errorf("table function %s", sql[before.begin:before.end])
		}
		before = t
	}
	return nil
}

// openDatabases tell about the server, not about people; of system only some.
var openSystem = map[string]bool{
	"one": true, "numbers": true, "numbers_mt": true, "zeros": true, "databases": true, "tables": true, "columns": true, "functions": true,
	"table_functions": true, "data_type_families": true, "settings": true, "time_zones": true, "formats": true, "completions": true, "keywords": true,
}

// Unlisted gives the tables of a statement that are not on the list, from the
// tree that EXPLAIN AST prints. Unqualified ones are meant in the database;
// among them are the names of common table expressions.
func (g *Guard) Unlisted(tree, database string) (qualified, unqualified []string) {
	listed := map[string]bool{}
	for _, table := range g.Tables {
		listed[table] = true
	}
	for _, name := range tablesOf(tree) {
		first, rest, dotted := strings.Cut(name, ".")
		switch {
		case !dotted && !listed[database+"."+name]:
			unqualified = append(unqualified, name)
		case dotted && !listed[name] && !(first == "system" && openSystem[rest]) && !strings.EqualFold(first, "information_schema"):
			qualified = append(qualified, name)
		}
	}
	return qualified, unqualified
}

// memberships are the functions behind IN, whose second argument may be a table.
var memberships = map[string]bool{
	"in": true, "notin": true, "globalin": true, "globalnotin": true,
	"nullin": true, "notnullin": true, "globalnullin": true, "globalnotnullin": true,
	"inignoreset": true, "notinignoreset": true, "globalinignoreset": true, "globalnotinignoreset": true,
	"nullinignoreset": true, "notnullinignoreset": true, "globalnullinignoreset": true, "globalnotnullinignoreset": true,
}

// membership is an IN whose arguments are being read; they are two steps deeper.
type membership struct{ depth, arguments int }

// tablesOf finds the names after FROM and JOIN, and those after IN. Each line
// of the tree is a node, one blank deeper than its parent.
func tablesOf(tree string) (names []string) {
	var open []membership
	for line := range strings.Lines(tree) {
		text := strings.TrimLeft(line, " ")
		depth := len(line) - len(text)
		kind, name, _ := strings.Cut(strings.TrimRight(text, "\n"), " ")
		name, _, _ = strings.Cut(name, " (")
		for len(open) > 0 && depth <= open[len(open)-1].depth {
			open = open[:len(open)-1]
		}
		second := false
		if last := len(open) - 1; last >= 0 && depth == open[last].depth+2 {
			open[last].arguments++
			second = open[last].arguments == 2
		}
		if kind == "TableIdentifier" || kind == "Identifier" && second {
			names = append(names, name)
		}
		if kind == "Function" && memberships[strings.ToLower(name)] {
			open = append(open, membership{depth: depth})
		}
	}
	return names
}
