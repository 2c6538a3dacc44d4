package spool

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// fileSystem is what the spool asks of a disk; tests hand in one that fails.
type fileSystem interface {
	Create(path string) (file, error)
	Open(path string) (file, error)
	// OpenForRepair opens for truncation.
	OpenForRepair(path string) (file, error)
	Remove(path string) error
	Rename(from, to string) error
	ReadDir(path string) ([]os.DirEntry, error)
	ReadFile(path string) ([]byte, error)
	SyncDir(path string) error
	// Room is how many bytes are free on the disk of a folder, and how many it has.
	Room(dir string) (free, all uint64, err error)
}

type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
}

type disk struct{}

func (disk) Create(path string) (file, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
}
func (disk) Open(path string) (file, error)             { return os.Open(path) }
func (disk) OpenForRepair(path string) (file, error)    { return os.OpenFile(path, os.O_RDWR, 0) }
func (disk) Remove(path string) error                   { return os.Remove(path) }
func (disk) Rename(from, to string) error               { return os.Rename(from, to) }
func (disk) ReadDir(path string) ([]os.DirEntry, error) { return os.ReadDir(path) }
func (disk) ReadFile(path string) ([]byte, error)       { return os.ReadFile(path) }

func (disk) Room(dir string) (free, all uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	return s.Bavail * uint64(s.Bsize), s.Blocks * uint64(s.Bsize), nil
}

// SyncDir makes the names of new files last.
func (disk) SyncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
