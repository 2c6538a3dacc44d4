package chdb

import (
	"runtime"
	"unsafe"
)

// Result is output held by the engine.
type Result struct {
	library *Library
	handle  unsafe.Pointer
}

func (l *Library) result(handle unsafe.Pointer) (*Result, error) {
	if handle == nil {
		return nil, &Error{Code: CodeUnknown, Message: "the engine gave no result"}
	}
	if text := l.resultError(handle); text != "" {
		l.resultDestroy(handle)
		return nil, parseError(text)
	}
	return &Result{library: l, handle: handle}, nil
}

// Bytes is the output. It is the engine's memory, gone after Close.
func (r *Result) Bytes() []byte {
	length := r.library.resultLength(r.handle)
	buffer := r.library.resultBuffer(r.handle)
	if length == 0 || buffer == nil {
		return nil
	}
	return unsafe.Slice((*byte)(buffer), length)
}

// Close gives the memory back.
func (r *Result) Close() {
	if r.handle != nil {
		r.library.resultDestroy(r.handle)
		r.handle = nil
	}
}

// Stream is a running SELECT whose output is fetched block by block.
type Stream struct {
	conn     *Conn
	handle   unsafe.Pointer
	finished bool
}

// Stream starts a SELECT; other statements are refused by the engine.
func (c *Conn) Stream(sql, format string) (*Stream, error) {
	l := c.library
	handle := l.streamQuery(c.current(), start(sql), uintptr(len(sql)), start(format), uintptr(len(format)))
	runtime.KeepAlive(sql)
	result, err := l.result(handle)
	if err != nil {
		return nil, err
	}
	return &Stream{conn: c, handle: result.handle}, nil
}

// Fetch gives the next block, nil at the end.
func (s *Stream) Fetch() (*Result, error) {
	l := s.conn.library
	result, err := l.result(l.streamFetch(s.conn.current(), s.handle))
	if err != nil {
		s.finished = true
		return nil, err
	}
	if l.resultLength(result.handle) == 0 {
		s.finished = true
		result.Close()
		return nil, nil
	}
	return result, nil
}

// Close ends the query, wherever it is, and gives its memory back.
func (s *Stream) Close() {
	l := s.conn.library
	if !s.finished {
		l.streamCancel(s.conn.current(), s.handle)
	}
	l.resultDestroy(s.handle)
}
