package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// columns of the table figure, in the order of insert and scan.
const columns = "metric, definition, grain, period, dimensions, tool, value, low, high, numerator, denominator, `group`, band, coverage, state, watermark, suppressed"

// Publication is what was last published of a period.
type Publication struct {
	Grain, State string
	Period       time.Time
	PublishedAt  time.Time
	Watermark    time.Time
	// Fingerprint is of all rows but for their states and watermarks.
	Fingerprint string
}

// Settled says that readers may have seen the period as final.
func (p Publication) Settled() bool { return p.State == Final || p.State == Corrected }

// Latest returns the newest publication of each period of a grain.
func Latest(ctx context.Context, conn driver.Conn, grain string) (map[time.Time]Publication, error) {
	rows, err := conn.Query(ctx, `
SELECT toString(grain), period, max(published_at), toString(argMax(state, published_at)), argMax(watermark, published_at), argMax(fingerprint, published_at)
FROM publication WHERE grain = ? GROUP BY grain, period HAVING argMax(fingerprint, published_at) != ''`, grain)
	if err != nil {
		return nil, fmt.Errorf("read what is published: %w", err)
	}
	defer rows.Close()
	all := map[time.Time]Publication{}
	for rows.Next() {
		var p Publication
		if err := rows.Scan(&p.Grain, &p.Period, &p.PublishedAt, &p.State, &p.Watermark, &p.Fingerprint); err != nil {
			return nil, fmt.Errorf("read what is published: %w", err)
		}
		all[p.Period.UTC()] = p
	}
	return all, rows.Err()
}

// next is the time of the following publication: later, whatever the clock says.
func (p Publication) next(now time.Time) time.Time {
	if !now.After(p.PublishedAt) {
		return p.PublishedAt.Add(time.Microsecond)
	}
	return now
}

// Publish opens the door for a draft and replaces what is published of its
// period, if that says something else. before is the period's publication so
// far, its zero value where there is none. It tells whether anything changed.
func Publish(ctx context.Context, conn driver.Conn, draft *Draft, before Publication, config Config, now time.Time) (bool, error) {
	var old []Row
	if before.Settled() {
		var err error
		if old, err = Read(ctx, conn, Filter{Grain: draft.Grain, Period: draft.Period}); err != nil {
			return false, err
		}
		if draft.Regrouped || now.Sub(before.PublishedAt) > freshFor {
			draft.keepHidden(old)
		}
	}
	door, err := Open(draft, config.MinimumGroup)
	if err != nil {
		return false, err
	}
	rows := door.Rows()
	next := Publication{Grain: draft.Grain, Period: draft.Period, PublishedAt: before.next(now), Watermark: draft.Watermark,
		State: correct(rows, old, draft.Final), Fingerprint: fingerprint(rows)}
	if next.Fingerprint == before.Fingerprint && (next.State == before.State || before.Settled()) {
		return false, nil
	}
	if err := replace(ctx, conn, next, rows); err != nil {
		return false, fmt.Errorf("publish the %s of %s: %w", draft.Grain, Date{draft.Period}, err)
	}
	return true, note(ctx, conn, next, config.MinimumGroup)
}

// freshFor is how long a version counts as not yet read. While a past week
// arrives in pieces its first versions need more cells hidden than the whole;
// the pattern that is chosen on eligible people is the same in all of them.
const freshFor = time.Hour

// keepHidden keeps dark what was dark in a version that may have been read:
// two versions with different patterns could be subtracted from each other.
func (d *Draft) keepHidden(old []Row) {
	dark := map[string]bool{}
	for i := range old {
		if r := &old[i]; r.Suppressed {
			dark[r.Tool+key(r.Dimensions)] = true
		}
	}
	d.HiddenBefore = make([]bool, len(d.Scopes)*len(d.Cells))
	for scope := range d.Scopes {
		for cell := range d.Cells {
			d.HiddenBefore[d.at(scope, cell)] = dark[d.Scopes[scope].Name+key(d.Cells[cell].Dimensions)]
		}
	}
}

// key orders the dimensions, so that equal ones are equal.
func key(dimensions map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		b.WriteString("\x00" + name + "\x01" + dimensions[name])
	}
	return b.String()
}

