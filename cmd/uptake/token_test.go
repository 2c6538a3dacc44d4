package main

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestLivesOfTokens(t *testing.T) {
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for life, want := range map[string]time.Time{"": {}, "90d": now.AddDate(0, 0, 90), "12h": now.Add(12 * time.Hour)} {
		if got, err := expiry(life, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v", life, got, err)
		}
	}
	for _, life := range []string{"0d", "0h", "-1h", "d", "soon"} {
		if got, err := expiry(life, now); err == nil {
			t.Errorf("%q: %v, want an error", life, got)
		}
	}
}

func TestATokenOfNobodyInParticularIsNotMadeByMistake(t *testing.T) {
	t.Setenv("UPTAKE_DATA", t.TempDir())
	root := newRoot()
	root.SetOut(io.Discard)
	root.SetArgs([]string{"token", "create", "--name", "laptop", "--person", ""})
	var usage usageError
	if err := root.Execute(); !errors.As(err, &usage) || !strings.Contains(err.Error(), "--person") {
		t.Errorf("got %v", err)
	}
}
