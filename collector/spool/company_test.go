package spool

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// gatedDisk tells when a sync begins, and ends it when it is told to.
type gatedDisk struct {
	disk
	begun, end chan struct{}
}

func (d gatedDisk) Create(path string) (file, error) {
	f, err := d.disk.Create(path)
	if filepath.Ext(path) != segmentSuffix {
		return f, err
	}
	return gatedFile{f, d}, err
}

type gatedFile struct {
	file
	disk gatedDisk
}

func (f gatedFile) Sync() error {
	f.disk.begun <- struct{}{}
	<-f.disk.end
	return f.file.Sync()
}

// openGated opens a spool that would wait forever for company.
func openGated(t *testing.T) (opened, gatedDisk) {
	d := gatedDisk{begun: make(chan struct{}), end: make(chan struct{})}
	s := open(t, DefaultConfig(), t.TempDir(), d)
	s.mu.Lock()
	s.companyWait = 1 << 62
	s.mu.Unlock()
	t.Cleanup(func() { close(d.end) })
	return s, d
}

// callWhileSyncing makes one call, and a second one once its sync has begun.
func callWhileSyncing(t *testing.T, s opened, d gatedDisk, calls *sync.WaitGroup) {
	calls.Go(func() { s.append(t, "first") })
	<-d.begun
	if _, err := s.gather(t.Context(), entries("second")); err != nil {
		t.Fatal(err)
	}
	d.end <- struct{}{}
	calls.Wait()
}

func TestWhoCameInCompanyIsWaitedFor(t *testing.T) {
	s, d := openGated(t)
	var calls sync.WaitGroup
	callWhileSyncing(t, s, d, &calls)
	calls.Go(func() { s.append(t, "third") })
	<-d.begun
	d.end <- struct{}{}
	calls.Wait()
	if syncs := s.value(t, "sync_duration_seconds"); syncs != 2 {
		t.Errorf("%v syncs, want one for the first call and one for the two others", syncs)
	}
}

func TestALoneCallerIsSyncedAtOnce(t *testing.T) {
	s, d := openGated(t)
	for range 3 {
		var calls sync.WaitGroup
		calls.Go(func() { s.append(t, "alone") })
		<-d.begun
		d.end <- struct{}{}
		calls.Wait()
	}
}

func TestTheWaitForCompanyEnds(t *testing.T) {
	for _, end := range []struct {
		name string
		wait time.Duration
		how  func(s opened, calls *sync.WaitGroup)
	}{
		{"with its time", time.Nanosecond, func(opened, *sync.WaitGroup) {}},
		{"with the spool", 1 << 62, func(s opened, calls *sync.WaitGroup) { calls.Go(func() { s.Close() }) }},
		{"with more than fits", 1 << 62, func(s opened, calls *sync.WaitGroup) {
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			_ = s.Append(gone, [][]byte{make([]byte, pendingBytes)})
		}},
	} {
		t.Run(end.name, func(t *testing.T) {
			s, d := openGated(t)
			s.mu.Lock()
			s.companyWait = end.wait
			s.mu.Unlock()
			var calls sync.WaitGroup
			callWhileSyncing(t, s, d, &calls)
			end.how(s, &calls)
			<-d.begun
			d.end <- struct{}{}
			calls.Wait()
		})
	}
}
