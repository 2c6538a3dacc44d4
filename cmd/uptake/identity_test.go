package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTheOldKeyIsOverwrittenWhereItLay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "identity-key")
	before := []byte("an old key of more than thirty-two bytes\n")
	if err := os.WriteFile(path, before, 0o600); err != nil {
		t.Fatal(err)
	}
	held, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := replaceKey(path); err != nil {
		t.Fatal(err)
	}
	old := make([]byte, len(before))
	if _, err := held.ReadAt(old, 0); err != nil || bytes.Equal(old, before) {
		t.Errorf("the old file still holds the key: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	c := DefaultConfig()
	c.Identity.KeyFile = path
	if key, err := c.identityKey(); err != nil || bytes.Equal(key, bytes.TrimSpace(before)) {
		t.Errorf("the new key: %v", err)
	}
}

func TestAnOldKeyIsNoticedUnderAWorksAgreement(t *testing.T) {
	c := DefaultConfig()
	c.Identity.KeyFile = filepath.Join(t.TempDir(), "identity-key")
	if err := replaceKeyOf(c.Identity.KeyFile); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(agreedKeyAge + time.Hour)
	if _, old := c.keyIsOld(later); old {
		t.Error("noticed without an agreement")
	}
	c.Adoption.Publish.WorksAgreement = true
	if _, old := c.keyIsOld(later); !old {
		t.Error("not noticed")
	}
	if _, old := c.keyIsOld(time.Now()); old {
		t.Error("a new key is called old")
	}
}

// replaceKeyOf makes a key where none was.
func replaceKeyOf(path string) error {
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return err
	}
	return replaceKey(path)
}

func TestHistoryBeginsOnAMonday(t *testing.T) {
	for day, want := range map[string]string{"2026-11-23": "2026-11-23", "2026-11-24": "2026-11-30", "2026-11-29": "2026-11-30", "2026-12-31": "2027-01-04"} {
		at, _ := time.Parse(time.DateOnly, day)
		if got := nextMonday(at.Add(13 * time.Hour)).Format(time.DateOnly); got != want {
			t.Errorf("%s: %s, want %s", day, got, want)
		}
	}
}
