package roster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// MaxProblems bounds how many problems are kept of one import.
const MaxProblems = 1000

// Problem is one thing that keeps an import out.
type Problem struct {
	// File is the name under which it was handed in.
	File string `json:"file"`
	// Line counts from 1; 0 means the file as a whole.
	Line int `json:"line"`
	// Column is the name in the header, empty where the whole line is meant.
	Column string `json:"column"`
	Reason string `json:"reason"`
	// Mend says what to do.
	Mend string `json:"mend"`
}

// String is the problem as one line for a terminal.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ": line %d", p.Line)
	}
	if p.Column != "" {
		fmt.Fprintf(&b, ", column %s", p.Column)
	}
	fmt.Fprintf(&b, ": %s; %s", p.Reason, p.Mend)
	return b.String()
}

// Problems are all that is wrong with an import, by file and line.
type Problems struct {
	List []Problem
	// More counts those beyond MaxProblems.
	More int
}

// Error has one line for each problem.
func (p *Problems) Error() string {
	lines := make([]string, 0, len(p.List)+1)
	for _, problem := range p.List {
		lines = append(lines, problem.String())
	}
	if p.More > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", p.More))
	}
	return strings.Join(lines, "\n")
}

func (p *Problems) add(problem Problem) {
	if len(p.List) >= MaxProblems {
		p.More++
		return
	}
	p.List = append(p.List, problem)
}

// err returns the problems in the order in which a reader meets them, nil
// where there are none.
func (p *Problems) err(files []string) error {
	if len(p.List) == 0 {
		return nil
	}
	slices.SortStableFunc(p.List, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(slices.Index(files, a.File), slices.Index(files, b.File)), cmp.Compare(a.Line, b.Line))
	})
	return p
}
