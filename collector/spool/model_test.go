package spool

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// model is what a spool has promised, beside the spool.
type model struct {
	t      *testing.T
	dir    string
	disk   *faulty
	spool  opened
	number int
	// taken are the acknowledged entries in order, settled how many of them
	// are, read how many were read since the last opening.
	taken   []string
	settled int
	read    int
	next    uint64 // after the last entry that was read
}

// TestAnyOrderOfEventsKeepsThePromises appends, reads, settles, fails, kills
// and restarts at random.
func TestAnyOrderOfEventsKeepsThePromises(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := &model{t: t, dir: mustTempDir(r), disk: lazy()}
		defer os.RemoveAll(m.dir)
		m.open()
		r.Repeat(map[string]func(*rapid.T){
			"append":  m.append,
			"read":    m.readSome,
			"settle":  m.settle,
			"restart": func(*rapid.T) { m.spool.Close(); m.open() },
			"kill":    m.kill,
		})
		m.spool.Close()
	})
}

func mustTempDir(r *rapid.T) string {
	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		r.Fatal(err)
	}
	return dir
}

func (m *model) open() {
	m.spool = open(m.t, small(), m.dir, m.disk)
	m.read = -1
}

func (m *model) append(r *rapid.T) {
	fault := rapid.SampledFrom([]string{"", "", "", "full", "sync", "syncs"}).Draw(r, "fault")
	m.disk.set(func(d *faulty) {
		switch fault {
		case "full":
			d.room = rapid.IntRange(0, 100).Draw(r, "room")
		case "sync":
			d.failSyncs = 1
		case "syncs":
			d.failSyncs = 2
		}
	})
	var ids []string
	for range rapid.IntRange(1, 60).Draw(r, "entries") {
		m.number++
		ids = append(ids, strconv.Itoa(m.number))
	}
	err := m.spool.Append(context.Background(), entries(ids...))
	m.disk.set(func(d *faulty) { d.room, d.failSyncs = -1, 0 })
	if err == nil {
		m.taken = append(m.taken, ids...)
	} else if fault == "" && !errors.Is(err, ErrFull) {
		r.Fatalf("append failed without a reason: %v", err)
	}
}

// readSome reads; the first after an opening may repeat what was settled.
func (m *model) readSome(r *rapid.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var got []string
	err := m.spool.Next(ctx, rapid.IntRange(1, 4096).Draw(r, "bytes"), func(sequence uint64, entry []byte) {
		got, m.next = append(got, string(entry)), sequence+1
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		r.Fatal(err)
	}
	if m.read < 0 && len(got) > 0 {
		m.read = slices.Index(m.taken, got[0])
		if m.read < 0 || m.read > m.settled {
			r.Fatalf("reading begins with %s, which is %d of what was taken; %d are settled", got[0], m.read, m.settled)
		}
	}
	from := max(m.read, 0)
	if len(got) > len(m.taken)-from || !slices.Equal(got, m.taken[from:from+len(got)]) {
		r.Fatalf("read %v, want what follows the first %d of %v", got, from, m.taken)
	}
	if len(got) == 0 && m.read >= 0 && m.read < len(m.taken) {
		r.Fatalf("%d entries are not found", len(m.taken)-m.read)
	}
	if len(got) == 0 && m.read < 0 && m.settled < len(m.taken) {
		r.Fatalf("nothing is found of %d entries that wait", len(m.taken)-m.settled)
	}
	m.read += len(got)
}

// settle settles all that was read, or all but some.
func (m *model) settle(r *rapid.T) {
	if m.read <= m.settled {
		return
	}
	back := rapid.IntRange(0, min(5, m.read-m.settled)).Draw(r, "back")
	if err := m.spool.Settle(m.next - uint64(back)); err != nil {
		r.Fatal(err)
	}
	m.settled = max(m.settled, m.read-back)
	if got := m.spool.Waiting().Entries; got != uint64(len(m.taken)-m.settled) {
		r.Fatalf("%d entries wait, want %d", got, len(m.taken)-m.settled)
	}
}

// kill goes on with a copy of the folder as it stands, and a torn write.
func (m *model) kill(r *rapid.T) {
	killed, err := os.MkdirTemp("", "spool")
	if err == nil {
		err = os.CopyFS(killed, os.DirFS(m.dir))
	}
	if err != nil {
		r.Fatal(err)
	}
	m.spool.Close()
	os.RemoveAll(m.dir)
	m.dir = killed
	if torn := rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(r, "torn"); fileCount(m.t, m.dir) > 0 {
		f, err := os.OpenFile(lastFile(m.t, m.dir), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			r.Fatal(err)
		}
		f.Write(torn)
		f.Close()
	}
	m.open()
}
