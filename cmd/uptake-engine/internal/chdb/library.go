// Package chdb binds the ClickHouse engine as a C library (libchdb.so). It is
// the only place with unsafe code and foreign calls.
//
// It promises: memory handed to the engine lives for the length of the call,
// memory owned by the engine never outlives its result, signal handlers of the
// engine stay off, and every failure is an *Error with ClickHouse's code. A
// connection runs one statement at a time; that is for its owner to hold.
package chdb

import (
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Library is the loaded engine. One process has one, and it cannot be unloaded.
type Library struct {
	setSignalHandlers func(int32)
	connect           func(int32, unsafe.Pointer) unsafe.Pointer
	closeConn         func(unsafe.Pointer)
	shutdown          func() int32
	classify          func(unsafe.Pointer, unsafe.Pointer, uintptr, unsafe.Pointer, uintptr, unsafe.Pointer) int32

	query        func(unsafe.Pointer, unsafe.Pointer, uintptr, unsafe.Pointer, uintptr) unsafe.Pointer
	streamQuery  func(unsafe.Pointer, unsafe.Pointer, uintptr, unsafe.Pointer, uintptr) unsafe.Pointer
	streamFetch  func(unsafe.Pointer, unsafe.Pointer) unsafe.Pointer
	streamCancel func(unsafe.Pointer, unsafe.Pointer)

	resultBuffer  func(unsafe.Pointer) unsafe.Pointer
	resultLength  func(unsafe.Pointer) uintptr
	resultError   func(unsafe.Pointer) string
	resultDestroy func(unsafe.Pointer)

	insertOpen    func(unsafe.Pointer, unsafe.Pointer, uintptr, unsafe.Pointer, uintptr) unsafe.Pointer
	insertAppend  func(unsafe.Pointer, unsafe.Pointer, uintptr) int32
	insertDone    func(unsafe.Pointer) unsafe.Pointer
	insertCancel  func(unsafe.Pointer)
	insertError   func(unsafe.Pointer) string
	insertDestroy func(unsafe.Pointer)
}

// Load opens the library at path (absolute) and checks that it has every
// function that is needed. It takes a third of a second and starts nothing.
func Load(path string) (*Library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, fmt.Errorf("load engine library %s: %w", path, err)
	}
	l := &Library{}
	for name, function := range l.symbols() {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("engine library %s lacks %s, want version 26.7: %w", path, name, err)
		}
		purego.RegisterFunc(function, symbol)
	}
	// The engine's own handlers would take SIGSEGV and SIGPROF from the Go runtime.
	l.setSignalHandlers(0)
	return l, nil
}

func (l *Library) symbols() map[string]any {
	return map[string]any{
		"chdb_set_signal_handlers_enabled": &l.setSignalHandlers,
		"chdb_connect":                     &l.connect,
		"chdb_close_conn":                  &l.closeConn,
		"chdb_shutdown":                    &l.shutdown,
		"chdb_classify_query_n":            &l.classify,
		"chdb_query_n":                     &l.query,
		"chdb_stream_query_n":              &l.streamQuery,
		"chdb_stream_fetch_result":         &l.streamFetch,
		"chdb_stream_cancel_query":         &l.streamCancel,
		"chdb_result_buffer":               &l.resultBuffer,
		"chdb_result_length":               &l.resultLength,
		"chdb_result_error":                &l.resultError,
		"chdb_destroy_query_result":        &l.resultDestroy,
		"chdb_stream_insert_n":             &l.insertOpen,
		"chdb_stream_append":               &l.insertAppend,
		"chdb_stream_done":                 &l.insertDone,
		"chdb_stream_cancel_insert":        &l.insertCancel,
		"chdb_stream_insert_error":         &l.insertError,
		"chdb_destroy_insert_stream":       &l.insertDestroy,
	}
}

// Shutdown joins the engine's threads. Every connection must be closed before,
// and none can be opened after.
func (l *Library) Shutdown() {
	l.shutdown()
}
