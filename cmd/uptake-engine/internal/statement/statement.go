// Package statement looks at the outside of an SQL statement, as far as a
// server must know it to run it: what it begins with, where an INSERT's data
// comes from, and the FORMAT clause, which is the client's affair. What it
// means is left to the engine.
package statement

import "strings"

// Statement is one statement as a client sent it.
type Statement struct {
	// Text is the statement without FORMAT clause, closing semicolons and
	// comments at its end.
	Text string
	// Keyword is the first word in capitals, or "(".
	Keyword string
	// Insert is set where the data of an INSERT follows in blocks.
	Insert *Insert
}

// Insert is an INSERT whose data comes in blocks.
type Insert struct {
	// Text is the statement up to where FORMAT or VALUES stood.
	Text string
	// Selection is a SELECT that has the names and types of the data.
	Selection string
}

// Selects tells whether the statement is a query whose result can be streamed.
func (s Statement) Selects() bool {
	switch s.Keyword {
	case "SELECT", "WITH", "FROM", "(", "VALUES":
		return true
	}
	return false
}

// Parse never fails: text that is no SQL comes back as it is.
func Parse(sql string) Statement {
	l := &lexer{sql: sql}
	first := l.next()
	s := Statement{Keyword: strings.ToUpper(sql[first.begin:first.end])}
	if s.Keyword != "INSERT" {
		s.Text = withoutFormat(sql)
		return s
	}
	s.Text = sql
	s.Insert = parseInsert(l, first.begin)
	return s
}

// withoutFormat cuts FORMAT and its name at the end, or before SETTINGS at the end.
func withoutFormat(sql string) string {
	l := &lexer{sql: sql}
	var last, before token // the last two tokens that are no semicolon
	var format, named token
	for t := l.next(); t.kind != end; t = l.next() {
		if l.is(t, ";") {
			continue
		}
		if l.is(t, "SETTINGS") && l.is(before, "FORMAT") && last.kind == word {
			format, named = before, last
		}
		before, last = last, t
	}
	if l.is(before, "FORMAT") && last.kind == word && before.begin > 0 {
		return strings.TrimSpace(sql[:before.begin])
	}
	text := sql[:last.end]
	if named.end > 0 {
		text = sql[:format.begin] + sql[named.end:last.end]
	}
	return text
}

// parseInsert reads on after INSERT. It gives nil where the data stands in the
// text or comes from a query.
func parseInsert(l *lexer, begin int) *Insert {
	t := l.next()
	if l.is(t, "INTO") {
		t = l.next()
	}
	if l.is(t, "TABLE") {
		t = l.next()
	}
	function := l.is(t, "FUNCTION")
	if function {
		t = l.next()
	}
	target := t.begin
	targetEnd, t := l.target(t, function)
	columns := "*"
	if l.is(t, "(") {
		if columns = l.columns(t.end); columns == "" {
			return nil
		}
		t = l.next()
	}
	for !l.isAny(t, "FORMAT", "VALUES", "SELECT", "WITH", "FROM", "WATCH", "(", ";") && t.kind != end {
		t = l.next()
	}
	if !l.dataFollows(t) {
		return nil
	}
	return &Insert{
		Text:      strings.TrimSpace(l.sql[begin:t.begin]),
		Selection: "SELECT " + columns + "\nFROM " + l.sql[target:targetEnd],
	}
}

// columns passes over a list in brackets: "*" where it is empty, nothing where
// it is a query.
func (l *lexer) columns(begin int) string {
	first := l.next()
	if l.isAny(first, "SELECT", "WITH", "FROM") {
		return ""
	}
	l.at = begin
	l.skipBrackets()
	list := strings.TrimSuffix(l.sql[begin:l.at], ")")
	if strings.TrimSpace(list) == "" {
		return "*"
	}
	return list
}

// target passes over a name with dots, or a function with its arguments.
func (l *lexer) target(t token, function bool) (targetEnd int, next token) {
	targetEnd = t.end
	for t = l.next(); l.is(t, "."); t = l.next() {
		targetEnd = l.next().end
	}
	if function && l.is(t, "(") {
		l.skipBrackets()
		targetEnd = l.at
		t = l.next()
	}
	return targetEnd, t
}

// dataFollows is true where nothing stands after VALUES or the name of a format.
func (l *lexer) dataFollows(t token) bool {
	switch {
	case t.kind == end:
		return true
	case l.is(t, "FORMAT"):
		l.next()
	case l.isAny(t, "VALUES", ";"):
	default:
		return false
	}
	for {
		switch t = l.next(); {
		case t.kind == end:
			return true
		case !l.is(t, ";"):
			return false
		}
	}
}
