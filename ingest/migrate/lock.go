package migrate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// defaultLease is how long a lock holds without being renewed. A renewal comes
// before every statement, so it must outlast the longest one.
const defaultLease = 2 * time.Minute

// Exceptions of ClickHouse that this package decides on.
const (
	codeTableExists  = 57
	codeUnknownTable = 60
)

// ErrLockLost says that another run took the lock over because it was not
// renewed in time. What was done so far is kept and the other run goes on.
var ErrLockLost = errors.New("the migration lock was taken over by another run")

// lock is held by whoever created the table schema_lock_N with the greatest N.
//
// ClickHouse has no locks for clients, but of two that create the same table
// one fails. The numbers only grow: the newest table stays after its release,
// so that one who judged an older table cannot take the lock a second time.
type lock struct {
	conn   driver.Conn
	number uint64
	owner  string
	lease  time.Duration
}

// state is what the newest lock table says.
type state struct {
	Number uint64
	Free   bool
	Owner  string
	// Silence is the time since the holder was last heard of.
	Silence  time.Duration
	NoTables bool
}

func lockTable(number uint64) string { return fmt.Sprintf("schema_lock_%d", number) }

// acquire waits until the lock is free or its lease is over, and takes it.
func acquire(ctx context.Context, conn driver.Conn, logger *slog.Logger, lease time.Duration) (*lock, error) {
	poll := time.NewTicker(max(lease/100, 10*time.Millisecond))
	defer poll.Stop()
	told := false
	for {
		held, newest, err := try(ctx, conn, lease)
		if err != nil || held != nil {
			return held, err
		}
		if !told {
			logger.Info("waiting for another migration", "owner", newest.Owner)
			told = true
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the migration lock of %s: %w", newest.Owner, ctx.Err())
		case <-poll.C:
		}
	}
}

// try takes the lock if it may be had now.
func try(ctx context.Context, conn driver.Conn, lease time.Duration) (*lock, state, error) {
	newest, err := readState(ctx, conn)
	if err != nil {
		return nil, newest, err
	}
	if !newest.NoTables && !newest.Free && newest.Silence < lease {
		return nil, newest, nil
	}
	held := &lock{conn: conn, number: newest.Number + 1, owner: uuid.NewString(), lease: lease}
	won, err := held.create(ctx)
	if err != nil || !won {
		return nil, newest, err
	}
	return held, newest, held.dropOlder(ctx)
}

// create makes the lock's table and says whether this run was the one to do so.
func (l *lock) create(ctx context.Context) (bool, error) {
	err := l.conn.Exec(ctx, "CREATE TABLE "+lockTable(l.number)+
		" (at DateTime64(6, 'UTC'), owner String, free Bool) ENGINE = MergeTree ORDER BY at")
	var exception *clickhouse.Exception
	if errors.As(err, &exception) && exception.Code == codeTableExists {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("take the migration lock: %w", err)
	}
	if err := l.write(ctx, false); err != nil {
		return false, err
	}
	// One who was slow may have made a table whose number was used and dropped.
	newest, err := readState(ctx, l.conn)
	if err != nil || newest.Number == l.number {
		return err == nil, err
	}
	return false, l.conn.Exec(ctx, "DROP TABLE IF EXISTS "+lockTable(l.number))
}

func (l *lock) write(ctx context.Context, free bool) error {
	err := l.conn.Exec(ctx, "INSERT INTO "+lockTable(l.number)+" SELECT now64(6), ?, ?", l.owner, free)
	if err != nil {
		return fmt.Errorf("write the migration lock: %w", err)
	}
	return nil
}

// renew makes sure that the lock is still held and starts its lease again.
func (l *lock) renew(ctx context.Context) error {
	newest, err := readState(ctx, l.conn)
	if err != nil {
		return err
	}
	if newest.Number != l.number {
		return ErrLockLost
	}
	return l.write(ctx, false)
}

// release leaves the table, marked as free, to keep its number used.
func (l *lock) release(ctx context.Context, logger *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	newest, err := readState(ctx, l.conn)
	if err == nil && newest.Number == l.number {
		err = l.write(ctx, true)
	}
	if err != nil {
		logger.Warn("the migration lock could not be released and ends by itself", "lease", l.lease, "error", err)
	}
}

func (l *lock) dropOlder(ctx context.Context) error {
	numbers, err := lockNumbers(ctx, l.conn)
	if err != nil {
		return err
	}
	for _, number := range numbers {
		if number >= l.number {
			continue
		}
		if err := l.conn.Exec(ctx, "DROP TABLE IF EXISTS "+lockTable(number)); err != nil {
			return fmt.Errorf("drop an old migration lock: %w", err)
		}
	}
	return nil
}

// readState looks at the newest lock table. One without rows was just made, or
// its maker died in between: it counts as held since it was made.
func readState(ctx context.Context, conn driver.Conn) (state, error) {
	numbers, err := lockNumbers(ctx, conn)
	if err != nil || len(numbers) == 0 {
		return state{NoTables: true}, err
	}
	newest := state{Number: numbers[len(numbers)-1]}
	var silence float64
	err = conn.QueryRow(ctx, `SELECT argMax(free, at), argMax(owner, at), toFloat64(now64(6)) - toFloat64(greatest(max(at), assumeNotNull(
			(SELECT max(metadata_modification_time) FROM system.tables WHERE database = currentDatabase() AND name = '`+lockTable(newest.Number)+`'))))
		FROM `+lockTable(newest.Number)).
		Scan(&newest.Free, &newest.Owner, &silence)
	var exception *clickhouse.Exception
	if errors.As(err, &exception) && exception.Code == codeUnknownTable {
		// It was dropped by a newer holder since the numbers were read.
		return readState(ctx, conn)
	}
	if err != nil {
		return newest, fmt.Errorf("read the migration lock: %w", err)
	}
	newest.Silence = time.Duration(silence * float64(time.Second))
	return newest, nil
}

// lockNumbers returns the numbers of the lock tables in ascending order.
func lockNumbers(ctx context.Context, conn driver.Conn) ([]uint64, error) {
	var numbers []uint64
	rows, err := conn.Query(ctx, `SELECT toUInt64(substring(name, 13)) AS number FROM system.tables
		WHERE database = currentDatabase() AND match(name, '^schema_lock_[0-9]+$') ORDER BY number`)
	if err != nil {
		return nil, fmt.Errorf("look for the migration lock: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var number uint64
		if err := rows.Scan(&number); err != nil {
			return nil, fmt.Errorf("look for the migration lock: %w", err)
		}
		numbers = append(numbers, number)
	}
	return numbers, rows.Err()
}
