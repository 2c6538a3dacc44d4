package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// clear drops the files of parts that were replaced, those that earlier tries
// left among them: the engine would keep them for minutes.
func (e *erasing) clear(ctx context.Context) error {
	all, err := holdings(ctx, e.conn)
	if err != nil {
		return err
	}
	for _, h := range all {
		if err := e.clearTable(ctx, h.table); err != nil && !isGone(err) {
			return fmt.Errorf("clear the files of %s: %w", h.table, err)
		}
	}
	return e.awaitDropped(ctx)
}

func (e *erasing) clearTable(ctx context.Context, table string) error {
	replaced, err := e.replaced(ctx, table, nil)
	if err != nil || len(replaced) == 0 {
		return err
	}
	if err := e.conn.Exec(ctx, "ALTER TABLE "+table+" MODIFY SETTING old_parts_lifetime = 1"); err != nil {
		return err
	}
	waited := e.awaitCleared(ctx, table, replaced)
	return errors.Join(waited, e.conn.Exec(context.WithoutCancel(ctx), "ALTER TABLE "+table+" RESET SETTING old_parts_lifetime"))
}

// awaitDropped waits a while until the files of dropped tables are gone, those in
// which days were made among them. A server that keeps them longer, eight minutes
// unless it is told otherwise, drops them by itself.
func (e *erasing) awaitDropped(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, min(dropPatience, e.how.Patience))
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	var dropped []string
	err := e.conn.QueryRow(ctx, "SELECT groupArray(toString(uuid)) FROM system.dropped_tables WHERE database = currentDatabase()").Scan(&dropped)
	for err == nil && len(dropped) > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		err = e.conn.QueryRow(ctx, "SELECT groupArray(toString(uuid)) FROM system.dropped_tables WHERE toString(uuid) IN (?)", dropped).Scan(&dropped)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("look for dropped tables: %w", err)
	}
	return nil
}

// dropPatience bounds that wait.
const dropPatience = 15 * time.Second

// replaced are the parts whose files are there although others took their
// place; of the given ones, where some are given.
func (e *erasing) replaced(ctx context.Context, table string, among []string) ([]string, error) {
	var parts []string
	err := e.conn.QueryRow(ctx, "SELECT groupArray(name) FROM system.parts WHERE database = currentDatabase() AND table = ? AND NOT active AND (? OR name IN (?))",
		table, among == nil, append([]string{""}, among...)).Scan(&parts)
	return parts, err
}

// awaitCleared waits for the given parts to go. Dropping a partition that is not
// there makes the engine look for parts to remove now.
func (e *erasing) awaitCleared(ctx context.Context, table string, parts []string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, e.how.Patience, errors.New("the engine still has files of replaced parts, which go within ten minutes; run the erasure again then to be sure"))
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		err := e.conn.Exec(ctx, "ALTER TABLE "+table+" DROP PARTITION ID 'none'")
		if err == nil {
			parts, err = e.replaced(ctx, table, parts)
		}
		if err == nil && len(parts) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		}
	}
}
