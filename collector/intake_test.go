package collector

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/collector/spool"
)

func TestADiskThatCannotBeWrittenShowsForAWhile(t *testing.T) {
	now := time.Now()
	full := fmt.Errorf("write the spool: %w", syscall.ENOSPC)
	i := &intake{}
	for _, harmless := range []error{nil, spool.ErrFull, spool.ErrClosed, spool.ErrTooLarge, context.Canceled} {
		i.note(harmless, now)
		if err := i.writable(now); err != nil {
			t.Errorf("%v shows as %v", harmless, err)
		}
	}
	i.note(full, now)
	if err := i.writable(now); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want that the disk is full", err)
	}
	// Who is not ready is sent nothing that could show that there is room again.
	if err := i.writable(now.Add(unwrittenFor)); err != nil {
		t.Errorf("still %v", err)
	}
	i.note(full, now)
	i.note(nil, now)
	if err := i.writable(now); err != nil {
		t.Errorf("still %v although the disk was written", err)
	}
}
