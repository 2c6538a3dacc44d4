package roster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// Change is what an import did. The counts are of what is in force after it.
type Change struct {
	// Changed is false when the same was in force already.
	Changed                                    bool
	People, Periods, Aliases, Seats, Trainings uint64
	// LeftOut are people whom the roster names although they were erased.
	LeftOut uint64
}

// Store puts an import of files in force, joined with what an identity provider
// sent and with the aliases that were accepted beside its own. On an error what
// was in force still is, and the import may simply be run again; the error is a
// *Problems where an accepted alias clashes with the roster.
func Store(ctx context.Context, conn driver.Conn, r *Roster) (Change, error) {
	ctx = synchronous(ctx)
	decisions, err := Accepted(ctx, conn)
	for changed := false; err == nil; {
		var change Change
		if change, err = storeFiles(ctx, conn, r, decisions); err != nil {
			break
		}
		changed = changed || change.Changed
		before := decisions
		if decisions, err = Accepted(ctx, conn); err == nil && slices.EqualFunc(before, decisions, sameDecision) {
			change.Changed = changed
			return change, nil
		}
		// Aliases were decided on meanwhile: they are in force whichever of the two came last.
	}
	return Change{}, err
}

// storeFiles joins the files with what the identity provider sent, and puts them in force.
func storeFiles(ctx context.Context, conn driver.Conn, r *Roster, decisions []Decision) (Change, error) {
	history, of, err := r.bases(ctx, conn)
	if err != nil {
		return Change{}, err
	}
	joined, err := of.joined(r).with(decisions)
	if err != nil {
		return Change{}, err
	}
	change, _, err := storeOnce(ctx, conn, history, joined, of, uuid.Nil)
	return change, err
}

// bases are the files with what is in force of what they do not give.
func (r *Roster) bases(ctx context.Context, conn driver.Conn) (history, bases, error) {
	for {
		history, err := readHistory(ctx, conn)
		if err != nil {
			return nil, bases{}, err
		}
		before, found := history.people()
		if r.KeepsPeople && !found {
			return nil, bases{}, ErrNoPeople
		}
		of, err := readBases(ctx, conn, before)
		if errors.Is(err, errRetired) {
			continue
		}
		of.source = fromCSV
		if !r.KeepsPeople {
			of.csv = r
		}
		return history, of, err
	}
}

// storeOnce puts the roster in force. Where newest is named, it does so only
// while the people of that version are in force, or else gives errOvertaken.
func storeOnce(ctx context.Context, conn driver.Conn, history history, r *Roster, of bases, newest uuid.UUID) (Change, uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Change{}, uuid.Nil, fmt.Errorf("make an id for the import: %w", err)
	}
	gone, leftOut, err := r.unretained(ctx, conn, time.Now())
	if err != nil {
		return Change{}, id, err
	}
	r, of.csv, of.scim = r.without(gone), of.csv.without(gone), of.scim.without(gone)
	next, changed := history.next(r, id, time.Now())
	before, _ := history.people()
	apart := of.place(&next, before)
	if !next.sameBases(before) {
		// The same people may come from other files.
		next.People, changed = fingerprintPeople(r), true
	}
	if !changed {
		return next.change(false, leftOut), id, nil
	}
	if next.People == "" {
		apart = nil
	}
	if err := retire(ctx, conn, history); err != nil {
		return Change{}, id, err
	}
	if err := writeVersions(ctx, conn, r, next); err != nil {
		return Change{}, id, err
	}
	for _, b := range apart {
		if err := writePeople(ctx, conn, b.rows, b.id); err != nil {
			return Change{}, id, err
		}
	}
	if err := next.compare(ctx, conn, before.ID); err != nil {
		return Change{}, id, err
	}
	if err := next.insert(ctx, conn, newest); err != nil {
		return Change{}, id, err
	}
	return next.change(true, leftOut), id, nil
}

// synchronous makes an insert's answer mean that its rows can be read.
func synchronous(ctx context.Context) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"async_insert": 0, "alter_sync": 1}))
}

// writeVersions lays the parts that changed beside those in force.
func writeVersions(ctx context.Context, conn driver.Conn, r *Roster, next version) error {
	if next.People != "" {
		if err := writePeople(ctx, conn, r, next.ID); err != nil {
			return err
		}
	}
	if next.Seats != "" {
		err := write(ctx, conn, "seat_version (import, person, tool, valid_from, valid_to, monthly_price_usd)", r.Seats, func(s *Seat) []any {
			return []any{next.ID, s.Person, s.Tool, s.From, s.To, s.MonthlyPriceUSD}
		})
		if err != nil {
			return err
		}
	}
	if next.Training == "" {
		return nil
	}
	return write(ctx, conn, "training_version (import, person, course, completed_on)", r.Trainings, func(t *Training) []any {
		return []any{next.ID, t.Person, t.Course, t.CompletedOn}
	})
}

func writePeople(ctx context.Context, conn driver.Conn, r *Roster, id uuid.UUID) error {
	err := write(ctx, conn, "alias_version (import, alias, person, accepted)", r.Aliases, func(a *Alias) []any {
		return []any{id, a.Alias, a.Person, a.Accepted}
	})
	if err != nil {
		return err
	}
	const columns = "roster_version (import, person, valid_from, valid_to, status, employment, role, seniority, team, department, region, timezone)"
	periods := r.Periods
	if len(r.Taken) > 0 {
		periods = slices.Clone(periods)
		for person, since := range r.Taken {
			periods = append(periods, Facts{Status: "active", Employment: "employee"}.period(person, since, since.AddDate(0, 0, -1)))
		}
	}
	return write(ctx, conn, columns, periods, func(p *Period) []any {
		return []any{id, p.Person, p.From, p.To, p.Status, p.Employment, p.Role, p.Seniority, p.Team, p.Department, p.Region, p.TimeZone}
	})
}

// blockRows bounds what is held of a table while it is written. The blocks of
// one import need not arrive together: nothing of it is in force yet.
const blockRows = 100_000

func write[T any](ctx context.Context, conn driver.Conn, table string, rows []T, values func(*T) []any) error {
	for start := 0; start < len(rows); start += blockRows {
		if err := writeBlock(ctx, conn, table, rows[start:min(start+blockRows, len(rows))], values); err != nil {
			return fmt.Errorf("write the import to %s: %w", table, err)
		}
	}
	return nil
}

func writeBlock[T any](ctx context.Context, conn driver.Conn, table string, rows []T, values func(*T) []any) error {
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO "+table)
	if err != nil {
		return err
	}
	defer batch.Close()
	for i := range rows {
		if err := batch.Append(values(&rows[i])...); err != nil {
			return err
		}
	}
	return batch.Send()
}
