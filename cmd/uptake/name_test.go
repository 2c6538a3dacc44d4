package main

import (
	"regexp"
	"testing"
)

func TestTheCollectorKeepsItsName(t *testing.T) {
	d := dataFolder(t.TempDir())
	made, err := d.collectorName("")
	if err != nil || !regexp.MustCompile(`^c-[0-9a-f]{8}$`).MatchString(made) {
		t.Fatalf("got %q, %v", made, err)
	}
	if again, err := d.collectorName(""); err != nil || again != made {
		t.Errorf("the next start has %q, %v, want %q", again, err, made)
	}
	if set, err := d.collectorName("berlin-1"); err != nil || set != "berlin-1" {
		t.Errorf("got %q, %v", set, err)
	}
}
