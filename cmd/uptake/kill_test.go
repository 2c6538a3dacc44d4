package main

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// kills is how often the whole process is killed under load.
const kills = 20

// TestKillOfEverythingLosesAndDoublesNothing kills `uptake up` with SIGKILL at
// random moments while a sender posts and tries again until it is answered.
func TestKillOfEverythingLosesAndDoublesNothing(t *testing.T) {
	c := newCompany(7, 120, 20)
	undisturbed := startUp(t, t.TempDir())
	c.importInto(t, "--data", undisturbed.dir)
	for _, batch := range c.batches {
		undisturbed.mustPost(batch)
	}
	undisturbed.drain()
	want := figuresOf(t, "--data", undisturbed.dir)
	undisturbed.stop()

	dir := t.TempDir()
	s := startUp(t, dir)
	c.importInto(t, "--data", dir)
	sending := startStubbornSender(t, s, c.batches)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	for i := range kills {
		// Moments are counted in answers, not in time: somewhere in the next batches.
		sending.allow(int64(1+r.IntN(2*len(c.batches)/kills/2+1)), s.done)
		pause := time.NewTimer(time.Duration(r.IntN(20)) * time.Millisecond)
		<-pause.C
		s.kill()
		s = startUp(t, dir)
		if got := sending.answered.Load(); i == kills-1 {
			t.Logf("%d of %d batches were answered before the last kill", got, len(c.batches))
		}
	}
	sending.finish(t)
	s.drain()
	if rows, ids := s.number("SELECT count() FROM event FINAL"), s.number("SELECT uniqExact(event_id) FROM event"); rows != float64(c.events) || ids != rows {
		t.Errorf("%v rows, %v distinct ids, want %d", rows, ids, c.events)
	}
	assertSameFigures(t, figuresOf(t, "--data", dir), want)
	if status := s.stop(); status != 0 {
		t.Errorf("a clean stop ended with status %d", status)
	}
	reopened := startUp(t, dir)
	assertSameFigures(t, figuresOf(t, "--data", dir), want)
	reopened.stop()
}

// stubbornSender posts each batch until it is answered with 200. How many it
// may send before it waits is handed out in portions, so that kills fall in the
// midst of the load.
type stubbornSender struct {
	url, token string
	batches    [][]byte
	answered   atomic.Int64
	tickets    chan struct{}
	done       chan struct{}
	work       sync.WaitGroup
}

// senders at once.
const senders = 4

func startStubbornSender(t *testing.T, s *system, batches [][]byte) *stubbornSender {
	sender := &stubbornSender{
		url: s.OTLPHTTP + "/v1/events", token: secretOf(t, filepath.Join(s.dir, "secrets", "ingest-token")),
		batches: batches, tickets: make(chan struct{}, len(batches)), done: make(chan struct{}),
	}
	next := make(chan []byte)
	for range senders {
		sender.work.Go(func() {
			for batch := range next {
				sender.send(batch)
			}
		})
	}
	go func() {
		for _, batch := range batches {
			<-sender.tickets
			next <- batch
		}
		close(next)
		sender.work.Wait()
		close(sender.done)
	}()
	return sender
}

func (s *stubbornSender) send(batch []byte) {
	for {
		request, _ := http.NewRequest(http.MethodPost, s.url, bytes.NewReader(batch))
		request.Header.Set("Authorization", "Bearer "+s.token)
		request.Header.Set("Content-Type", "application/x-ndjson")
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				s.answered.Add(1)
				return
			}
		}
		time.Sleep(20 * time.Millisecond) // a client's own pause between tries
	}
}

// allow hands out n tickets and returns when one of them was answered.
func (s *stubbornSender) allow(n int64, ended <-chan struct{}) {
	before := s.answered.Load()
	for range n {
		select {
		case s.tickets <- struct{}{}:
		default:
		}
	}
	deadline := time.Now().Add(30 * time.Second)
	for s.answered.Load() == before && time.Now().Before(deadline) {
		select {
		case <-ended:
			return
		case <-s.done:
			return
		case <-time.After(time.Millisecond):
		}
	}
}

func (s *stubbornSender) finish(t *testing.T) {
	t.Helper()
	for range s.batches {
		select {
		case s.tickets <- struct{}{}:
		default:
		}
	}
	select {
	case <-s.done:
	case <-time.After(2 * time.Minute):
		t.Fatalf("only %d of %d batches were answered", s.answered.Load(), len(s.batches))
	}
}
