package adoption

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// How long a claim holds and how often it is renewed: after a crash another
// observer takes over within claimFor.
const (
	claimFor   = 6 * time.Second
	claimRenew = 2 * time.Second
)

// claim lets one observer of a database work. It keeps two from doing the same
// work, not from damage: all that rounds write replaces whole parts.
type claim struct {
	conn  driver.Conn
	owner uuid.UUID
	// renewed is when the claim was last renewed, in nanoseconds since 1970.
	renewed atomic.Int64
}

func newClaim(conn driver.Conn) *claim { return &claim{conn: conn, owner: uuid.New()} }

// held renews the claim and tells whether it is the oldest one.
func (c *claim) held(ctx context.Context) (bool, error) {
	if time.Since(time.Unix(0, c.renewed.Load())) > claimRenew {
		if err := c.renew(ctx, claimFor); err != nil {
			return false, err
		}
	}
	var holder uuid.UUID
	err := c.conn.QueryRow(ctx, `
SELECT owner FROM
(
    SELECT owner, argMax(since, renewed_at) AS begun, argMax(until, renewed_at) AS ends
    FROM observe_claim GROUP BY owner
)
WHERE ends > now64(6)
ORDER BY begun, owner LIMIT 1`).Scan(&holder)
	if errors.Is(err, sql.ErrNoRows) {
		c.renewed.Store(0)
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read who observes: %w", err)
	}
	return holder == c.owner, nil
}

// renew begins anew where the claim ran out, so that who took over keeps it.
// All times are the server's.
func (c *claim) renew(ctx context.Context, length time.Duration) error {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"async_insert": 0}))
	err := c.conn.Exec(ctx, fmt.Sprintf(`
INSERT INTO observe_claim (owner, since, renewed_at, until)
SELECT '%s', if(argMax(until, renewed_at) > now64(6), argMax(since, renewed_at), now64(6)), now64(6), now64(6) + INTERVAL %d MILLISECOND
FROM observe_claim WHERE owner = '%[1]s'`, c.owner, length.Milliseconds()))
	if err != nil {
		return fmt.Errorf("claim to observe: %w", err)
	}
	c.renewed.Store(time.Now().UnixNano())
	return nil
}

// keep renews during long rounds, and gives the claim back when ctx ends.
func (c *claim) keep(ctx context.Context) {
	ticker := time.NewTicker(claimRenew)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			release, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimRenew)
			defer cancel()
			// A claim that cannot be given back runs out by itself.
			_ = c.renew(release, 0)
			return
		case <-ticker.C:
			// A failure shows in the next round.
			_ = c.renew(ctx, claimFor)
		}
	}
}
