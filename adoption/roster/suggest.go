package roster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Evidence is how much must have been seen of a device with a person before it
// is taken for theirs.
type Evidence struct{ Events, Days uint64 }

// Suggestion is an alias that IT may accept.
type Suggestion struct {
	// Kind is device, or account for a person's identifier that the roster does not have.
	Kind          string
	Alias, Person string
	// WithPerson counts the events that name the person on the device, on Days
	// days between First and Last; Gained those that the alias would give them.
	WithPerson, Days, Gained uint64
	First, Last              time.Time
	Reason                   string
}

// Suggestions are what the stored events suggest.
type Suggestions struct {
	List []Suggestion
	// Ambiguous counts devices that several people used, Thin those of which
	// too little was seen: nothing is suggested of either.
	Ambiguous, Thin int
}

// use is what was seen of a person on a device.
type use struct {
	device string
	// who is the person of the roster, else the identifier that was sent, empty where nobody is named.
	who          string
	known        bool
	events, days uint64
	first, last  time.Time
}

// usesQuery sums up whose events came from which device, as a rebuild has it: an
// event that names nobody is the owner's of a device that has one. Services
// prove nothing of a device: they run anywhere.
const usesQuery = `
WITH known AS
(
    SELECT person AS key, person AS owner FROM roster GROUP BY person
    UNION ALL
    SELECT alias AS key, person AS owner FROM alias
)
SELECT device, if(owner != '', owner, person) AS who, owner != '' AS is_known,
    sum(n) AS events, uniqExact(day) AS days, min(day) AS first, max(day) AS last
FROM
(
    SELECT device, person, toDate(occurred_at) AS day, count() AS n FROM event FINAL
    WHERE device != '' AND person_kind != 'service' GROUP BY device, person, day
    UNION ALL
    SELECT device, person, toDate(read_at) AS day, count() AS n FROM reading FINAL
    WHERE device != '' AND person_kind != 'service' GROUP BY device, person, day
) AS fact
LEFT JOIN known ON if(person != '', person, device) = known.key
GROUP BY device, who, is_known
ORDER BY device, who`

// Suggest finds devices that exactly one person of the roster used, while
// events of them name nobody, or an account that the roster does not have and
// that was seen nowhere else.
func Suggest(ctx context.Context, conn driver.Conn, enough Evidence) (Suggestions, error) {
	uses, err := readUses(ctx, conn)
	if err != nil {
		return Suggestions{}, err
	}
	return suggest(uses, enough), nil
}

func readUses(ctx context.Context, conn driver.Conn) ([]use, error) {
	rows, err := conn.Query(ctx, usesQuery)
	if err != nil {
		return nil, fmt.Errorf("read who was named on which device: %w", err)
	}
	defer rows.Close()
	var uses []use
	for rows.Next() {
		var u use
		if err := rows.Scan(&u.device, &u.who, &u.known, &u.events, &u.days, &u.first, &u.last); err != nil {
			return nil, fmt.Errorf("read who was named on which device: %w", err)
		}
		uses = append(uses, u)
	}
	return uses, rows.Err()
}

// device is all that was seen on a device.
type device struct {
	id     string
	people []use
	// strangers are accounts that the roster does not have.
	strangers []use
	nameless  use
}

// suggest judges the devices one by one. uses are ordered by device.
func suggest(uses []use, enough Evidence) Suggestions {
	devices := byDevice(uses)
	homes := homesOf(devices)
	var s Suggestions
	for i := range devices {
		d := &devices[i]
		switch {
		case len(d.people) == 0 || d.nameless.events == 0 && len(d.strangers) == 0:
		case len(d.people) > 1 || !d.ownedAlone(homes):
			s.Ambiguous++
		case d.people[0].events < enough.Events || d.people[0].days < enough.Days:
			s.Thin++
		default:
			s.List = append(s.List, d.suggestions()...)
		}
	}
	s.List = mergeAccounts(s.List)
	return s
}

func byDevice(uses []use) []device {
	var devices []device
	for _, u := range uses {
		if n := len(devices); n == 0 || devices[n-1].id != u.device {
			devices = append(devices, device{id: u.device})
		}
		d := &devices[len(devices)-1]
		switch {
		case u.who == "":
			d.nameless = u
		case u.known:
			d.people = append(d.people, u)
		default:
			d.strangers = append(d.strangers, u)
		}
	}
	return devices
}

// nobody stands for a device of which no person, or several, are known.
const nobody = ""

// homesOf says whose devices an account was seen on: one person, or nobody.
func homesOf(devices []device) map[string]string {
	homes := make(map[string]string)
	for i := range devices {
		d, owner := &devices[i], nobody
		if len(d.people) == 1 {
			owner = d.people[0].who
		}
		for _, stranger := range d.strangers {
			if before, seen := homes[stranger.who]; seen && before != owner {
				owner = nobody
			}
			homes[stranger.who] = owner
		}
	}
	return homes
}

// ownedAlone tells whether nobody else can be behind what was seen: at most one
// further account, and that on no device of anybody else.
func (d *device) ownedAlone(homes map[string]string) bool {
	if len(d.strangers) == 0 {
		return true
	}
	return len(d.strangers) == 1 && homes[d.strangers[0].who] == d.people[0].who
}

// What speaks for a suggestion.
const (
	reasonNameless = "nobody else seen there"
	reasonAccount  = "account only seen there"
)

func (d *device) suggestions() []Suggestion {
	person := d.people[0]
	s := Suggestion{Person: person.who, WithPerson: person.events, Days: person.days, First: person.first, Last: person.last}
	var list []Suggestion
	if d.nameless.events > 0 {
		s.Kind, s.Alias, s.Gained, s.Reason = "device", d.id, d.nameless.events, reasonNameless
		list = append(list, s)
	}
	for _, stranger := range d.strangers {
		s.Kind, s.Alias, s.Gained, s.Reason = "account", stranger.who, stranger.events, reasonAccount
		list = append(list, s)
	}
	return list
}

// mergeAccounts makes one suggestion of an account that was seen on several
// devices of its person. What gains most comes first.
func mergeAccounts(list []Suggestion) []Suggestion {
	slices.SortFunc(list, func(a, b Suggestion) int { return cmp.Compare(a.Alias, b.Alias) })
	var merged []Suggestion
	for _, s := range list {
		n := len(merged)
		if n == 0 || merged[n-1].Alias != s.Alias {
			merged = append(merged, s)
			continue
		}
		m := &merged[n-1]
		m.WithPerson, m.Gained, m.Days = m.WithPerson+s.WithPerson, m.Gained+s.Gained, max(m.Days, s.Days)
		if s.First.Before(m.First) {
			m.First = s.First
		}
		if s.Last.After(m.Last) {
			m.Last = s.Last
		}
	}
	slices.SortFunc(merged, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.Gained, a.Gained), cmp.Compare(a.Alias, b.Alias))
	})
	return merged
}
