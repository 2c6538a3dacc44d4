package broker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrInUse is wrapped by what Start returns for a folder that another process
// uses.
var ErrInUse = errors.New("data folder is in use")

// lock is held on a file as long as the process lives; it names its holder. It
// is that of the collector's spool, said twice because neither may import the
// other and nothing else has a folder to lock.
type lock struct{ file *os.File }

func lockDir(dir string) (*lock, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s is used by process %s; stop it or choose another folder", ErrInUse, dir, holder(file))
		}
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	writePID(file)
	return &lock{file}, nil
}

// writePID only helps whoever is refused: a full disk must not stop the holder.
func writePID(file *os.File) {
	if file.Truncate(0) == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
}

func holder(file *os.File) string {
	var pid [16]byte
	n, _ := file.ReadAt(pid[:], 0)
	if holder := strings.TrimSpace(string(pid[:n])); holder != "" {
		return holder
	}
	return "unknown"
}

func (l *lock) release() {
	if l != nil {
		l.file.Close()
	}
}
