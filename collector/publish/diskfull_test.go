package publish

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/uptake-telemetry/uptake/deploy/embedded/broker"
)

// TestAFullDiskOfTheBrokerLosesNothing has the broker on a disk of 4 MiB.
func TestAFullDiskOfTheBrokerLosesNothing(t *testing.T) {
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=4m"); err != nil {
		complaint := fmt.Sprintf("nothing was shown about a full disk: a small one cannot be mounted: %v", err)
		if os.Getenv("CI") == "true" {
			t.Fatal(complaint)
		}
		t.Skip("SKIPPED, " + complaint)
	}
	t.Cleanup(func() { _ = unix.Unmount(disk, 0) })
	p := newPlace(t, func(c *broker.Config) { c.Dir = filepath.Join(disk, "kafka") })
	t.Cleanup(func() { p.broker.Close() })
	p.settings.Compression = None
	publisher, stop := p.publish(t)
	p.queue.append(events(10, 10, 100)...)
	p.settled(t)

	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 3<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for number := 10; number < 500; number++ {
		for person := range 10 {
			p.queue.append(event(person, number, 200))
		}
	}
	until(t, "the disk is full", func() bool { return publisher.Ready() != nil })
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	p.settled(t)
	stop()
	p.atLeastOnce(t, 10*500)
}
