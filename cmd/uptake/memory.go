package main

import (
	"os"
	"runtime/debug"
)

// What the modes may take before the garbage collector works harder. Below it
// they let garbage grow, which saves a good part of their CPU time. `up` sets
// none of it: on a machine that it shares with its engine, and with whoever
// works there, little memory is worth more.
const (
	collectMemory = 96 << 20
	ingestMemory  = 224 << 20
	gcPercent     = 400
)

// limitMemory sets the garbage collector's goal, unless the environment does.
func limitMemory(bytes int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(bytes)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
