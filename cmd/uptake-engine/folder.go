package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// folder is the data folder while this process has it for itself. The engine
// has a lock of its own but says only on standard error what is wrong with it.
type folder struct {
	path string
	lock *os.File
}

const lockRetry = 50 * time.Millisecond

func lockFolder(ctx context.Context, path string, wait time.Duration) (*folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, &failure{reasonFolder, fmt.Errorf("make the data folder: %w", err)}
	}
	lock, err := os.OpenFile(filepath.Join(path, "uptake-engine.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &failure{reasonFolder, fmt.Errorf("lock the data folder: %w", err)}
	}
	if err := takeLock(ctx, lock, wait); err != nil {
		holder, _ := os.ReadFile(lock.Name())
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &failure{reasonInUse, fmt.Errorf("data folder %s is in use by the engine with process id %s", path, bytes.TrimSpace(holder))}
		}
		return nil, &failure{reasonFolder, fmt.Errorf("lock the data folder %s: %w", path, err)}
	}
	if err := lock.Truncate(0); err == nil {
		lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return &folder{path, lock}, nil
}

func takeLock(ctx context.Context, lock *os.File, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	retry := time.NewTicker(lockRetry)
	defer retry.Stop()
	for {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-retry.C:
		}
	}
}

// release gives the folder up, and removes it where it was for a test only.
func (f *folder) release(remove bool) {
	// An engine that did not stop in time may still be writing.
	for range 20 {
		if !remove || os.RemoveAll(f.path) == nil {
			break
		}
		time.Sleep(lockRetry)
	}
	f.lock.Close()
}
