package spool

import (
	"encoding/binary"
	"fmt"
	"time"
)

// pageBytes is what a failed write may damage beside its own bytes.
const pageBytes = 4096

// writer belongs to the one goroutine that writes.
type writer struct {
	fs   fileSystem
	dir  string
	file file
	// segment is the file's; its size follows ours once callers are told.
	segment *segment
	size    int64
	limit   int64
	ordinal uint64
	// distrusted says that a sync of the file failed.
	distrusted bool
	// tail is the last frames of the file, whole, from the one that reaches
	// into its last page on.
	tail []byte
}

// commit writes frames and syncs them. Its error means that nothing of them
// was promised.
func (w *writer) commit(frames []byte) error {
	switch {
	case w.segment == nil, w.size >= w.limit:
		return w.commitToNew(frames, nil)
	case w.distrusted:
		return w.commitToNew(frames, w.tail)
	}
	if _, err := w.file.WriteAt(frames, w.size); err != nil {
		w.undo()
		return fmt.Errorf("write the spool: %w", err)
	}
	if err := w.file.Sync(); err != nil {
		w.undo()
		w.distrusted = true
		return w.commitToNew(frames, w.tail)
	}
	w.grown(frames)
	return nil
}

// undo cuts a part that was written. Where that fails the rest is harmless: it
// lies behind the size, and the next write goes over it.
func (w *writer) undo() { _ = w.file.Truncate(w.size) }

// commitToNew begins a file with frames, after those that are rescued from the
// last one. The file stays only when all of them are in it, synced.
func (w *writer) commitToNew(frames, rescued []byte) error {
	content := frames
	if len(rescued) > 0 {
		content = append(append([]byte(nil), rescued...), frames...)
	}
	w.ordinal++
	fresh := &segment{ordinal: w.ordinal, base: binary.LittleEndian.Uint64(content[16:])}
	file, err := w.create(fresh.path(w.dir), content)
	if err != nil {
		return err
	}
	_ = w.close()
	*w = writer{fs: w.fs, dir: w.dir, limit: w.limit, ordinal: w.ordinal, file: file, segment: fresh}
	w.grown(content)
	return nil
}

func (w *writer) create(path string, content []byte) (file, error) {
	f, err := w.fs.Create(path)
	if err != nil {
		return nil, fmt.Errorf("make a file of the spool: %w", err)
	}
	if err := w.fillNew(f, content); err != nil {
		f.Close()
		_ = w.fs.Remove(path)
		return nil, err
	}
	return f, nil
}

func (w *writer) fillNew(f file, content []byte) error {
	if _, err := f.WriteAt(content, 0); err != nil {
		return fmt.Errorf("write the spool: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync the spool: %w", err)
	}
	if err := w.fs.SyncDir(w.dir); err != nil {
		return fmt.Errorf("sync the folder of the spool: %w", err)
	}
	return nil
}

// grown notes that frames are synced at the end of the file, and remembers
// those that reach into its last page.
func (w *writer) grown(frames []byte) {
	at := w.size
	w.size += int64(len(frames))
	if page := w.size - w.size%pageBytes; at < page {
		for n := frameBytes(frames); at+int64(n) <= page && n < len(frames); n = frameBytes(frames) {
			at, frames = at+int64(n), frames[n:]
		}
		w.tail = w.tail[:0]
	}
	w.tail = append(w.tail, frames...)
}

func frameBytes(frames []byte) int {
	return headerSize + int(binary.LittleEndian.Uint32(frames[8:]))
}

func (w *writer) close() error {
	if w.file == nil {
		return nil
	}
	err := w.file.Close()
	w.file, w.segment = nil, nil
	return err
}

// outage reports a failing disk when it begins to fail, then at most every 10 s,
// and when it is well again.
type outage struct{ reported time.Time }

func (o *outage) due(now time.Time) bool {
	if now.Sub(o.reported) < 10*time.Second {
		return false
	}
	o.reported = now
	return true
}

func (o *outage) over() bool {
	over := !o.reported.IsZero()
	o.reported = time.Time{}
	return over
}
