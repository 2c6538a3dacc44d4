package roster

import (
	"github.com/uptake-telemetry/uptake/schema"
)

// Columns of the files, as docs/operating.md names them.
var (
	PeopleColumns   = []string{"person", "valid_from", "valid_to", "status", "employment", "role", "seniority", "team", "department", "region", "timezone", "aliases"}
	SeatColumns     = []string{"person", "tool", "valid_from", "valid_to", "monthly_price_usd"}
	TrainingColumns = []string{"person", "course", "completed_on"}
)

// Files are the files of one import. What is nil leaves the part in force as it is.
type Files struct {
	People, Seats, Training *File
}

// Deps are what reading an import must know.
type Deps struct {
	// Pseudonyms must hold the key of the collectors.
	Pseudonyms *schema.Pseudonymizer
	// KnownTool says whether the catalogue has the tool.
	KnownTool func(id string) bool
	// Mapper tells role and seniority by a column title; nil where there is none.
	Mapper *Mapper
}

// parser gathers a roster and what is wrong with it.
type parser struct {
	Deps
	roster   Roster
	problems Problems
	people   people
	zones    zones
}

// Parse reads and checks the files. The error is a *Problems with everything
// that is wrong, and then there is no roster.
func Parse(files Files, deps Deps) (*Roster, error) {
	p := &parser{Deps: deps, people: newPeople(), zones: make(zones)}
	if files.People != nil {
		p.readPeople(files.People)
	}
	p.roster.KeepsPeople = files.People == nil
	if files.Seats != nil {
		p.roster.GivesSeats = true
		p.readSeats(files.Seats)
	}
	if files.Training != nil {
		p.roster.GivesTraining = true
		p.readTraining(files.Training)
	}
	if err := p.problems.err(files.names()); err != nil {
		return nil, err
	}
	return &p.roster, nil
}

func (f Files) names() []string {
	var names []string
	for _, file := range []*File{f.People, f.Seats, f.Training} {
		if file != nil {
			names = append(names, file.Name)
		}
	}
	return names
}

// person reads an identifier that must be there, as its pseudonym.
func (p *parser) person(f *form, column string) string {
	value, sound := f.value(column, MaxValueBytes)
	id := identifier(value)
	switch {
	case !sound:
		return ""
	case id == "" || id == string(schema.DeviceIdentifier):
		f.wrong(column, "the person is missing", "write the full identifier, such as an e-mail address")
		return ""
	case id == Everybody:
		f.wrong(column, "* is nobody", "name one person; * stands for everybody in the seats file only")
		return ""
	}
	return p.pseudonym(id)
}

func (p *parser) pseudonym(id string) string {
	return schema.PseudonymString(p.Pseudonyms.Person(id))
}
