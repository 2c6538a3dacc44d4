package roster

import (
	"cmp"
	"slices"
	"unique"

	"github.com/uptake-telemetry/uptake/schema"
)

// readSeats reads the seats. A holder may be missing from the people file:
// seats of people who left are found that way.
func (p *parser) readSeats(file *File) {
	f := open(file, SeatColumns, &p.problems)
	if f == nil {
		return
	}
	for f.next() {
		seat := Seat{Person: p.holder(f), Tool: p.tool(f)}
		seat.From, seat.To = f.period()
		seat.MonthlyPriceUSD = f.price("monthly_price_usd")
		if !f.fault {
			p.roster.Seats = append(p.roster.Seats, seat)
		}
	}
	slices.SortFunc(p.roster.Seats, compareSeats)
	p.roster.Seats = slices.Compact(p.roster.Seats)
}

func (p *parser) holder(f *form) string {
	if f.raw("person") == Everybody {
		return Everybody
	}
	return p.people.owner(p.person(f, "person"))
}

func (p *parser) tool(f *form) string {
	value, sound := f.value("tool", MaxValueBytes)
	tool := schema.NormalizeIdentifier(value)
	switch {
	case !sound:
	case tool == "":
		f.wrong("tool", "the tool is missing", "write the id of a tool of the catalogue, such as claude-code")
	case !p.KnownTool(tool):
		f.wrong("tool", shown(tool)+" is no tool of the catalogue", "write the id of one, such as claude-code, or add a file for it to the catalogue")
	}
	return unique.Make(tool).Value()
}

func (p *parser) readTraining(file *File) {
	f := open(file, TrainingColumns, &p.problems)
	if f == nil {
		return
	}
	for f.next() {
		training := Training{Person: p.people.owner(p.person(f, "person")), Course: f.text("course"), CompletedOn: f.date("completed_on")}
		if !f.fault && training.Course == "" {
			f.wrong("course", "the course is missing", "write its name")
		}
		if !f.fault {
			p.roster.Trainings = append(p.roster.Trainings, training)
		}
	}
	slices.SortFunc(p.roster.Trainings, compareTrainings)
	p.roster.Trainings = slices.Compact(p.roster.Trainings)
}

func compareSeats(a, b Seat) int {
	return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.Tool, b.Tool), a.From.Compare(b.From), a.To.Compare(b.To), cmp.Compare(a.MonthlyPriceUSD, b.MonthlyPriceUSD))
}

func compareTrainings(a, b Training) int {
	return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.Course, b.Course), a.CompletedOn.Compare(b.CompletedOn))
}
