package main

import (
	"slices"
	"strings"

	tabledef "github.com/uptake-telemetry/uptake/schema/table"
)

// byFunction stands for tables that a statement names in no plain way.
const byFunction = "by a table function"

// readingFunctions are table functions that read tables by patterns or from
// other servers, and whatever else can hide the name of a table.
var readingFunctions = []string{
	"merge", "remote", "remotesecure", "cluster", "clusterallreplicas", "loop", "mergetreeindex", "mergetreeprojection", "mergetreeanalyzeindexes",
	"clickhouse", "mysql", "postgresql", "odbc", "jdbc", "executable", "file", "filecluster", "url", "s3", "dictionary", "joinget", "dictget", "query_log", "query_thread_log", "processes",
}

// tablesAboutPersons are the personal tables that a statement may read. It looks
// for their names as words outside of strings and comments, wherever they stand,
// so that it rather notes an access too many than one too few.
func tablesAboutPersons(statement string) []string {
	var found []string
	add := func(name string) {
		if !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	names := tabledef.PersonalNames()
	for word := range identifiers(statement) {
		switch {
		case slices.Contains(names, word):
			add(word)
		case strings.Contains(word, "_staging_"):
			add(word)
		case slices.Contains(readingFunctions, strings.ToLower(word)) || strings.ContainsRune(word, '\\'):
			add(byFunction)
		}
	}
	slices.Sort(found)
	return found
}

// identifiers yields the words of a statement, with those in the quotes of
// identifiers; what stands in strings and comments is none.
func identifiers(statement string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for rest := statement; rest != ""; {
			word, size := nextWord(rest)
			if word != "" && !yield(word) {
				return
			}
			rest = rest[size:]
		}
	}
}

// nextWord is the word at the beginning, empty where there is none, and how
// much of the text it and what is skipped take.
func nextWord(s string) (word string, size int) {
	switch {
	case strings.HasPrefix(s, "--") || strings.HasPrefix(s, "#!") || strings.HasPrefix(s, "# "):
		return "", lengthUntil(s, 2, "\n")
	case strings.HasPrefix(s, "/*"):
		return "", lengthUntil(s, 2, "*/")
	case s[0] == '\'':
		return "", quotedLength(s)
	case s[0] == '`' || s[0] == '"':
		n := quotedLength(s)
		return strings.Trim(s[:n], "`\""), n
	}
	n := strings.IndexFunc(s, func(r rune) bool { return !wordRune(r) })
	switch {
	case n < 0:
		return s, len(s)
	case n == 0:
		return "", 1
	default:
		return s[:n], n
	}
}

func wordRune(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127
}

func lengthUntil(s string, from int, end string) int {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(s)
}

// quotedLength is up to the closing quote; a doubled or escaped one closes nothing.
func quotedLength(s string) int {
	quote := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}
