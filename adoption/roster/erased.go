package roster

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/schema/table"
)

// keptAfterLeaving is how long a person stays in the roster after the last day
// there: as long as person-days do, since older weeks are never calculated again.
const keptAfterLeaving = 15

// Refresh puts the people in force anew, without those who were erased since.
func Refresh(ctx context.Context, conn driver.Conn) error {
	ctx = synchronous(ctx)
	history, err := readHistory(ctx, conn)
	if err != nil {
		return err
	}
	if _, found := history.people(); !found {
		return nil
	}
	_, err = refresh(ctx, conn)
	return err
}

// TakeBack lets imports name erased persons again. What was received of them
// before the erasure stays out.
func TakeBack(ctx context.Context, conn driver.Conn, r *Roster) error {
	erased, err := readErased(ctx, conn)
	if err != nil || len(erased) == 0 {
		return err
	}
	var hashes []string
	for person := range r.persons() {
		if hash := table.ErasedHash(person); erased[hash] {
			hashes = append(hashes, hash)
		}
	}
	if len(hashes) == 0 {
		return nil
	}
	err = conn.Exec(synchronous(ctx), "INSERT INTO erased (hash, receipt, erased_at, back) SELECT hash, argMax(receipt, erased_at), max(erased_at), true FROM erased WHERE hash IN ('"+
		strings.Join(hashes, "', '")+"') GROUP BY hash")
	if err != nil {
		return fmt.Errorf("take erased people back: %w", err)
	}
	return nil
}

// readErased reads the hashes of those who were erased and not taken back.
func readErased(ctx context.Context, conn driver.Conn) (map[string]bool, error) {
	var hashes []string
	err := conn.QueryRow(ctx, "SELECT groupArray(hash) FROM (SELECT hash FROM erased GROUP BY hash HAVING NOT max((erased_at, back)).2)").Scan(&hashes)
	if err != nil {
		return nil, fmt.Errorf("read who was erased: %w", err)
	}
	erased := make(map[string]bool, len(hashes))
	for _, hash := range hashes {
		erased[hash] = true
	}
	return erased, nil
}

// unretained tells whom the roster may no longer hold: erased persons, and those
// who left long ago and hold no seat. It says how many were erased.
func (r *Roster) unretained(ctx context.Context, conn driver.Conn, now time.Time) (gone func(person string) bool, leftOut uint64, err error) {
	erased, err := readErased(ctx, conn)
	if err != nil {
		return nil, 0, err
	}
	last, out := map[string]time.Time{}, map[string]bool{}
	for i := range r.Periods {
		if p := &r.Periods[i]; p.To.After(last[p.Person]) {
			last[p.Person] = p.To
		}
	}
	old := now.AddDate(0, -keptAfterLeaving, 0)
	for person := range r.persons() {
		switch day, listed := last[person]; {
		case len(erased) > 0 && erased[table.ErasedHash(person)]:
			out[person] = true
			leftOut++
		case listed && day.Before(old):
			out[person] = true
		}
	}
	if leftOut < uint64(len(out)) {
		if err := r.keepHolders(ctx, conn, out, erased); err != nil {
			return nil, 0, err
		}
	}
	return func(person string) bool {
		return out[person] || len(erased) > 0 && erased[table.ErasedHash(person)]
	}, leftOut, nil
}

// keepHolders keeps who still holds a seat: it counts as one of who left.
func (r *Roster) keepHolders(ctx context.Context, conn driver.Conn, out, erased map[string]bool) error {
	var holders []string
	if r.GivesSeats {
		for i := range r.Seats {
			holders = append(holders, r.Seats[i].Person)
		}
	} else if err := conn.QueryRow(ctx, "SELECT groupUniqArray(person) FROM seat").Scan(&holders); err != nil {
		return fmt.Errorf("read who holds a seat: %w", err)
	}
	for _, person := range holders {
		if out[person] && !erased[table.ErasedHash(person)] {
			delete(out, person)
		}
	}
	return nil
}

// persons are all whom the roster names.
func (r *Roster) persons() map[string]bool {
	all := make(map[string]bool, len(r.Periods))
	for i := range r.Periods {
		all[r.Periods[i].Person] = true
	}
	for i := range r.Seats {
		all[r.Seats[i].Person] = true
	}
	for i := range r.Trainings {
		all[r.Trainings[i].Person] = true
	}
	return all
}

// without is the roster without anything of some persons.
func (r *Roster) without(gone func(person string) bool) *Roster {
	if r == nil {
		return nil
	}
	left := *r
	left.Periods = keep(r.Periods, func(p *Period) bool { return !gone(p.Person) })
	left.Aliases = keep(r.Aliases, func(a *Alias) bool { return !gone(a.Person) && !gone(a.Alias) })
	left.Seats = keep(r.Seats, func(s *Seat) bool { return !gone(s.Person) })
	left.Trainings = keep(r.Trainings, func(t *Training) bool { return !gone(t.Person) })
	left.Taken = maps.Clone(r.Taken)
	maps.DeleteFunc(left.Taken, func(person string, _ time.Time) bool { return gone(person) })
	return &left
}

func keep[T any](rows []T, kept func(*T) bool) []T {
	var all []T
	for i := range rows {
		if kept(&rows[i]) {
			all = append(all, rows[i])
		}
	}
	return all
}
