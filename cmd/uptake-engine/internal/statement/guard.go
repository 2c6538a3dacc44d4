package statement

import (
	"errors"
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

func isDenied(lower string) bool {
	for _, beginning := range deniedBeginnings {
		if strings.HasPrefix(lower, beginning) {
			return true
		}
	}
	return denied[lower]
}

// CheckWords refuses functions that read anything but the tables named in FROM,
// settings that could, and texts that the engine might cut into other tokens
// than are looked at here.
func (g *Guard) CheckWords(sql string) error {
	functions := g.functions()
	l := &lexer{sql: sql}
	var before token
	for t := l.next(); t.kind != end; t = l.next() {
		if err := l.ambiguous(before, t); err != nil {
			return err
		}
		text := strings.ToLower(sql[t.begin:t.end])
		switch {
		case t.kind == word && isDenied(text):
			return fmt.Errorf("word %s", text)
		case l.is(t, "(") && before.kind == quotedName:
			return fmt.Errorf("function in quotes %s", sql[before.begin:before.end])
		case l.is(t, "(") && before.kind == word && functions[strings.ToLower(sql[before.begin:before.end])]:
			return fmt.Errorf("table function %s", sql[before.begin:before.end])
		case l.is(t, "SETTINGS") && !l.is(before, "."), l.is(t, "SET") && before.kind == end:
			if err := g.checkAssignments(sql[t.end:]); err != nil {
				return err
			}
		}
		before = t
	}
	return nil
}

// functions are the table functions that are refused.
func (g *Guard) functions() map[string]bool {
	refused := make(map[string]bool, len(g.TableFunctions))
	for _, name := range g.TableFunctions {
		refused[strings.ToLower(name)] = !harmless[strings.ToLower(name)]
	}
	return refused
}

// ambiguous refuses what the engine's lexer reads in a way of its own: escapes
// in names, dollars, quotes that are no ASCII, and literals of digits such as
// x'41', in which a backslash is no escape.
func (l *lexer) ambiguous(before, t token) error {
	text := l.sql[t.begin:t.end]
	switch {
	case t.kind == quotedName && strings.ContainsAny(text, "\n\r\\"):
		return fmt.Errorf("name %q", text)
	case t.kind != quotedName && strings.HasPrefix(text, "$"), t.kind == word && strings.Contains(text, "$"):
		return errors.New("character $ outside of quotes")
	case t.kind == word && strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 }):
		return fmt.Errorf("word %q without quotes", text)
	case t.kind == literal && before.kind == word && before.end == t.begin:
		return fmt.Errorf("literal %s", l.sql[before.begin:t.end])
	}
	return nil
}
