package chdb

import (
	"errors"
	"runtime"
	"unsafe"
)

// ErrConnect means that the engine refused a connection. It gives no reason
// but on standard error; a data folder in use by another process is the usual one.
var ErrConnect = errors.New("engine refused the connection, see its lines on standard error")

// Conn is a session inside the engine, with its own settings, current database
// and temporary tables. It runs one statement at a time.
type Conn struct {
	library *Library
	handle  unsafe.Pointer
}

// Connect opens a session. Arguments are those of clickhouse-local, such as
// --path=/data; those about the server count only for the first connection,
// which starts the engine.
func (l *Library) Connect(arguments ...string) (*Conn, error) {
	var pinner runtime.Pinner
	defer pinner.Unpin()
	argv := make([]*byte, 0, len(arguments)+2)
	for _, argument := range append([]string{"clickhouse"}, arguments...) {
		text := append([]byte(argument), 0)
		pinner.Pin(&text[0])
		argv = append(argv, &text[0])
	}
	argc := len(argv)
	argv = append(argv, nil)
	pinner.Pin(&argv[0])
	handle := l.connect(int32(argc), unsafe.Pointer(&argv[0]))
	if handle == nil {
		return nil, ErrConnect
	}
	return &Conn{library: l, handle: handle}, nil
}

// Close ends the session; closing the last one stops the engine.
func (c *Conn) Close() {
	if c.handle != nil {
		c.library.closeConn(c.handle)
		c.handle = nil
	}
}

// current is the session's pointer, which the engine keeps behind the handle.
func (c *Conn) current() unsafe.Pointer {
	return *(*unsafe.Pointer)(c.handle)
}

// Query runs one statement and gives all of its output in the format.
func (c *Conn) Query(sql, format string) (*Result, error) {
	l := c.library
	handle := l.query(c.current(), start(sql), uintptr(len(sql)), start(format), uintptr(len(format)))
	runtime.KeepAlive(sql)
	return l.result(handle)
}

// Exec runs one statement whose output, if any, is not wanted.
func (c *Conn) Exec(sql string) error {
	result, err := c.Query(sql, "Null")
	if err != nil {
		return err
	}
	result.Close()
	return nil
}

// Class says what a statement does to what outlives it.
type Class uint32

// The classes, in ascending order of restriction.
const (
	ReadOnly Class = iota
	Mutating
	MutatingGlobal
	Control
	Unknown
)

type analysis struct {
	structSize, statements, flags, class uint32
}

// Classify parses sql with the engine's own parser and runs nothing. Text that
// cannot be parsed is Unknown with no statements.
func (c *Conn) Classify(sql string) (class Class, statements int) {
	report := analysis{structSize: uint32(unsafe.Sizeof(analysis{})), class: uint32(Unknown)}
	var pinner runtime.Pinner
	pinner.Pin(&report)
	defer pinner.Unpin()
	state := c.library.classify(c.current(), start(sql), uintptr(len(sql)), nil, 0, unsafe.Pointer(&report))
	runtime.KeepAlive(sql)
	if state != 0 {
		return Unknown, 0
	}
	return Class(report.class), int(report.statements)
}

// start is where a string's bytes are. An empty string has no address of its own.
func start(text string) unsafe.Pointer {
	if text == "" {
		return unsafe.Pointer(&empty[0])
	}
	return unsafe.Pointer(unsafe.StringData(text))
}

var empty [1]byte
