package roster

import "time"

// OpenEnd is the last day of what has no end, the greatest of ClickHouse's Date32.
var OpenEnd = time.Date(2299, 12, 31, 0, 0, 0, 0, time.UTC)

// Everybody stands in Seat.Person for all people with a row that day.
const Everybody = "*"

// Roster is what an import says. All persons are pseudonyms as in the tables;
// days are midnights in UTC, the last one inclusive.
type Roster struct {
	Periods []Period
	Aliases []Alias
	// Seats and Trainings are in force only where the import gave them:
	// otherwise what was imported before stays.
	Seats         []Seat
	Trainings     []Training
	GivesSeats    bool
	GivesTraining bool
	// KeepsPeople says that the import has no people file: those of the last one stay.
	KeepsPeople bool
	// Taken has, of what an identity provider sent, since when it answers for each
	// person, also for those who have no period.
	Taken map[string]time.Time
}

// Period is what a person is between two days. Those of one person do not overlap.
type Period struct {
	Person                                    string
	From, To                                  time.Time
	Status, Employment                        string
	Role, Seniority, Team, Department, Region string
	// TimeZone is an IANA name.
	TimeZone string
}

// Alias is a further identifier of a person. No two persons share one.
// Accepted says that it comes from a Decision and not from the file.
type Alias struct {
	Alias, Person string
	Accepted      bool
}

// Seat entitles a person, or Everybody, to a tool.
type Seat struct {
	Person, Tool string
	From, To     time.Time
	// MonthlyPriceUSD is 0 where the file gives none.
	MonthlyPriceUSD float64
}

// Training is a course that a person completed.
type Training struct {
	Person, Course string
	CompletedOn    time.Time
}

// People is the number of different persons.
func (r *Roster) People() int {
	people := make(map[string]struct{}, len(r.Periods))
	for i := range r.Periods {
		people[r.Periods[i].Person] = struct{}{}
	}
	return len(people)
}