// correct marks the rows that differ from a version that was final, keeps the
// marks of those that do not, and returns the state of the whole.
func correct(rows, old []Row, final bool) string {
	if !final {
		return Provisional
	}
	if len(old) == 0 {
		return Final
	}
	before := make(map[string]*Row, len(old))
	for i := range old {
		before[old[i].key()] = &old[i]
	}
	state := Final
	for i := range rows {
		r := &rows[i]
		was := before[r.key()]
		switch {
		case r.State == Unknown:
		case was == nil || contentOf(r) != contentOf(was):
			r.State = Corrected
		case was.State != Unknown:
			r.State = was.State
		}
		if r.State == Corrected {
			state = Corrected
		}
	}
	return state
}

func (r *Row) key() string { return r.Metric + "\x00" + r.Tool + key(r.Dimensions) }

// contentOf is all that a row says but for its state and watermark.
func contentOf(r *Row) string {
	var b strings.Builder
	b.WriteString(r.Definition + "\x00" + r.Band + "\x00" + strconv.FormatBool(r.Suppressed))
	for _, v := range []*float64{r.Value, r.Low, r.High, r.Numerator, r.Denominator, r.Coverage} {
		b.WriteByte(0)
		if v != nil {
			b.WriteString(strconv.FormatUint(math.Float64bits(*v), 16))
		}
	}
	if r.Group != nil {
		b.WriteString("\x00" + string(*r.Group))
	}
	return b.String()
}

func fingerprint(rows []Row) string {
	h := sha256.New()
	for i := range rows {
		write(h, rows[i].key(), contentOf(&rows[i]), strconv.FormatBool(rows[i].State == Unknown))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func write(h hash.Hash, parts ...string) {
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{2})
	}
}

// replace puts the rows in the place of the period's old ones, all at once.
func replace(ctx context.Context, conn driver.Conn, p Publication, rows []Row) (err error) {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"async_insert": 0, "alter_sync": 1}))
	staging := "figure_staging_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := conn.Exec(ctx, "CREATE TABLE "+staging+" AS figure"); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, conn.Exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS "+staging))
	}()
	if err := insert(ctx, conn, staging, rows); err != nil {
		return err
	}
	if p.Settled() {
		if err := conn.Exec(ctx, "INSERT INTO figure_history SELECT * FROM "+staging); err != nil {
			return err
		}
	}
	return conn.Exec(ctx, fmt.Sprintf("ALTER TABLE figure REPLACE PARTITION ('%s', '%s') FROM %s", p.Grain, Date{p.Period}, staging))
}

func insert(ctx context.Context, conn driver.Conn, table string, rows []Row) error {
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO "+table+" ("+columns+")")
	if err != nil {
		return err
	}
	defer batch.Close()
	for i := range rows {
		r := &rows[i]
		err := batch.Append(r.Metric, r.Definition, r.Grain, r.Period.Time, ordered(r.Dimensions), r.Tool, r.Value, r.Low, r.High, r.Numerator, r.Denominator,
			(*string)(r.Group), r.Band, r.Coverage, r.State, r.Watermark, r.Suppressed)
		if err != nil {
			return err
		}
	}
	return batch.Send()
}

func note(ctx context.Context, conn driver.Conn, p Publication, k int) error {
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"async_insert": 0}))
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO publication (grain, period, published_at, state, watermark, fingerprint, minimum_group)")
	if err != nil {
		return fmt.Errorf("note the publication: %w", err)
	}
	defer batch.Close()
	if err := batch.Append(p.Grain, p.Period, p.PublishedAt, p.State, p.Watermark, p.Fingerprint, uint32(k)); err != nil {
		return fmt.Errorf("note the publication: %w", err)
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("note the publication: %w", err)
	}
	return nil
}

// Withdraw takes back a period that has no figures any more.
func Withdraw(ctx context.Context, conn driver.Conn, was Publication, config Config, now time.Time) error {
	if err := conn.Exec(ctx, fmt.Sprintf("ALTER TABLE figure DROP PARTITION ('%s', '%s')", was.Grain, Date{was.Period})); err != nil {
		return fmt.Errorf("withdraw the %s of %s: %w", was.Grain, Date{was.Period}, err)
	}
	was.PublishedAt, was.Fingerprint = was.next(now), ""
	return note(ctx, conn, was, config.MinimumGroup)
}
