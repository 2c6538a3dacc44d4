package roster

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
	"unique"
)

// Bounds of what is read.
const (
	// MaxFileBytes bounds a file: over a million people with all columns.
	MaxFileBytes = 512 << 20
	// MaxLineBytes bounds a line, so that a quote left open does not swallow the file.
	MaxLineBytes = 256 << 10
	// MaxValueBytes bounds a value other than the list of aliases.
	MaxValueBytes = 320
)

// File is one CSV file of an import.
type File struct {
	// Name is what problems call it.
	Name    string
	Content io.Reader
}

// form is a file whose columns are found by the names in its header.
type form struct {
	name    string
	columns []string
	// spare are columns that may be there and are not read.
	spare    []string
	problems *Problems

	bound   *boundedReader
	csv     *csv.Reader
	at      map[string]int
	current []string
	// lastLine is where the last row began that could be read.
	lastLine int
	// fault says that something is wrong with the current row.
	fault bool
}

// open reads the header. It returns nil where no row can be read, after
// saying why.
func open(file *File, columns []string, problems *Problems) *form {
	return openWith(file, columns, nil, problems)
}

// openWith is open for a file that may have spare columns.
func openWith(file *File, columns, spare []string, problems *Problems) *form {
	bound := &boundedReader{reader: file.Content, file: MaxFileBytes, line: MaxLineBytes}
	f := &form{name: file.Name, columns: columns, spare: spare, problems: problems, bound: bound}
	content := bufio.NewReader(bound)
	if start, _ := content.Peek(3); bytes.Equal(start, []byte("\xef\xbb\xbf")) {
		content.Discard(3)
	} else if bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")) {
		f.whole("it is UTF-16", "save it as CSV in UTF-8")
		return nil
	}
	f.csv = csv.NewReader(content)
	f.csv.FieldsPerRecord = -1
	f.csv.ReuseRecord = true
	f.csv.TrimLeadingSpace = true
	if !f.readHeader() {
		return nil
	}
	return f
}

func (f *form) readHeader() bool {
	header, err := f.csv.Read()
	if errors.Is(err, io.EOF) {
		f.whole("it is empty", "start it with the header "+strings.Join(f.columns, ","))
		return false
	}
	if err != nil {
		f.unreadable(err)
		return false
	}
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t") {
		f.problem(1, "", "the values are not separated by commas", "save it with commas")
		return false
	}
	return f.place(header)
}

// place finds every column in the header.
func (f *form) place(header []string) bool {
	f.at = make(map[string]int, len(header))
	sound := true
	wrong := func(column, reason, mend string) {
		f.problem(1, column, reason, mend)
		sound = false
	}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		_, repeated := f.at[name]
		switch {
		case !slices.Contains(f.columns, name) && !slices.Contains(f.spare, name):
			wrong("", fmt.Sprintf("column %d of the header has an unknown name", i+1), "the columns are "+strings.Join(f.columns, ","))
		case repeated:
			wrong(name, "the column is there twice", "keep one of them")
		default:
			f.at[name] = i
		}
	}
	for _, name := range f.columns {
		if _, there := f.at[name]; !there {
			wrong(name, "the column is missing", "add it to the header and to every row; a value that may be empty is left empty")
		}
	}
	return sound
}

// next goes to the next row that can be read, or says that there is none.
func (f *form) next() bool {
	for {
		f.bound.nextLine()
		record, err := f.csv.Read()
		if errors.Is(err, io.EOF) {
			return false
		}
		if err != nil {
			if f.unreadable(err) {
				continue
			}
			return false
		}
		if len(record) != len(f.at) {
			f.problem(f.line(), "", fmt.Sprintf("the row has %d values and the header %d", len(record), len(f.at)), "put values with a comma into double quotes, and keep empty values between their commas")
			continue
		}
		f.current, f.fault, f.lastLine = record, false, f.line()
		return true
	}
}

// unreadable says what is wrong with the form of a line, and whether reading can go on.
func (f *form) unreadable(err error) bool {
	var parse *csv.ParseError
	switch {
	case errors.As(err, &parse):
		f.problem(parse.StartLine, "", "a double quote stands where none may", "put the whole value into double quotes and double each quote within it")
		return true
	case errors.Is(err, errLongLine):
		f.problem(f.lastLine+1, "", fmt.Sprintf("the line, or one soon after it, is longer than %d KiB", MaxLineBytes>>10), "close the double quote that was left open, or shorten the line")
	case errors.Is(err, errLongFile):
		f.whole(fmt.Sprintf("it is larger than %d MiB", MaxFileBytes>>20), "leave out periods that ended long ago")
	default:
		f.whole("it cannot be read: "+err.Error(), "see that the file can be read to its end")
	}
	return false
}

func (f *form) line() int {
	line, _ := f.csv.FieldPos(0)
	return line
}

// value is what stands in the column, without outer blanks, and false where it
// is nothing that a column may hold, after saying so.
func (f *form) value(column string, maxBytes int) (value string, sound bool) {
	value = f.raw(column)
	switch {
	case len(value) > maxBytes:
		f.wrong(column, fmt.Sprintf("the value is longer than %d bytes", maxBytes), "shorten it")
	case !utf8.ValidString(value):
		f.wrong(column, "the value is not UTF-8", "save the file as CSV in UTF-8")
	case strings.ContainsFunc(value, unicode.IsControl):
		f.wrong(column, "the value has a line break or another control character", "remove it")
	default:
		return value, true
	}
	return "", false
}

func (f *form) raw(column string) string { return strings.TrimSpace(f.current[f.at[column]]) }

// text is a value that may be anything, kept once however often it is there.
func (f *form) text(column string) string {
	value, _ := f.value(column, MaxValueBytes)
	return unique.Make(value).Value()
}

// wrong says what is wrong with the column of the current row.
func (f *form) wrong(column, reason, mend string) {
	f.fault = true
	line, _ := f.csv.FieldPos(f.at[column])
	f.problem(line, column, reason, mend)
}

func (f *form) problem(line int, column, reason, mend string) {
	f.problems.add(Problem{File: f.name, Line: line, Column: column, Reason: reason, Mend: mend})
}

func (f *form) whole(reason, mend string) { f.problem(0, "", reason, mend) }

var (
	errLongFile = errors.New("the file is too long")
	errLongLine = errors.New("the line is too long")
)

// boundedReader fails when the file, or what is read between two calls of
// nextLine, is too long.
type boundedReader struct {
	reader     io.Reader
	file, line int
}

func (b *boundedReader) nextLine() { b.line = MaxLineBytes }

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.file <= 0 {
		return 0, errLongFile
	}
	if b.line <= 0 {
		return 0, errLongLine
	}
	n, err := b.reader.Read(p[:min(len(p), b.file, b.line)])
	b.file -= n
	b.line -= n
	return n, err
}
