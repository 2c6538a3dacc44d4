package statement

import "strings"

type kind byte

const (
	end kind = iota
	word
	quotedName
	literal
	mark
)

type token struct {
	kind       kind
	begin, end int
}

// lexer cuts SQL into tokens and passes over blanks and comments. Text that is
// no SQL gives marks; it never fails.
type lexer struct {
	sql string
	at  int
}

func (l *lexer) next() token {
	l.skipBlank()
	t := token{begin: l.at}
	if l.at >= len(l.sql) {
		t.end = l.at
		return t
	}
	switch c := l.sql[l.at]; {
	case c == '\'':
		t.kind = literal
		l.quoted(c)
	case c == '`' || c == '"':
		t.kind = quotedName
		l.quoted(c)
	case c == '$' && l.heredoc():
		t.kind = literal
	case isWord(c):
		t.kind = word
		for l.at < len(l.sql) && isWord(l.sql[l.at]) {
			l.at++
		}
	default:
		t.kind = mark
		l.at++
	}
	t.end = l.at
	return t
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func (l *lexer) quoted(quote byte) {
	for l.at++; l.at < len(l.sql); l.at++ {
		switch l.sql[l.at] {
		case '\\':
			l.at++
		case quote:
			l.at++
			return
		}
	}
	l.at = min(l.at, len(l.sql))
}

// heredoc passes over $tag$text$tag$, where there is one.
func (l *lexer) heredoc() bool {
	length := strings.IndexByte(l.sql[l.at+1:], '$')
	if length < 0 {
		return false
	}
	tag := l.sql[l.at : l.at+length+2]
	if strings.ContainsFunc(tag[1:len(tag)-1], func(r rune) bool { return r > 0x7f || !isWord(byte(r)) }) {
		return false
	}
	text := strings.Index(l.sql[l.at+len(tag):], tag)
	if text < 0 {
		return false
	}
	l.at += len(tag) + text + len(tag)
	return true
}

func (l *lexer) skipBlank() {
	for l.at < len(l.sql) {
		rest := l.sql[l.at:]
		switch {
		case strings.IndexByte(" \t\r\n\f\v\x00", rest[0]) >= 0:
			l.at++
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "#!"), strings.HasPrefix(rest, "# "):
			l.skipPast("\n")
		case strings.HasPrefix(rest, "/*"):
			l.at += 2
			l.skipPast("*/")
		default:
			return
		}
	}
}

func (l *lexer) skipPast(mark string) {
	if i := strings.Index(l.sql[l.at:], mark); i >= 0 {
		l.at += i + len(mark)
		return
	}
	l.at = len(l.sql)
}

// skipBrackets passes over the rest of what the bracket before has opened.
func (l *lexer) skipBrackets() {
	for depth := 1; depth > 0; {
		t := l.next()
		switch {
		case t.kind == end:
			return
		case l.is(t, "("):
			depth++
		case l.is(t, ")"):
			depth--
		}
	}
}

// is compares a token with a mark or a word in capitals.
func (l *lexer) is(t token, text string) bool {
	return (t.kind == word || t.kind == mark) && strings.EqualFold(l.sql[t.begin:t.end], text)
}

func (l *lexer) isAny(t token, texts ...string) bool {
	for _, text := range texts {
		if l.is(t, text) {
			return true
		}
	}
	return false
}
