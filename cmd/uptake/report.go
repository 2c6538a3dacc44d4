package main

import (
	"fmt"
	"io"
	"strings"
)

// report is an answer of a command: rows for programs, a page for people.
type report struct {
	rows table
	page []paragraph
	// width is that of the column of heads.
	width int
	// totals stand below the page, and beside what programs read.
	totals string
}

// paragraph is a head with lines beside it.
type paragraph struct {
	head  string
	lines []string
}

func (r report) print(out, notes io.Writer, format outputFormat) error {
	var err error
	if format == "table" {
		notes, err = out, r.describe(out)
	} else {
		err = format.print(out, r.rows)
	}
	if err != nil || r.totals == "" {
		return err
	}
	_, err = fmt.Fprintln(notes, r.totals)
	return err
}

// pageWidth is how much people read on one line.
const pageWidth = 100

// describe prints the lines broken to fit beside their heads.
func (r report) describe(w io.Writer) error {
	var b strings.Builder
	for _, p := range r.page {
		head := p.head
		for _, line := range p.lines {
			for _, part := range wrap(line, pageWidth-r.width) {
				fmt.Fprintf(&b, "%-*s%s\n", r.width, head, part)
				head = ""
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// wrap breaks a text into lines of at most so many bytes where words allow it.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}
