package roster

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// join makes one roster of the people file and of what an identity provider
// sent; either may be nil. The file's rows of a person hold before the day on
// which the provider first sent that person, the provider's from that day on. A
// person is the same where one of their names is; the file's word for them stays,
// so that their past does, and what the file says of an alias wins.
func join(csv, scim *Roster) *Roster {
	switch {
	case scim == nil || len(scim.Taken) == 0:
		return csv
	case csv == nil:
		csv = &Roster{}
	}
	j := newJoiner(csv, scim)
	joined := *csv
	joined.Periods, joined.Aliases, joined.Taken = j.periods(), j.aliases(), nil
	joined.sort()
	return &joined
}

type joiner struct {
	csv, scim *Roster
	// owners of the file's aliases, itself for its persons.
	owners map[string]string
	// names has what each person of the provider is called in the joined roster.
	names map[string]string
	// taken is since when the provider's rows hold.
	taken map[string]time.Time
}

func newJoiner(csv, scim *Roster) *joiner {
	j := &joiner{csv: csv, scim: scim, owners: map[string]string{}, names: map[string]string{}, taken: map[string]time.Time{}}
	for _, a := range csv.Aliases {
		j.owners[a.Alias] = a.Person
	}
	for i := range csv.Periods {
		j.owners[csv.Periods[i].Person] = csv.Periods[i].Person
	}
	j.nameAll()
	return j
}

// nameAll finds each person of the provider in the file: by the user name, else
// by the first alias that the file knows. Somebody of the file is one person of
// the provider at most, the one that was sent first.
func (j *joiner) nameAll() {
	aliases := map[string][]string{}
	for _, a := range j.scim.Aliases {
		aliases[a.Person] = append(aliases[a.Person], a.Alias)
	}
	order := slices.SortedFunc(maps.Keys(j.scim.Taken), func(a, b string) int {
		return cmp.Or(j.scim.Taken[a].Compare(j.scim.Taken[b]), cmp.Compare(a, b))
	})
	byUserName := func(person string) []string { return []string{person} }
	byAlias := func(person string) []string { return aliases[person] }
	for _, identifiers := range []func(string) []string{byUserName, byAlias} {
		for _, person := range order {
			j.name(person, identifiers(person))
		}
	}
	for _, person := range order {
		if j.names[person] == "" {
			j.names[person] = person
			j.taken[person] = j.scim.Taken[person]
		}
	}
}

func (j *joiner) name(person string, identifiers []string) {
	if j.names[person] != "" {
		return
	}
	for _, identifier := range identifiers {
		owner := j.owners[identifier]
		if _, claimed := j.taken[owner]; owner == "" || claimed {
			continue
		}
		j.names[person], j.taken[owner] = owner, j.scim.Taken[person]
		return
	}
}

func (j *joiner) periods() []Period {
	var all []Period
	before := map[string]bool{}
	for _, p := range j.csv.Periods {
		if taken, is := j.taken[p.Person]; is {
			if !p.From.Before(taken) {
				continue
			}
			if !p.To.Before(taken) {
				p.To = taken.AddDate(0, 0, -1)
			}
			before[p.Person] = true
		}
		all = append(all, p)
	}
	for _, p := range j.scim.Periods {
		p.Person = j.names[p.Person]
		// An earlier start by an attribute counts where the file says nothing.
		if taken := j.taken[p.Person]; before[p.Person] && p.From.Before(taken) {
			p.From = taken
		}
		if !p.To.Before(p.From) {
			all = append(all, p)
		}
	}
	return all
}

func (j *joiner) aliases() []Alias {
	persons := map[string]bool{}
	for i := range j.csv.Periods {
		persons[j.csv.Periods[i].Person] = true
	}
	for _, name := range j.names {
		persons[name] = true
	}
	owners := map[string]string{}
	for _, a := range j.scim.Aliases {
		owners[a.Alias] = j.names[a.Person]
	}
	for person, name := range j.names {
		owners[person] = name
	}
	for _, a := range j.csv.Aliases {
		owners[a.Alias] = a.Person
	}
	var all []Alias
	for alias, owner := range owners {
		if !persons[alias] {
			all = append(all, Alias{Alias: alias, Person: owner})
		}
	}
	return all
}

// settle gives seats and trainings to the person whom their identifier means.
func (r *Roster) settle() {
	owners := make(map[string]string, len(r.Aliases))
	for _, a := range r.Aliases {
		owners[a.Alias] = a.Person
	}
	r.Seats, r.Trainings = slices.Clone(r.Seats), slices.Clone(r.Trainings)
	for i := range r.Seats {
		r.Seats[i].Person = cmp.Or(owners[r.Seats[i].Person], r.Seats[i].Person)
	}
	for i := range r.Trainings {
		r.Trainings[i].Person = cmp.Or(owners[r.Trainings[i].Person], r.Trainings[i].Person)
	}
	slices.SortFunc(r.Seats, compareSeats)
	r.Seats = slices.Compact(r.Seats)
	slices.SortFunc(r.Trainings, compareTrainings)
	r.Trainings = slices.Compact(r.Trainings)
}
