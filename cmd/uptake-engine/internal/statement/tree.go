package statement

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// openSystem tells about the server, not about people; of the tables that list
// tables, Filters leaves only those that may be read.
var openSystem = map[string]bool{
	"one": true, "numbers": true, "numbers_mt": true, "zeros": true, "databases": true, "tables": true, "columns": true, "functions": true,
	"table_functions": true, "data_type_families": true, "settings": true, "time_zones": true, "formats": true, "keywords": true,
}

// openSchema is the part of information_schema that is made from those.
var openSchema = map[string]bool{"tables": true, "columns": true, "schemata": true}

func isOpen(database, table string) bool {
	return database == "system" && openSystem[table] || strings.EqualFold(database, "information_schema") && openSchema[strings.ToLower(table)]
}

// Filters is the value of the engine's setting additional_table_filters with
// which the tables that list tables show only those that may be read.
func (g *Guard) Filters() string {
	var tables, databases []string
	for _, table := range g.Tables {
		database, name, _ := strings.Cut(table, ".")
		tables = append(tables, fmt.Sprintf(`(\'%s\', \'%s\')`, database, name))
		databases = append(databases, fmt.Sprintf(`\'%s\'`, database))
	}
	pairs := strings.Join(tables, ", ")
	return fmt.Sprintf("{'system.tables': '(database, name) IN (%s)', 'system.columns': '(database, table) IN (%s)', 'system.databases': 'name IN (%s)'}",
		pairs, pairs, strings.Join(databases, ", "))
}

// roots are the statements that a user of listed tables may run.
var roots = map[string]bool{
	"SelectWithUnionQuery": true, "SelectIntersectExceptQuery": true, "Explain": true, "DescribeQuery": true, "ShowTables": true, "ShowColumns": true, "Set": true,
}

// node is a line of the tree that EXPLAIN AST prints, one blank deeper than its
// parent. Behind the name may stand an alias and the number of children.
type node struct {
	depth      int
	kind, name string
}

func nodes(tree string) []node {
	var all []node
	for line := range strings.Lines(tree) {
		text := strings.TrimLeft(line, " ")
		n := node{depth: len(line) - len(text)}
		n.kind, n.name, _ = strings.Cut(strings.TrimRight(text, "\n"), " ")
		n.name, _, _ = strings.Cut(n.name, " (")
		all = append(all, n)
	}
	return all
}

// CheckTree refuses statements that do more than select, describe and list, and
// functions in the place of a table: a view with parameters is one.
func (g *Guard) CheckTree(tree, sql string) error {
	all := nodes(tree)
	if len(all) == 0 || !roots[all[0].kind] || all[0].kind == "ShowTables" && !listsTables(sql) {
		return errors.New("statement")
	}
	for i, n := range all[1:] {
		if n.kind == "Function" && all[i].kind == "TableExpression" && !harmless[strings.ToLower(n.name)] {
			return fmt.Errorf("table function %s", n.name)
		}
	}
	return nil
}

// listsTables tells SHOW TABLES and SHOW DATABASES from what else is parsed as such.
func listsTables(sql string) bool {
	l := &lexer{sql: sql}
	l.next()
	t := l.next()
	if l.is(t, "FULL") {
		t = l.next()
	}
	return l.isAny(t, "TABLES", "DATABASES")
}

// Unlisted gives what a tree names that may be a table which is not on the
// list. Unqualified names are meant in the database. Of those in refused it is
// certain; those in doubt are refused where there is such a table: they may as
// well be columns, or common table expressions.
func (g *Guard) Unlisted(tree, database string) (refused, doubtful []string) {
	for _, n := range nodes(tree) {
		if n.kind != "TableIdentifier" && n.kind != "Identifier" {
			continue
		}
		first, rest, dotted := strings.Cut(n.name, ".")
		full := n.name
		if !dotted {
			full = database + "." + n.name
		}
		switch {
		case slices.Contains(g.Tables, full) || dotted && isOpen(first, rest):
		case n.kind == "TableIdentifier" && dotted:
			refused = append(refused, n.name)
		case !slices.Contains(doubtful, full):
			doubtful = append(doubtful, full)
		}
	}
	return refused, doubtful
}
