package publish

import "slices"

// defend attacks and repairs until the attack finds nothing.
func (d *Door) defend() error {
	for {
		found, err := d.run()
		if err != nil || len(found) == 0 {
			return err
		}
		d.repair(found)
	}
}

// repair hides something for each finding, at last whole scopes, so that the
// attack ends: what shows nothing gives nothing away.
func (d *Door) repair(found []finding) {
	repaired := false
	for _, f := range found {
		if d.patterns[f.scope].changed(int32(f.cell)) || d.repairOne(f) {
			repaired = true
		}
	}
	if !repaired && !d.patterns[found[0].scope].hideNext() {
		d.darkenNext()
	}
	for i, p := range d.patterns {
		if parent := d.draft.Scopes[i].Parent; parent >= 0 {
			p.follow(d.patterns[parent])
		}
		p.protect()
	}
	d.followOverlaps()
}

// followOverlaps hides in the tables that tell how tools overlap what all hide.
func (d *Door) followOverlaps() {
	for i := range d.views {
		for scope, p := range d.views[i].patterns {
			p.follow(d.patterns[scope])
			p.protect()
		}
	}
}

// repairOne takes away one of the numbers that the finding was made from.
func (d *Door) repairOne(f finding) bool {
	p := d.patterns[f.scope]
	for _, by := range f.by {
		if by.table >= 0 && d.withhold(&d.views[by.table], int(by.scope), f.cell) {
			return true
		}
		if by.sum >= 0 {
			if c, shown := p.best(d.sums[by.sum]); shown {
				p.hide(c)
				return true
			}
		}
		if by.scope >= 0 && d.hideAround(f) {
			return true
		}
	}
	return p.cover(int32(f.cell)) || d.hideAround(f)
}

// withhold hides a cell in one table alone, and tells whether it was shown.
func (d *Door) withhold(v *view, scope, cell int) bool {
	p := v.patterns[scope]
	if p.hidden[cell] {
		return false
	}
	if d.total[cell] {
		p.hideTotal()
	} else {
		p.hide(int32(cell))
	}
	return true
}

// hideAround hides the finding's cell in a scope beside, below or above its
// own, any tool last, and among equals where it has the fewest people.
func (d *Door) hideAround(f finding) bool {
	around := slices.Clone(d.children[f.scope])
	if parent := d.draft.Scopes[f.scope].Parent; parent >= 0 {
		around = append(append(around, d.children[parent]...), parent)
	}
	slices.SortStableFunc(around, func(a, b int) int {
		if (a == 0) != (b == 0) {
			return b - a
		}
		return int(d.patterns[a].people[f.cell] - d.patterns[b].people[f.cell])
	})
	for _, scope := range around {
		if d.patterns[scope].hidden[f.cell] {
			continue
		}
		if d.total[f.cell] {
			d.patterns[scope].darken()
		} else {
			d.patterns[scope].hide(int32(f.cell))
		}
		return true
	}
	return false
}

// darkenNext hides the last scope that shows anything.
func (d *Door) darkenNext() {
	for scope := len(d.patterns) - 1; scope >= 0; scope-- {
		if slices.Contains(d.patterns[scope].hidden, false) {
			d.patterns[scope].darken()
			return
		}
	}
}
