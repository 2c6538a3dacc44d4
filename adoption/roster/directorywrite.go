package roster

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/adoption/roster/scim"
)

// resourceRow is a row of scim_resource.
type resourceRow struct {
	at      time.Time
	kind    string
	id      uuid.UUID
	person  string
	deleted bool
	sealed  string
}

// waiting is a row that a request waits for.
type waiting struct {
	row    resourceRow
	stored chan error
}

// row seals a change.
func (d *Directory) row(c change) resourceRow {
	row := resourceRow{at: c.at, kind: "user", id: uuid.MustParse(c.id), deleted: c.deleted}
	if c.kind == scim.Group {
		row.kind = "group"
	} else {
		row.person = d.pseudonym(identifier(userNameOf(c)))
	}
	if c.deleted {
		return row
	}
	content := sealedContent{Attributes: c.encoded}
	for _, id := range slices.Sorted(maps.Keys(c.members)) {
		if c.members[id] {
			content.Joined = append(content.Joined, id)
		} else {
			content.Left = append(content.Left, id)
		}
	}
	// Raw JSON and strings can be encoded.
	b, _ := json.Marshal(content)
	row.sealed = d.Sealer.seal(c.id, b)
	return row
}

func userNameOf(c change) string {
	if !c.deleted {
		name, _ := c.attributes["userName"].(string)
		return name
	}
	return c.entry.resource().Text("userName")
}

// maxInsertRows bounds one insert.
const maxInsertRows = 10_000

// enqueue lets a row wait for the next insert, under the lock, so that rows are
// stored in the order of their times.
func (d *Directory) enqueue(row resourceRow) <-chan error {
	stored := make(chan error, 1)
	d.queue = append(d.queue, waiting{row, stored})
	signal(d.wake)
	return stored
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// gatherFor is how long an insert waits for as many rows as the last one had:
// who was just answered sends the next change at once, and an insert of many
// rows costs little more than one of a single row.
const gatherFor = 3 * time.Millisecond

// gather waits for the rows that are about to come.
func (d *Directory) gather() {
	end := time.NewTimer(gatherFor)
	defer end.Stop()
	for {
		d.mu.RLock()
		waiting := len(d.queue)
		d.mu.RUnlock()
		if waiting == 0 || waiting >= d.lastInsert {
			return
		}
		select {
		case <-d.wake:
		case <-end.C:
			return
		}
	}
}

// flush stores what waits, and tells whether anything did.
func (d *Directory) flush(ctx context.Context) bool {
	d.gather()
	d.mu.Lock()
	n := min(len(d.queue), maxInsertRows)
	batch := slices.Clone(d.queue[:n])
	d.queue = d.queue[n:]
	d.mu.Unlock()
	if n == 0 {
		return false
	}
	d.lastInsert = n
	err := d.insert(ctx, batch)
	d.mu.Lock()
	if err != nil {
		// What waits was made on top of what was not stored.
		d.failed = err
		batch, d.queue = append(batch, d.queue...), nil
	} else {
		d.state.rows += uint64(n)
		d.fresh += uint64(n)
	}
	d.mu.Unlock()
	for _, w := range batch {
		w.stored <- err
	}
	if err == nil {
		d.metrics.stored.Add(float64(n))
		d.metrics.inserts.Inc()
		signal(d.dirty)
	}
	return err == nil
}

// insertTries is how often an insert is tried while the requests wait.
const insertTries = 3

func (d *Directory) insert(ctx context.Context, batch []waiting) (err error) {
	for try := range insertTries {
		err = write(synchronous(ctx), d.Conn, "scim_resource (changed_at, kind, id, person, deleted, sealed)", batch, func(w *waiting) []any {
			return []any{w.row.at, w.row.kind, w.row.id, w.row.person, w.row.deleted, w.row.sealed}
		})
		if err == nil || ctx.Err() != nil {
			break
		}
		d.Logger.Warn("changes of the directory cannot be stored", "rows", len(batch), "try", try+1, "error", err)
		select {
		case <-time.After(time.Duration(try+1) * 300 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	if err != nil {
		return fmt.Errorf("store changes of the directory: %w", err)
	}
	return nil
}
