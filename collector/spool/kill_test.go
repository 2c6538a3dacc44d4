package spool

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// TestAKillLosesNothingAcknowledged kills, again and again, a child that
// appends from many goroutines and names each entry once it was taken.
func TestAKillLosesNothingAcknowledged(t *testing.T) {
	if dir := os.Getenv("UPTAKE_TEST_SPOOL_DIR"); dir != "" {
		appendForEver(t, dir, os.Getenv("UPTAKE_TEST_SPOOL_ROUND"))
	}
	dir := t.TempDir()
	acknowledged := map[string]bool{}
	for round := range 5 {
		for _, id := range killAfter(t, dir, round, 300+137*round) {
			acknowledged[id] = true
		}
	}
	s := open(t, killConfig(), dir, nil)
	found := map[string]int{}
	for _, id := range s.rest(t) {
		found[id]++
	}
	for id := range acknowledged {
		if found[id] != 1 {
			t.Errorf("%s was acknowledged and is found %d times", id, found[id])
		}
	}
}

func killConfig() Config { return Config{MaxBytes: 64 * MiB, SegmentBytes: 16 * KiB} }

func appendForEver(t *testing.T, dir, round string) {
	s := open(t, killConfig(), dir, nil)
	var out sync.Mutex
	var senders sync.WaitGroup
	for sender := range 8 {
		senders.Go(func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%s/%d/%d", round, sender, n)
				s.append(t, id)
				out.Lock()
				fmt.Println("taken", id)
				out.Unlock()
			}
		})
	}
	senders.Wait()
}

// killAfter returns what a child says it has taken until it is killed.
func killAfter(t *testing.T, dir string, round, entries int) (taken []string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestAKillLosesNothingAcknowledged$")
	child.Env = append(os.Environ(), "UPTAKE_TEST_SPOOL_DIR="+dir, fmt.Sprintf("UPTAKE_TEST_SPOOL_ROUND=%d", round))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if id, ok := strings.CutPrefix(lines.Text(), "taken "); ok {
			taken = append(taken, id)
		}
		if len(taken) == entries {
			child.Process.Kill()
		}
	}
	if len(taken) < entries {
		t.Fatalf("the child took only %d entries", len(taken))
	}
	return taken
}
