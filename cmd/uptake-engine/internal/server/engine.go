package server

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/chdb"
)

// Zone is the one in which the engine means times without a zone.
const Zone = "UTC"

// Engine is the started ClickHouse engine on its data folder.
type Engine struct {
	library *chdb.Library
	path    string
	// base keeps the engine running while no client is connected.
	base *chdb.Conn
	// Version is that of the ClickHouse inside, such as 26.7.2.1.
	Version string
	// TableFunctions are the names of all table functions.
	TableFunctions []string
}

// StartEngine starts the engine on path, which must be absolute and used by
// nobody else, with a bound on its memory in bytes.
func StartEngine(library *chdb.Library, path string, memoryBytes int64) (*Engine, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("data folder %s must be an absolute path", path)
	}
	config := filepath.Join(path, "uptake-engine.xml")
	if err := writeConfig(config, memoryBytes); err != nil {
		return nil, err
	}
	e := &Engine{library: library, path: path}
	var err error
	if e.base, err = e.Connect("--config-file=" + config); err != nil {
		return nil, fmt.Errorf("start the engine on %s: %w", path, err)
	}
	functions, err := e.ask("SELECT name FROM system.table_functions")
	if err == nil {
		e.Version, err = e.ask("SELECT version()")
	}
	if err != nil {
		e.base.Close()
		return nil, fmt.Errorf("ask the engine what it is: %w", err)
	}
	e.TableFunctions = strings.Fields(functions)
	return e, nil
}

// serverConfig is what the engine is told beyond its defaults: a bound on all
// memory, caches to match, few background threads, and that an acknowledged
// insert is on disk, because Kafka's offsets are committed after it. That makes
// a small insert take twice as long; a large one feels nothing of it.
type serverConfig struct {
	XMLName              xml.Name `xml:"clickhouse"`
	MaxServerMemoryUsage int64    `xml:"max_server_memory_usage"`
	Timezone             string   `xml:"timezone"`
	MarkCacheSize        int64    `xml:"mark_cache_size"`
	PrimaryIndexCache    int64    `xml:"primary_index_cache_size"`
	UncompressedCache    int64    `xml:"uncompressed_cache_size"`
	QueryCache           int64    `xml:"query_cache>max_size_in_bytes"`
	BackgroundPool       int      `xml:"background_pool_size"`
	SchedulePool         int      `xml:"background_schedule_pool_size"`
	SyncInserts          int      `xml:"merge_tree>fsync_after_insert"`
	SyncFolders          int      `xml:"merge_tree>fsync_part_directory"`
	// DropDelay is how long files of a dropped table stay. Tables in which days are
	// made hold persons, whom an erasure takes out of files too.
	DropDelay int `xml:"database_atomic_delay_before_drop_table_sec"`
	// KeepFree is what inserts and merges leave free on the disk: a part that is
	// cut short by a full disk is worse than one refused.
	KeepFree uint64 `xml:"storage_configuration>disks>default>keep_free_space_bytes"`
}

// What stays free: a fortieth of the disk and no more than keepFreeBytes, half
// of what the collector's spool leaves.
const (
	keepFreeShare = 40
	keepFreeBytes = 128 << 20
)

func keepFree(file string) uint64 {
	var s unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(file), &s); err != nil {
		return 0
	}
	return min(s.Blocks*uint64(s.Bsize)/keepFreeShare, keepFreeBytes)
}

func writeConfig(file string, memoryBytes int64) error {
	config := serverConfig{
		KeepFree:             keepFree(file),
		MaxServerMemoryUsage: memoryBytes,
		Timezone:             Zone,
		MarkCacheSize:        memoryBytes / 16,
		PrimaryIndexCache:    memoryBytes / 16,
		QueryCache:           memoryBytes / 64,
		BackgroundPool:       4,
		SchedulePool:         16,
		SyncInserts:          1,
		SyncFolders:          1,
		DropDelay:            1,
	}
	text, err := xml.MarshalIndent(config, "", "  ")
	if err != nil {
		return fmt.Errorf("write the engine's settings: %w", err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the engine's settings: %w", err)
	}
	return nil
}

// Connect opens a session inside the engine.
func (e *Engine) Connect(arguments ...string) (*chdb.Conn, error) {
	return e.library.Connect(append([]string{"--path=" + e.path}, arguments...)...)
}

func (e *Engine) ask(sql string) (string, error) {
	result, err := e.base.Query(sql, "TSVRaw")
	if err != nil {
		return "", err
	}
	defer result.Close()
	return string(bytes.TrimSpace(result.Bytes())), nil
}

// killLimit is how long a KILL may take before nobody waits for it any more.
const killLimit = 5 * time.Second

var errKill = errors.New("a KILL QUERY did not end in time")

// Kill ends the statements of the session with the tag. Each has a session of
// its own and a time-out, since one that hangs must not hold up the next.
func (e *Engine) Kill(tag string) error {
	done := make(chan error, 1)
	go func() {
		connection, err := e.Connect()
		if err == nil {
			tag = strings.NewReplacer("\\", "\\\\", "'", "\\'").Replace(tag)
			err = connection.Exec("KILL QUERY WHERE startsWith(Settings['log_comment'], '" + tag + "') ASYNC")
			connection.Close()
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(killLimit):
		return errKill
	}
}

// Close stops the engine. Every session must be closed before.
func (e *Engine) Close() {
	e.base.Close()
	e.library.Shutdown()
}
