package roster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// Decision says that an alias belongs to a person, or that it no longer does.
// Both are pseudonyms: whoever decides may not have the identity key.
type Decision struct {
	Alias, Person string
	Accepted      bool
	At            time.Time
}

// Accepted reads the decisions that stand and give an alias to somebody.
func Accepted(ctx context.Context, conn driver.Conn) ([]Decision, error) {
	decisions, err := readDecisions(ctx, conn)
	return slices.DeleteFunc(decisions, func(d Decision) bool { return !d.Accepted }), err
}

// readDecisions reads the newest decision on each alias.
func readDecisions(ctx context.Context, conn driver.Conn) ([]Decision, error) {
	rows, err := conn.Query(ctx, `
SELECT alias, argMax(person, (decided_at, accepted)), argMax(accepted, (decided_at, accepted)), max(decided_at)
FROM alias_decision GROUP BY alias ORDER BY alias`)
	if err != nil {
		return nil, fmt.Errorf("read the accepted aliases: %w", err)
	}
	defer rows.Close()
	var decisions []Decision
	for rows.Next() {
		var d Decision
		if err := rows.Scan(&d.Alias, &d.Person, &d.Accepted, &d.At); err != nil {
			return nil, fmt.Errorf("read the accepted aliases: %w", err)
		}
		decisions = append(decisions, d)
	}
	return decisions, rows.Err()
}

func sameDecision(a, b Decision) bool {
	return a.Alias == b.Alias && a.Person == b.Person && a.Accepted == b.Accepted
}

// decisionsName is what problems with decisions call the place where they lie.
const decisionsName = "accepted aliases"

// with returns the roster with the accepted aliases beside its own. The error is
// a *Problems where one clashes with the roster.
func (r *Roster) with(decisions []Decision) (*Roster, error) {
	joined, problems := r.accept(decisions)
	return joined, problems.err(nil)
}

// accept returns the roster with the accepted aliases that fit beside its own,
// and says which do not. A person that is an alias in this file is its owner; one
// that the file no longer names has no aliases any more.
func (r *Roster) accept(decisions []Decision) (*Roster, *Problems) {
	owners, persons := make(map[string]string, len(r.Aliases)), make(map[string]bool, len(r.Periods))
	for _, a := range r.Aliases {
		owners[a.Alias] = a.Person
	}
	for i := range r.Periods {
		persons[r.Periods[i].Person] = true
	}
	var problems Problems
	joined := *r
	joined.Aliases = slices.Clone(r.Aliases)
	for _, d := range decisions {
		person := cmp.Or(owners[d.Person], d.Person)
		other, reason := owners[d.Alias], ""
		switch {
		case !persons[person] || other == person || d.Alias == person:
			continue
		case other != "":
			reason = "belongs to another person in the file, " + other
		case persons[d.Alias]:
			reason = "is a person of the file"
		default:
			joined.Aliases = append(joined.Aliases, Alias{Alias: d.Alias, Person: person, Accepted: true})
			continue
		}
		problems.add(Problem{File: decisionsName, Reason: fmt.Sprintf("%s, accepted for %s on %s, %s", d.Alias, d.Person, day(d.At), reason),
			Mend: "take it back with: uptake roster withdraw " + d.Alias + ", or mend the file"})
	}
	slices.SortFunc(joined.Aliases, func(a, b Alias) int { return cmp.Compare(a.Alias, b.Alias) })
	return &joined, &problems
}

// ErrNoPeople says that nobody was imported yet whose aliases could be accepted.
var ErrNoPeople = errors.New("no people are imported yet; do it with: uptake roster import --people FILE")

// Decide notes the decisions and puts the people in force anew with them, so
// that the days of whom they concern are rebuilt. Deciding the same again
// changes nothing. Wrong ones are a *Problems, and then none is noted.
func Decide(ctx context.Context, conn driver.Conn, decisions []Decision) (Change, error) {
	ctx = synchronous(ctx)
	fresh, err := checkDecisions(ctx, conn, decisions)
	if err != nil {
		return Change{}, err
	}
	err = write(ctx, conn, "alias_decision (decided_at, alias, person, accepted)", fresh, func(d *Decision) []any {
		return []any{d.At, d.Alias, d.Person, d.Accepted}
	})
	if err != nil {
		return Change{}, err
	}
	return refresh(ctx, conn)
}

