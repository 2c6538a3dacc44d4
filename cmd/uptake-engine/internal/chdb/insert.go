package chdb

import (
	"runtime"
	"unsafe"
)

// Insert is a running INSERT that is fed with data in a format. Until it ends
// the connection takes no other statement.
type Insert struct {
	library *Library
	handle  unsafe.Pointer
}

// Insert starts an INSERT given without its FORMAT clause.
func (c *Conn) Insert(sql, format string) (*Insert, error) {
	l := c.library
	handle := l.insertOpen(c.current(), start(sql), uintptr(len(sql)), start(format), uintptr(len(format)))
	runtime.KeepAlive(sql)
	if handle == nil {
		return nil, &Error{Code: CodeUnknown, Message: "the engine opened no insert"}
	}
	insert := &Insert{library: l, handle: handle}
	if err := insert.failure(); err != nil {
		l.insertDestroy(handle)
		return nil, err
	}
	return insert, nil
}

func (i *Insert) failure() error {
	if text := i.library.insertError(i.handle); text != "" {
		return parseError(text)
	}
	return nil
}

// Append copies a piece of the data, cut anywhere, into the insert. It blocks
// while the engine is behind.
func (i *Insert) Append(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	state := i.library.insertAppend(i.handle, unsafe.Pointer(&data[0]), uintptr(len(data)))
	runtime.KeepAlive(data)
	if state == 0 {
		return nil
	}
	if err := i.failure(); err != nil {
		return err
	}
	return &Error{Code: CodeUnknown, Message: "the engine refused the data"}
}

// Finish commits what was appended. The insert is gone afterwards.
func (i *Insert) Finish() error {
	defer i.library.insertDestroy(i.handle)
	result, err := i.library.result(i.library.insertDone(i.handle))
	if err != nil {
		return err
	}
	result.Close()
	return nil
}

// Cancel drops what was appended. The insert is gone afterwards.
func (i *Insert) Cancel() {
	i.library.insertCancel(i.handle)
	i.library.insertDestroy(i.handle)
}
