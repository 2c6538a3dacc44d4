package adoption_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// plain calculates figures one person and one day after the other. It shares
// no code with what it checks and follows rules 6 to 12 of docs/definitions.md.
type plain struct {
	*world
	monday int
	first  int
	byDay  map[string]map[int]*period
	acted  map[string]map[int]map[string]bool
	noted  map[string]map[int]bool
	// held are the seats by holder.
	held map[string][]seat
}

// exact is what a row would say if all could be seen.
type exact struct {
	numerator, denominator int64
	counts                 bool
	people                 int64
	unknown                bool
	interval               bool
}

func newPlain(w *world) *plain {
	p := &plain{world: w, byDay: map[string]map[int]*period{}, acted: map[string]map[int]map[string]bool{}, noted: map[string]map[int]bool{}}
	for i := range w.periods {
		one := &w.periods[i]
		if p.byDay[one.person] == nil {
			p.byDay[one.person] = map[int]*period{}
		}
		for day := one.from; day <= min(one.to, 30000); day++ {
			p.byDay[one.person][day] = one
		}
	}
	seen := map[use]bool{}
	for _, u := range w.used {
		if k := (use{u.person, u.tool, u.day, 0}); !seen[k] {
			seen[k] = true
			p.mark(u.person, u.day)
		}
	}
	for _, a := range w.acts {
		p.note(a)
	}
	for _, h := range w.heard {
		p.mark(h.name, h.day)
	}
	p.held = map[string][]seat{}
	for _, s := range w.seats {
		p.held[s.person] = append(p.held[s.person], s)
	}
	p.first = p.firstWeek()
	return p
}

func (p *plain) mark(person string, day int) {
	if p.noted[person] == nil {
		p.noted[person] = map[int]bool{}
	}
	p.noted[person][day] = true
}

// note keeps the acts on days on the roster: the others are nobody's.
func (p *plain) note(a act) {
	if p.byDay[a.person][a.local] == nil || a.tool == "uptake-extension" {
		return
	}
	if p.acted[a.person] == nil {
		p.acted[a.person] = map[int]map[string]bool{}
	}
	if p.acted[a.person][a.local] == nil {
		p.acted[a.person][a.local] = map[string]bool{}
	}
	p.acted[a.person][a.local][a.tool] = true
}

// firstWeek is the Monday of the first act of anybody on the roster, 0 for none.
func (p *plain) firstWeek() int {
	first := 0
	for _, days := range p.acted {
		for day := range days {
			if first == 0 || day < first {
				first = day
			}
		}
	}
	if first == 0 {
		return 0
	}
	return first - (first+3)%7
}

// known are the tools that anybody was entitled to or used.
func (p *plain) known() []string {
	all := map[string]bool{}
	for _, s := range p.seats {
		all[s.tool] = true
	}
	for _, u := range p.used {
		all[u.tool] = true
	}
	for _, a := range p.acts {
		all[a.tool] = true
	}
	delete(all, "uptake-extension")
	return slices.Sorted(maps.Keys(all))
}

// scopes are the rows by tool with the tools in them; any has every tool there is.
func (p *plain) scopes() map[string][]string {
	scopes := map[string][]string{"any": p.known()}
	for _, tool := range p.known() {
		scopes[tool] = []string{tool}
		scopes["category:"+categories[tool]] = append(scopes["category:"+categories[tool]], tool)
	}
	return scopes
}

// entitled is rule 6.
func (p *plain) entitled(person string, day int, tools []string) bool {
	if len(p.seats) == 0 {
		return true
	}
	for _, s := range slices.Concat(p.held["*"], p.held[person]) {
		if s.from <= day && day <= s.to && slices.Contains(tools, s.tool) {
			return true
		}
	}
	return false
}

// longLeave is rule 7: it walks from the day to both ends of the leave.
func (p *plain) longLeave(person string, day int) bool {
	away := func(d int) bool { one := p.byDay[person][d]; return one != nil && one.leave }
	if !away(day) {
		return false
	}
	first, last := day, day
	for away(first - 1) {
		first--
	}
	for away(last + 1) {
		last++
	}
	return last-first+1 >= 28
}

func (p *plain) able(person string, day int, tools []string) bool {
	weekend := (day+3)%7 > 4
	return !weekend && p.byDay[person][day] != nil && !p.longLeave(person, day) && p.entitled(person, day, tools)
}

