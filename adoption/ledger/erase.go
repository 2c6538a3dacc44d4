package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/schema/table"
)

// Erasure is what an erasure needs beside the tables.
type Erasure struct {
	// Leave puts the roster in force anew without the person, before the person's
	// rows of all versions go. nil where there is no roster.
	Leave func(context.Context) error
	// Known waits until every ingest refuses what was received before.
	Known func(context.Context) error
	// Patience bounds the waits for files of replaced parts to go, and for days that
	// are being rebuilt.
	Patience time.Duration
}

// Receipt says what an erasure took out, without a word on whom.
type Receipt struct {
	ID       uuid.UUID
	ErasedAt time.Time
	Tables   []string
	Rows     []uint64
}

// Tables in which days are made have names of their own each; a receipt has one
// line for all of them.
const (
	stagingInfix = "_staging_"
	staging      = "staging"
)

// tries is how often rows that a rebuild under way put back are taken out again.
const tries = 5

// Erase takes the person out of every table, so that neither tables nor their
// files hold a pseudonym of theirs. Run again after a failure it does the rest.
func Erase(ctx context.Context, conn driver.Conn, p Person, how Erasure) (*Receipt, error) {
	ctx = quiet(ctx)
	e := &erasing{conn: conn, person: p, how: how, receipt: &Receipt{ID: uuid.New()}, counts: map[string]uint64{}}
	for _, key := range p.keys() {
		e.hashes = append(e.hashes, table.ErasedHash(key))
	}
	for _, step := range []func(context.Context) error{e.refuse, e.look, e.leave, e.empty, e.clear, e.mark, e.sign} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return e.receipt, nil
}

// erasing is one erasure under way.
type erasing struct {
	conn   driver.Conn
	person Person
	how    Erasure
	hashes []string
	// quick are the pseudonyms by a hash that costs little.
	quick   string
	receipt *Receipt
	counts  map[string]uint64
	touched touched
}

// refuse notes the hashes first: from then on nothing comes in again.
func (e *erasing) refuse(ctx context.Context) error {
	values := make([]string, len(e.hashes))
	for i, hash := range e.hashes {
		values[i] = "('" + hash + "')"
	}
	err := e.conn.Exec(ctx, "INSERT INTO erased (hash, receipt, erased_at) SELECT c1, toUUID(?), now64(6) FROM values("+strings.Join(values, ", ")+")", e.receipt.ID.String())
	if err == nil {
		err = e.conn.QueryRow(ctx, "SELECT arrayStringConcat(arrayMap(key -> toString(sipHash64(key)), ["+quoted(e.person.keys())+"]), ', ')").Scan(&e.quick)
	}
	if err == nil {
		err = e.conn.QueryRow(ctx, "SELECT max(erased_at) FROM erased WHERE receipt = ?", e.receipt.ID.String()).Scan(&e.receipt.ErasedAt)
	}
	if err != nil {
		return fmt.Errorf("note what is to be refused: %w", err)
	}
	if e.how.Known != nil {
		return e.how.Known(ctx)
	}
	return nil
}

func (e *erasing) leave(ctx context.Context) error {
	if e.how.Leave == nil {
		return nil
	}
	if err := e.how.Leave(ctx); err != nil {
		return fmt.Errorf("take the person out of the roster: %w", err)
	}
	return nil
}

// empty takes the rows out, and looks again: a rebuild that was under way may
// have put some back.
func (e *erasing) empty(ctx context.Context) error {
	for try := 0; ; try++ {
		found, err := e.count(ctx)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return nil
		}
		if try == tries {
			return fmt.Errorf("%s keep getting rows of the person; run the erasure again", strings.Join(names(found), ", "))
		}
		for _, h := range found {
			name := h.table
			if strings.Contains(name, stagingInfix) {
				name = staging
			}
			e.counts[name] = max(e.counts[name], h.mine)
		}
		if err := e.purge(ctx, found); err != nil {
			return err
		}
	}
}

// sign writes the receipt.
func (e *erasing) sign(ctx context.Context) error {
	for name := range e.counts {
		e.receipt.Tables = append(e.receipt.Tables, name)
	}
	slices.Sort(e.receipt.Tables)
	for _, name := range e.receipt.Tables {
		e.receipt.Rows = append(e.receipt.Rows, e.counts[name])
	}
	err := e.conn.Exec(ctx, "INSERT INTO erase_receipt (receipt, erased_at, tables, rows) SELECT toUUID(?), fromUnixTimestamp64Micro(?), ?, ?",
		e.receipt.ID.String(), e.receipt.ErasedAt.UnixMicro(), e.receipt.Tables, e.receipt.Rows)
	if err != nil {
		return fmt.Errorf("write the receipt: %w", err)
	}
	return nil
}

// ErasedRows is how many events and readings erasures took out.
func ErasedRows(ctx context.Context, conn driver.Conn) (uint64, error) {
	var rows uint64
	err := conn.QueryRow(ctx, "SELECT sum(n) FROM (SELECT arraySum((name, n) -> if(name IN ('event', 'reading'), n, 0), tables, rows) AS n FROM erase_receipt FINAL)").Scan(&rows)
	if err != nil {
		return 0, fmt.Errorf("count what was erased: %w", err)
	}
	return rows, nil
}

// ErrNoReceipt says that no erasure has the receipt.
var ErrNoReceipt = errors.New("no erasure has this receipt")

// ReadReceipt reads a receipt again.
func ReadReceipt(ctx context.Context, conn driver.Conn, id uuid.UUID) (*Receipt, error) {
	r := &Receipt{ID: id}
	var n uint64
	err := conn.QueryRow(ctx, "SELECT count(), max(erased_at), any(tables), any(rows) FROM erase_receipt FINAL WHERE receipt = ?", id.String()).Scan(&n, &r.ErasedAt, &r.Tables, &r.Rows)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the receipt: %w", err)
	case n == 0:
		return nil, ErrNoReceipt
	}
	return r, nil
}
