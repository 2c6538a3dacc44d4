package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	// ErrFull says that the call would pass the bound; it may be tried again
	// when Kafka has taken some.
	ErrFull = errors.New("spool is full")
	// ErrClosed says that the spool takes nothing any more.
	ErrClosed = errors.New("spool is closed")
	// ErrTooLarge says that an entry is over MaxEntryBytes.
	ErrTooLarge = errors.New("entry is too large for the spool")
)

// pendingBytes is how much may wait in memory for the sync that is under way;
// further calls wait for it outside.
const pendingBytes = 4 << 20

// Deps are what a spool needs.
type Deps struct {
	// Dir is the folder, made when it is missing.
	Dir string
	// Logger may be nil.
	Logger *slog.Logger
	// Registerer may be nil; a closed spool has taken its metrics back.
	Registerer prometheus.Registerer
	// Class says which class of Counts an entry is of, below 0 for none; nil
	// counts nothing. It must be the same for the life of the folder.
	Class func(entry []byte) int

	fs fileSystem
}

// Spool is the queue. Append may be called by many at once, Next and Settle by
// one reader, or by two that each keep to one of them.
type Spool struct {
	config  Config
	dir     string
	fs      fileSystem
	log     *slog.Logger
	metrics *metrics
	class   func(entry []byte) int
	lock    *lock
	writer  writer
	outage  outage
	reader  reader
	reading sync.Mutex    // held while the reader is at work
	written chan struct{} // closed when the writer has ended

	mu       sync.Mutex
	gathered *sync.Cond // the writer waits on it for a group
	pending  *group
	company  int   // how many calls met at the last sync
	queued   int64 // bytes of the pending group and of the one being written
	closed   bool
	segments []*segment // oldest first; none of the settled ones
	stored   int64      // bytes of the segments
	next     uint64     // the sequence number that the next entry gets
	counts   Counts     // of the entries before next
	progress progress

	saving sync.Mutex // held while progress is saved
	saved  time.Time

	// met has a token when enough calls wait for the next sync.
	met         chan struct{}
	companyWait time.Duration
	// readable has a token when something new may be read.
	readable chan struct{}
	closing  chan struct{}
}

// Open opens the folder, mends its end after a kill, and starts to write.
func Open(config Config, deps Deps) (*Spool, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("open the spool: %w", err)
	}
	s := newSpool(config, deps)
	if err := s.open(deps.Registerer); err != nil {
		s.lock.release()
		return nil, fmt.Errorf("open the spool: %w", err)
	}
	go s.write()
	return s, nil
}

func newSpool(config Config, deps Deps) *Spool {
	s := &Spool{
		config: config, dir: deps.Dir, fs: deps.fs, log: deps.Logger, class: deps.Class,
		written: make(chan struct{}), pending: newGroup(nil),
		met: make(chan struct{}, 1), companyWait: companyWait,
		readable: make(chan struct{}, 1), closing: make(chan struct{}),
	}
	if s.fs == nil {
		s.fs = disk{}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.gathered = sync.NewCond(&s.mu)
	return s
}

func (s *Spool) open(registerer prometheus.Registerer) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	var err error
	if s.lock, err = lockDir(s.dir); err != nil {
		return err
	}
	if s.metrics, err = newMetrics(s, registerer); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	if err := s.recover(); err != nil {
		s.metrics.unregister()
		return err
	}
	return nil
}

// Append returns nil once the entries are on disk, synced. ErrFull, ErrNoRoom,
// ErrTooLarge and ErrClosed leave nothing behind; after another error, or when ctx ends
// first, the entries may be read later or not. The entries are copied.
func (s *Spool) Append(ctx context.Context, entries [][]byte) error {
	if len(entries) == 0 {
		return nil
	}
	for _, entry := range entries {
		if len(entry) > MaxEntryBytes {
			return ErrTooLarge
		}
	}
	g, err := s.gather(ctx, entries)
	if err != nil {
		return err
	}
	select {
	case <-g.done:
		return g.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// gather adds the entries to the group that is written next.
func (s *Spool) gather(ctx context.Context, entries [][]byte) (*group, error) {
	size, counts := int64(framedSize(entries)), s.countsOf(entries)
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.closed {
			return nil, ErrClosed
		}
		if s.waitingBytes()+s.queued+size > int64(s.config.MaxBytes) {
			s.metrics.refused.Inc()
			return nil, ErrFull
		}
		if s.pending.fits(size) {
			break
		}
		s.company = 0 // no more fits
		s.meet()
		if err := s.awaitTaken(ctx, s.pending); err != nil {
			return nil, err
		}
	}
	s.pending.add(entries)
	s.pending.counts.add(&counts)
	if s.pending.calls >= s.company {
		s.meet()
	}
	s.queued += size
	s.gathered.Signal()
	return s.pending, nil
}

// awaitTaken waits, without the lock, for the writer to take the group.
func (s *Spool) awaitTaken(ctx context.Context, g *group) error {
	s.mu.Unlock()
	defer s.mu.Lock()
	select {
	case <-g.taken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Waiting is what the spool holds for Kafka.
type Waiting struct {
	Entries uint64
	Bytes   int64
}

// Waiting returns what is not settled yet.
func (s *Spool) Waiting() Waiting {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Waiting{Entries: s.next - s.progress.settled, Bytes: s.waitingBytes()}
}

// MaxBytes returns the bound.
func (s *Spool) MaxBytes() Bytes { return s.config.MaxBytes }

func (s *Spool) oldestAge() time.Duration {
	at, ok := s.oldest()
	if !ok {
		return 0
	}
	return max(0, time.Since(at))
}

// Close writes what was taken, notes what is settled and lets go of the folder.
// Calls under way end well; later ones, and a waiting Next, get ErrClosed.
// Twice is harmless.
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.gathered.Signal()
	close(s.closing)
	s.mu.Unlock()
	<-s.written

	s.reading.Lock()
	s.closeReader()
	s.reading.Unlock()
	s.saving.Lock()
	defer s.saving.Unlock()
	s.metrics.unregister()
	err := errors.Join(s.writer.close(), s.saveProgress())
	s.lock.release()
	return err
}

func (s *Spool) isClosed() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}