// placed is rule 10.
func (p *plain) placed(person string) map[string]string {
	var able, working, any []int
	known := p.known()
	for day := p.monday; day < p.monday+7; day++ {
		if p.byDay[person][day] == nil {
			continue
		}
		any = append(any, day)
		if day < p.monday+5 {
			working = append(working, day)
		}
		if p.able(person, day, known) {
			able = append(able, day)
		}
	}
	days := any
	if len(working) > 0 {
		days = working
	}
	if len(able) > 0 {
		days = able
	}
	if len(days) == 0 {
		return nil
	}
	place := map[string]string{}
	for _, dimension := range []string{"region", "department", "team", "role", "seniority", "employment"} {
		times, best := map[string]int{}, 0
		for _, day := range days {
			times[p.byDay[person][day].values[dimension]]++
		}
		for _, day := range days {
			if value := p.byDay[person][day].values[dimension]; times[value] >= best {
				best, place[dimension] = times[value], value
			}
		}
	}
	return place
}

var cuts = []string{"", "region", "department", "team", "role", "seniority", "employment", "department,role", "department,seniority", "region,role", "region,seniority"}

func cellsOf(place map[string]string) []string {
	var cells []string
	for _, cut := range cuts {
		cell := map[string]string{}
		for name := range strings.SplitSeq(cut, ",") {
			if name != "" {
				cell[name] = place[name]
			}
		}
		cells = append(cells, fmt.Sprint(cell))
	}
	return cells
}

// week gives the exact rows of a week by metric, tool and dimensions.
func (p *plain) week(monday int) map[string]*exact {
	p.monday = monday
	rows := map[string]*exact{}
	if p.first == 0 || monday < p.first {
		return rows
	}
	scopes := p.scopes()
	for person := range p.byDay {
		if place := p.placed(person); place != nil {
			for scope, tools := range scopes {
				p.countPerson(rows, person, place, scope, tools)
			}
		}
	}
	if len(rows) > 0 {
		p.countActs(rows)
	}
	silent := map[string]bool{}
	for scope, tools := range scopes {
		silent[scope] = p.silent(tools)
	}
	for key, row := range rows {
		row.unknown = silent[strings.Split(key, "|")[1]]
	}
	return rows
}

func (p *plain) countPerson(rows map[string]*exact, person string, place map[string]string, scope string, tools []string) {
	days, headcount := 0, 0
	for day := p.monday; day < p.monday+5; day++ {
		if p.byDay[person][day] != nil {
			headcount++
		}
		if p.able(person, day, tools) {
			days++
		}
	}
	active, heard := false, false
	for day := p.monday; day < p.monday+7; day++ {
		for _, tool := range tools {
			active = active || p.acted[person][day][tool]
		}
	}
	for day := p.monday - 21; day < p.monday+7; day++ {
		heard = heard || p.noted[person][day]
	}
	eligible, employed := days >= 3, headcount >= 3
	for _, cell := range cellsOf(place) {
		add := func(metric string, numerator, denominator bool) {
			key := metric + "|" + scope + "|" + cell
			if rows[key] == nil {
				rows[key] = &exact{counts: metric == "active_people", interval: metric != "active_people"}
			}
			rows[key].add(numerator, denominator, eligible)
		}
		add("active_people", active, false)
		add("adoption_rate", active && eligible, eligible)
		add("reach", active && employed, employed)
		if p.monday-21 >= p.first {
			add("coverage", heard && eligible, eligible)
		}
	}
}

func (e *exact) add(numerator, denominator, eligible bool) {
	for to, is := range map[*int64]bool{&e.numerator: numerator, &e.denominator: denominator, &e.people: eligible} {
		if is {
			*to++
		}
	}
}

// countActs is unattributed_share: any tool and each tool.
func (p *plain) countActs(rows map[string]*exact) {
	for _, scope := range append(p.known(), "any") {
		row := &exact{people: rows["adoption_rate|"+scope+"|map[]"].people}
		for _, a := range p.acts {
			if a.day < p.monday || a.day > p.monday+6 || a.tool == "uptake-extension" || scope != "any" && a.tool != scope {
				continue
			}
			row.denominator += int64(a.acts)
			if p.byDay[a.person][a.local] == nil {
				row.numerator += int64(a.acts)
			}
		}
		rows["unattributed_share|"+scope+"|map[]"] = row
	}
}

// silent is rule 14: nothing of any of the tools in the week, but before.
func (p *plain) silent(tools []string) bool {
	before := false
	now := false
	look := func(tool string, day int) {
		if slices.Contains(tools, tool) {
			before = before || day < p.monday
			now = now || day >= p.monday && day < p.monday+7
		}
	}
	for _, u := range p.used {
		look(u.tool, u.day)
	}
	for _, a := range p.acts {
		look(a.tool, a.day)
	}
	for _, h := range p.heard {
		look("chatgpt", h.day)
	}
	return before && !now
}
