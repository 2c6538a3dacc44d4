package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// severity says how much a finding matters.
type severity int

// From what is as it should be to what loses events or figures.
const (
	severityOK severity = iota
	severityNote
	severityWarn
	severityFail
)

// String is the severity in a word.
func (s severity) String() string { return [...]string{"ok", "note", "warn", "fail"}[s] }

// finding is one thing that an examination found.
type finding struct {
	severity severity
	area     string
	// what is found, evidence the numbers that show it, mend what to do.
	what, evidence, mend string
}

// findings are those of a whole examination.
type findings []finding

func (f *findings) add(s severity, area, what, evidence, mend string) {
	*f = append(*f, finding{s, area, what, evidence, mend})
}

// unasked notes that a part could not be asked, which is a finding too.
func (f *findings) unasked(area, what string, err error, mend string) {
	f.add(severityFail, area, what, brief(err), mend)
}

// brief is an error on one line; ClickHouse repeats whole statements.
func brief(err error) string {
	const most = 160
	text, _, _ := strings.Cut(err.Error(), "\n")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// sorted has the gravest first.
func (f findings) sorted() findings {
	sorted := slices.Clone(f)
	slices.SortStableFunc(sorted, func(a, b finding) int { return int(b.severity) - int(a.severity) })
	return sorted
}

func (f findings) count(s severity) int {
	n := 0
	for i := range f {
		if f[i].severity == s {
			n++
		}
	}
	return n
}

// Widths of the columns of the page.
const (
	severityWidth = 6
	areaWidth     = 12
)

func (f findings) report() report {
	r := report{rows: table{columns: []string{"severity", "area", "what", "evidence", "mend"}}, width: severityWidth + areaWidth}
	for _, found := range f {
		word := found.severity.String()
		r.rows.rows = append(r.rows.rows, []any{word, found.area, found.what, found.evidence, found.mend})
		if found.severity >= severityWarn {
			word = strings.ToUpper(word)
		}
		p := paragraph{fmt.Sprintf("%-*s%s", severityWidth, word, found.area), []string{found.what}}
		if found.evidence != "" {
			p.lines[0] += ": " + found.evidence
		}
		if found.mend != "" {
			p.lines = append(p.lines, "-> "+found.mend)
		}
		r.page = append(r.page, p)
	}
	return r
}

// print prints rows where a program reads them, and paragraphs for people.
func (f findings) print(w io.Writer, format outputFormat) error {
	r := f.report()
	if format == "table" {
		r.totals = fmt.Sprintf("\n%d fail, %d warn, %d note, %d ok", f.count(severityFail), f.count(severityWarn), f.count(severityNote), f.count(severityOK))
	}
	return r.print(w, w, format)
}