// checkDecisions returns those that decide otherwise than what stands.
func checkDecisions(ctx context.Context, conn driver.Conn, decisions []Decision) ([]Decision, error) {
	history, err := readHistory(ctx, conn)
	if err != nil {
		return nil, err
	}
	base, found := history.people()
	if !found {
		return nil, ErrNoPeople
	}
	r, err := readPeople(ctx, conn, base)
	if err != nil {
		return nil, err
	}
	standing, err := readDecisions(ctx, conn)
	if err != nil {
		return nil, err
	}
	next, fresh := decide(standing, decisions)
	for _, d := range fresh {
		if d.Accepted && !r.names(d.Person) {
			return nil, &Problems{List: []Problem{{File: decisionsName, Reason: d.Person + " is nobody of the roster", Mend: "accept aliases for people of the people file only"}}}
		}
	}
	_, err = r.with(next)
	return fresh, err
}

// decide joins new decisions with those that stand, and tells which are new.
func decide(standing, decisions []Decision) (next, fresh []Decision) {
	of := make(map[string]Decision, len(standing))
	for _, d := range standing {
		of[d.Alias] = d
	}
	now := time.Now().UTC()
	for _, d := range decisions {
		before := of[d.Alias]
		if before.Accepted == d.Accepted && (!d.Accepted || before.Person == d.Person) {
			continue
		}
		if !d.Accepted {
			d.Person = before.Person
		}
		// Later than what stands even where the clock was set back.
		if d.At = now; !d.At.After(before.At) {
			d.At = before.At.Add(time.Microsecond)
		}
		of[d.Alias] = d
		fresh = append(fresh, d)
	}
	for _, d := range of {
		if d.Accepted {
			next = append(next, d)
		}
	}
	slices.SortFunc(next, func(a, b Decision) int { return cmp.Compare(a.Alias, b.Alias) })
	return next, fresh
}

// refresh puts the people in force anew, with the aliases accepted by now. It
// begins again where an import came in between, so that neither is lost.
func refresh(ctx context.Context, conn driver.Conn) (Change, error) {
	for changed := false; ; {
		change, settled, err := refreshOnce(ctx, conn)
		changed = changed || change.Changed
		if err != nil || settled {
			change.Changed = changed
			return change, err
		}
	}
}

func refreshOnce(ctx context.Context, conn driver.Conn) (change Change, settled bool, err error) {
	history, err := readHistory(ctx, conn)
	if err != nil {
		return Change{}, false, err
	}
	base, _ := history.people()
	change, id, err := putAnew(ctx, conn, history, base, base.ID)
	if errors.Is(err, errOvertaken) || errors.Is(err, errRetired) {
		return Change{}, false, nil
	}
	if err != nil || !change.Changed {
		return change, true, err
	}
	after, err := readHistory(ctx, conn)
	if err != nil {
		return change, false, err
	}
	before, found := after.peopleBefore(id)
	if !found || before.ID == base.ID {
		return change, true, nil
	}
	// The import in between came at the same moment: its people are put back.
	_, _, err = putAnew(ctx, conn, after, before, id)
	if errors.Is(err, errOvertaken) || errors.Is(err, errRetired) {
		err = nil
	}
	return change, false, err
}

// putAnew puts the people of a version in force while newest is.
func putAnew(ctx context.Context, conn driver.Conn, history history, from version, newest uuid.UUID) (Change, uuid.UUID, error) {
	of, err := readBases(ctx, conn, from)
	if err != nil {
		return Change{}, uuid.Nil, err
	}
	of.source = fromAliases
	decisions, err := Accepted(ctx, conn)
	if err != nil {
		return Change{}, uuid.Nil, err
	}
	// What an identity provider sent meanwhile must not keep other aliases out.
	joined, problems := of.joined(nil).accept(decisions)
	if of.scim == nil && len(problems.List) > 0 {
		return Change{}, uuid.Nil, problems
	}
	return storeOnce(ctx, conn, history, joined, of, newest)
}

// names tells whether the roster has the person, by any of its names.
func (r *Roster) names(person string) bool {
	return slices.ContainsFunc(r.Periods, func(p Period) bool { return p.Person == person }) ||
		slices.ContainsFunc(r.Aliases, func(a Alias) bool { return a.Alias == person })
}
