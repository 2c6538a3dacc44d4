package adoption_test

import (
	"cmp"
	"maps"
	"slices"
)

// plain calculates figures one person and one day after the other. It shares
// no code with what it checks and follows docs/definitions.md.
type plain struct {
	*world
	scopes []scope
	lives  []*life
	// everybody are the seats of everybody.
	everybody []seat
	// first is the Monday of the first act of anybody on the roster.
	first int
	begun bool
	// lastFinal is the Monday of the last week that is final.
	lastFinal int
	// told has the days on which anything was heard of a tool.
	told  map[string]map[int]bool
	spans map[string]*span
	// powered has the first week with a power user of each team.
	powered map[string]int
}

// scope is a row by tool.
type scope struct {
	name   string
	tools  []string
	single bool
}

// life is all that is known of a person.
type life struct {
	*plain
	person string
	rows   map[int]*period
	// began is the first day on the roster.
	began int
	held  []seat
	// acts are those on days on the roster, by tool.
	acts  map[int]map[string]count
	noted map[int]bool
	// trained is the day of the first training, 0 for none.
	trained int
	// weekly has per week what was done in each scope.
	weekly map[int][]count
}

type count struct{ acts, prompts int64 }

// horizon is far enough behind all days that are looked at.
const horizon = 400

// newPlain knows the company as it is in the week after the last final one.
func newPlain(w *world, lastFinal int) *plain {
	p := &plain{world: w, lastFinal: lastFinal, told: map[string]map[int]bool{}, spans: map[string]*span{}}
	lives := map[string]*life{}
	of := func(person string) *life {
		if lives[person] == nil {
			lives[person] = &life{plain: p, person: person, rows: map[int]*period{}, acts: map[int]map[string]count{}, noted: map[int]bool{}, weekly: map[int][]count{}}
		}
		return lives[person]
	}
	for i := range w.periods {
		of(w.periods[i].person).employ(&w.periods[i], lastFinal+horizon)
	}
	p.listen(of)
	for _, s := range w.seats {
		if s.person == "*" {
			p.everybody = append(p.everybody, s)
		} else {
			of(s.person).held = append(of(s.person).held, s)
		}
	}
	for _, one := range w.trainings {
		if l := of(one.person); l.trained == 0 || one.day < l.trained {
			l.trained = one.day
		}
	}
	p.scopes = p.rowsByTool()
	p.lives = slices.SortedFunc(maps.Values(lives), func(a, b *life) int { return cmp.Compare(a.person, b.person) })
	p.begin()
	return p
}

func (l *life) employ(row *period, until int) {
	if len(l.rows) == 0 || row.from < l.began {
		l.began = row.from
	}
	for day := row.from; day <= min(row.to, until); day++ {
		l.rows[day] = row
	}
}

// listen keeps the acts on days on the roster, for the others are nobody's, and
// the days on which anything was heard.
func (p *plain) listen(of func(person string) *life) {
	for _, u := range p.used {
		of(u.person).noted[u.day] = true
		p.tell(u.tool, u.day)
	}
	for _, h := range p.heard {
		of(h.name).noted[h.day] = true
		p.tell("chatgpt", h.day)
	}
	for _, a := range p.acts {
		p.tell(a.tool, a.day)
		l := of(a.person)
		if l.rows[a.local] == nil || a.tool == "uptake-extension" {
			continue
		}
		if l.acts[a.local] == nil {
			l.acts[a.local] = map[string]count{}
		}
		before := l.acts[a.local][a.tool]
		l.acts[a.local][a.tool] = count{before.acts + int64(a.acts), before.prompts + int64(a.prompts)}
	}
}

func (p *plain) tell(tool string, day int) {
	if p.told[tool] == nil {
		p.told[tool] = map[int]bool{}
	}
	p.told[tool][day] = true
}

// begin finds the week of the first act and adds up everybody's weeks.
func (p *plain) begin() {
	for _, l := range p.lives {
		for day, byTool := range l.acts {
			if !p.begun || day < p.first {
				p.first, p.begun = day, true
			}
			l.add(mondayOf(day), byTool)
		}
	}
	p.first = mondayOf(p.first)
}

func (l *life) add(monday int, byTool map[string]count) {
	if l.weekly[monday] == nil {
		l.weekly[monday] = make([]count, len(l.scopes))
	}
	for i, s := range l.scopes {
		for _, tool := range s.tools {
			l.weekly[monday][i].acts += byTool[tool].acts
			l.weekly[monday][i].prompts += byTool[tool].prompts
		}
	}
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

// rowsByTool are any tool, which has every tool there is, the categories and the tools.
func (p *plain) rowsByTool() []scope {
	known := p.known()
	byCategory := map[string][]string{}
	for _, tool := range known {
		byCategory[categories[tool]] = append(byCategory[categories[tool]], tool)
	}
	scopes := []scope{{name: "any", tools: known}}
	for category, tools := range byCategory {
		scopes = append(scopes, scope{name: "category:" + category, tools: tools})
	}
	for _, tool := range known {
		scopes = append(scopes, scope{tool, []string{tool}, true})
	}
	return scopes
}

// silent is rule 14: nothing of any of the tools in those days, but before.
func (p *plain) silent(s scope, from, to int) bool {
	before := false
	for _, tool := range s.tools {
		for day := range p.told[tool] {
			if day >= from && day <= to {
				return false
			}
			before = before || day < from
		}
	}
	return before
}

// firstAct is the day of the first act in the row on the day or after it, of
// those up to a last day.
func (l *life) firstAct(s scope, from, to int) (first int, acted bool) {
	for day := range l.acts {
		if day >= from && day <= to && (!acted || day < first) && l.activeOn(day, s) {
			first, acted = day, true
		}
	}
	return first, acted
}

func (l *life) activeOn(day int, s scope) bool {
	return slices.ContainsFunc(s.tools, func(tool string) bool { return l.acts[day][tool].acts > 0 })
}

// active tells of an act in the row in the week.
func (l *life) active(scope, monday int) bool { return l.done(scope, monday).acts > 0 }

func (l *life) done(scope, monday int) count {
	if week := l.weekly[monday]; week != nil {
		return week[scope]
	}
	return count{}
}
