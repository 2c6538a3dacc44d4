// Package migrate brings the tables of ClickHouse to the state in schema/table.
//
// It promises that
//   - of two migrations at once, one waits until the other is done or has
//     stopped renewing its lease;
//   - a migration cut short anywhere is finished by the next run, because every
//     statement may run twice and a version is recorded after its last one;
//   - tables of a newer version are left alone and refused with ErrNewer;
//   - nothing it runs deletes what is stored.
//
// It works with the default database of the connection it is given.
package migrate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/schema/table"
)

// Sentinels for callers that decide on the state of the tables.
var (
	// ErrNewer says that a newer Uptake has written the tables.
	ErrNewer = errors.New("the tables are of a newer version")
	// ErrOlder says that the tables have not been brought up to this version.
	ErrOlder = errors.New("the tables are of an older version")
)

// versions records each version that was applied whole.
const versions = `CREATE TABLE IF NOT EXISTS schema_version
(
    version UInt32,
    name String,
    applied_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY version`

// CreateDatabase creates the database where it is missing. The connection must
// be one that names another database, or none, as its default.
func CreateDatabase(ctx context.Context, conn driver.Conn, database string) error {
	quoted := "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(database) + "`"
	if err := conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+quoted); err != nil {
		return fmt.Errorf("create database %s: %w", database, err)
	}
	return nil
}

// Run applies what is missing, under a lock. It waits as long as another run
// holds the lock and ctx allows.
func Run(ctx context.Context, conn driver.Conn, logger *slog.Logger) error {
	return run(ctx, conn, logger, table.All(), defaultLease)
}

func run(ctx context.Context, conn driver.Conn, logger *slog.Logger, all []table.Migration, lease time.Duration) error {
	logger = logger.With("component", "migrate")
	ctx = synchronous(ctx)
	// Most starts find the tables as they should be and need no lock.
	if err := check(ctx, conn, len(all)); !errors.Is(err, ErrOlder) {
		return err
	}
	held, err := acquire(ctx, conn, logger, lease)
	if err != nil {
		return err
	}
	defer held.release(context.WithoutCancel(ctx), logger)
	return apply(ctx, conn, held, logger, all)
}

// Check says whether the tables are those of this program: nil, ErrOlder or
// ErrNewer with both versions and the mend, or why they could not be asked.
func Check(ctx context.Context, conn driver.Conn) error {
	return check(ctx, conn, table.Latest())
}

func check(ctx context.Context, conn driver.Conn, wanted int) error {
	current, err := Version(ctx, conn)
	switch {
	case err != nil:
		return err
	case current > wanted:
		return fmt.Errorf("%w: they are of version %d, this uptake knows up to %d; run the newer uptake, or one of its successors, on them", ErrNewer, current, wanted)
	case current < wanted:
		return fmt.Errorf("%w: they are of version %d, this uptake needs %d; run `uptake migrate`", ErrOlder, current, wanted)
	}
	return nil
}

// Version returns the version of the tables, 0 where there are none.
func Version(ctx context.Context, conn driver.Conn) (int, error) {
	var known uint64
	err := conn.QueryRow(ctx, "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'schema_version'").Scan(&known)
	if err != nil {
		return 0, fmt.Errorf("look for the table schema_version: %w", err)
	}
	if known == 0 {
		return 0, nil
	}
	var version uint32
	if err := conn.QueryRow(ctx, "SELECT max(version) FROM schema_version").Scan(&version); err != nil {
		return 0, fmt.Errorf("read the version of the tables: %w", err)
	}
	return int(version), nil
}

// apply reads the version again because another run may have been at work
// before the lock was ours.
func apply(ctx context.Context, conn driver.Conn, held *lock, logger *slog.Logger, all []table.Migration) error {
	if err := check(ctx, conn, len(all)); !errors.Is(err, ErrOlder) {
		return err
	}
	current, err := Version(ctx, conn)
	if err != nil {
		return err
	}
	if err := conn.Exec(ctx, versions); err != nil {
		return fmt.Errorf("create the table schema_version: %w", err)
	}
	for _, m := range all[current:] {
		if err := applyOne(ctx, conn, held, m); err != nil {
			return err
		}
		logger.Info("tables brought up", "version", m.Version, "name", m.Name)
	}
	return nil
}

func applyOne(ctx context.Context, conn driver.Conn, held *lock, m table.Migration) error {
	for i, statement := range m.Statements {
		if err := held.renew(ctx); err != nil {
			return err
		}
		if err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("migration %04d_%s, statement %d: %w", m.Version, m.Name, i+1, err)
		}
	}
	if err := held.renew(ctx); err != nil {
		return err
	}
	err := conn.Exec(ctx, "INSERT INTO schema_version SELECT ?, ?, now64(6)", uint32(m.Version), m.Name)
	if err != nil {
		return fmt.Errorf("record migration %04d_%s: %w", m.Version, m.Name, err)
	}
	return nil
}

// synchronous makes a statement's answer mean that it is done: the defaults of
// newer servers queue inserts and alterations.
func synchronous(ctx context.Context) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"async_insert": 0, "mutations_sync": 1, "alter_sync": 1, "insert_deduplicate": 0,
	}))
}
