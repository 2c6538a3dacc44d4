package roster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/uptake-telemetry/uptake/schema"
)

// maxAliasBytes bounds the list of a row's aliases.
const maxAliasBytes = 64 << 10

// people is who the people file names, to check each row against the others.
type people struct {
	// lines has the first line of each person.
	lines  map[string]int
	owners map[string]claim
	// clashed are aliases of which the problem was told already.
	clashed map[string]bool
	periods []linedPeriod
}

type claim struct {
	person string
	line   int
}

type linedPeriod struct {
	Period
	line int
}

func newPeople() people {
	return people{lines: make(map[string]int), owners: make(map[string]claim), clashed: make(map[string]bool)}
}

func (p *parser) readPeople(file *File) {
	f := openWith(file, PeopleColumns, []string{titleColumn}, &p.problems)
	if f == nil {
		return
	}
	rows := 0
	for ; f.next(); rows++ {
		p.readPerson(f)
	}
	if rows == 0 && len(p.problems.List) == 0 {
		f.whole("it has no rows and would remove everybody", "import the whole file")
	}
	p.checkOverlaps(f)
	p.takeAliases(f)
}

func (p *parser) readPerson(f *form) {
	line := f.line()
	period := Period{
		Person:     p.person(f, "person"),
		Status:     f.choice("status", "active", "leave"),
		Employment: f.choice("employment", "employee", "contractor"),
		Team:       f.text("team"),
		Department: f.text("department"),
		Region:     f.text("region"),
		TimeZone:   p.zones.read(f, "timezone"),
	}
	told, byTitle := p.told(f)
	if period.Role = f.text("role"); period.Role == "" && byTitle {
		period.Role = told.Role
	}
	if period.Seniority = told.Seniority; !byTitle || f.raw("seniority") != "" {
		period.Seniority = f.choice("seniority", seniorities...)
	}
	period.From, period.To = f.period()
	if period.Person == "" {
		return
	}
	p.people.lines[period.Person] = cmp.Or(p.people.lines[period.Person], line)
	p.claimAliases(f, period.Person)
	if !f.fault {
		p.people.periods = append(p.people.periods, linedPeriod{period, line})
	}
}

// titleColumn may be in the file: it tells the role and seniority that a row leaves empty.
const titleColumn = "title"

// told is what the title of the row tells, and whether there is one.
func (p *parser) told(f *form) (Told, bool) {
	if _, there := f.at[titleColumn]; !there || p.Mapper == nil {
		return Told{}, false
	}
	title := f.text(titleColumn)
	return p.Mapper.Title(title), title != ""
}

// claimAliases notes whose the aliases of the row are.
func (p *parser) claimAliases(f *form, person string) {
	line := f.line()
	aliases, _ := f.value("aliases", maxAliasBytes)
	for alias := range strings.SplitSeq(aliases, ";") {
		alias = identifier(alias)
		switch {
		case alias == "":
			continue
		case alias == string(schema.DeviceIdentifier):
			f.wrong("aliases", "device: has no name", "write device: and its name")
			continue
		}
		pseudonym := p.pseudonym(alias)
		owner, claimed := p.people.owners[pseudonym]
		switch {
		case !claimed:
			p.people.owners[pseudonym] = claim{person, line}
		case owner.person != person && !p.people.clashed[pseudonym]:
			p.people.clashed[pseudonym] = true
			f.wrong("aliases", fmt.Sprintf("one of the aliases belongs to another person, of line %d", owner.line), "an alias has one owner at all times; remove it from one of the two")
		}
	}
}

// checkOverlaps takes the periods unless two of one person share a day.
func (p *parser) checkOverlaps(f *form) {
	periods := p.people.periods
	slices.SortFunc(periods, func(a, b linedPeriod) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), a.From.Compare(b.From), cmp.Compare(a.line, b.line))
	})
	for i := range periods {
		p.roster.Periods = append(p.roster.Periods, periods[i].Period)
		if i == 0 || periods[i].Person != periods[i-1].Person {
			continue
		}
		if before := periods[i-1]; !periods[i].From.After(before.To) {
			f.problem(max(periods[i].line, before.line), "valid_from", fmt.Sprintf("the period overlaps that of line %d of the same person", min(periods[i].line, before.line)),
				"let the earlier one end on the day before the later one begins; identifiers are compared without case")
		}
	}
}

// takeAliases takes the aliases unless one is the identifier of another person.
func (p *parser) takeAliases(f *form) {
	for alias, owner := range p.people.owners {
		line, isPerson := p.people.lines[alias]
		switch {
		case !isPerson:
			p.roster.Aliases = append(p.roster.Aliases, Alias{Alias: alias, Person: owner.person})
		case alias != owner.person:
			f.problem(owner.line, "aliases", fmt.Sprintf("one of the aliases is the person of line %d", line), "give both rows the same person, or remove the alias")
		}
	}
	slices.SortFunc(p.roster.Aliases, func(a, b Alias) int { return cmp.Compare(a.Alias, b.Alias) })
}

// owner is the person to whom the pseudonym belongs, itself where nobody else owns it.
func (p *people) owner(pseudonym string) string {
	if owner, aliased := p.owners[pseudonym]; aliased {
		return owner.person
	}
	return pseudonym
}
