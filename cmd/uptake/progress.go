package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// progress shows how far long work has come: a bar on a terminal, elsewhere a
// line every few seconds.
type progress struct {
	w        io.Writer
	terminal bool
	what     string
	every    time.Duration
	last     time.Time
	open     bool
}

func newProgress(w io.Writer, what string) *progress {
	f, isFile := w.(*os.File)
	p := &progress{w: w, what: what, every: 5 * time.Second}
	if isFile && term.IsTerminal(int(f.Fd())) {
		p.terminal, p.every = true, 100*time.Millisecond
	}
	return p
}

// barWidth is the length of the bar in characters.
const barWidth = 30

// show says that done of total are done.
func (p *progress) show(done, total int64) {
	if time.Since(p.last) < p.every && done < total {
		return
	}
	p.last = time.Now()
	share := 1.0
	if total > 0 {
		share = min(float64(done)/float64(total), 1)
	}
	if !p.terminal {
		fmt.Fprintf(p.w, "%s: %d of %d (%.0f %%)\n", p.what, done, total, 100*share)
		return
	}
	filled := int(share * barWidth)
	fmt.Fprintf(p.w, "\r%s [%s%s] %3.0f %%\x1b[K", p.what, strings.Repeat("=", filled), strings.Repeat(" ", barWidth-filled), 100*share)
	p.open = true
}

// end leaves the line of the bar.
func (p *progress) end() {
	if p.open {
		fmt.Fprintln(p.w)
		p.open = false
	}
}
