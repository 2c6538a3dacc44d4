package spool

import "time"

// group is the entries of the calls that share one sync.
type group struct {
	frames  []byte
	entries int
	calls   int
	counts  Counts
	taken   chan struct{} // closed when the writer has it
	done    chan struct{} // closed when err is set
	err     error
}

func newGroup(buf []byte) *group {
	return &group{frames: buf[:0], taken: make(chan struct{}), done: make(chan struct{})}
}

func (g *group) fits(size int64) bool {
	return len(g.frames) == 0 || int64(len(g.frames))+size <= pendingBytes
}

func (g *group) add(entries [][]byte) {
	g.frames = appendFrames(g.frames, entries)
	g.entries += len(entries)
	g.calls++
}

// write is the one goroutine that writes: it takes what has gathered while it
// wrote the last group, and where callers came in company waits a moment for
// as many again. So a lone caller is synced at once, and many share their syncs.
func (s *Spool) write() {
	defer close(s.written)
	var spare []byte
	for {
		g := s.take(spare)
		if g == nil {
			return
		}
		begun := time.Now()
		next := stamp(g.frames, s.next, begun)
		if g.err = s.room(len(g.frames)); g.err == nil {
			g.err = s.writer.commit(g.frames)
		}
		s.metrics.syncs.Observe(time.Since(begun).Seconds())
		s.finish(g, next)
		if spare = g.frames; cap(spare) > 2*pendingBytes {
			spare = nil
		}
	}
}

// take waits for a group; nil means that the spool is closed and empty.
func (s *Spool) take(spare []byte) *group {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.pending.frames) == 0 {
		if s.closed {
			return nil
		}
		s.gathered.Wait()
	}
	if s.pending.calls < s.company && !s.closed {
		s.awaitCompany()
	}
	g := s.pending
	s.pending = newGroup(spare)
	close(g.taken)
	return g
}

// companyWait bounds the wait for company. It is worth less than a sync costs,
// in time of the disk and, with small requests, in most of their CPU time.
const companyWait = time.Millisecond

// awaitCompany waits, without the lock, for as many calls as met at the last
// sync: those that shared it, and those that came while it ran.
func (s *Spool) awaitCompany() {
	select {
	case <-s.met: // of an earlier group
	default:
	}
	s.mu.Unlock()
	defer s.mu.Lock()
	wait := time.NewTimer(s.companyWait)
	defer wait.Stop()
	select {
	case <-s.met:
	case <-wait.C:
	case <-s.closing:
	}
}

// meet ends the wait for company.
func (s *Spool) meet() {
	select {
	case s.met <- struct{}{}:
	default:
	}
}

// finish tells the callers, and the reader when there is something new.
func (s *Spool) finish(g *group, next uint64) {
	s.mu.Lock()
	s.queued -= int64(len(g.frames))
	s.company = g.calls + s.pending.calls
	if g.err == nil {
		s.next = next
		s.counts.add(&g.counts)
		s.showWritten()
	}
	s.mu.Unlock()
	if g.err == nil {
		s.metrics.appendedEntries.Add(float64(g.entries))
		s.metrics.appendedBytes.Add(float64(len(g.frames)))
		s.signalReader()
	}
	s.reportOutage(g.err)
	close(g.done)
}

// showWritten lets the reader see what the writer has synced.
func (s *Spool) showWritten() {
	if n := len(s.segments); n == 0 || s.segments[n-1] != s.writer.segment {
		s.segments = append(s.segments, s.writer.segment)
	}
	s.stored += s.writer.size - s.writer.segment.size
	s.writer.segment.size = s.writer.size
}

func (s *Spool) reportOutage(err error) {
	switch {
	case err != nil:
		s.metrics.writeErrors.Inc()
		if s.outage.due(time.Now()) {
			s.log.Error("the spool cannot be written; senders are refused until it can", "error", err)
		}
	case s.outage.over():
		s.log.Info("the spool can be written again")
	}
}

func (s *Spool) signalReader() {
	select {
	case s.readable <- struct{}{}:
	default:
	}
}
