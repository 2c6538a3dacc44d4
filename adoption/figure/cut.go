package figure

import (
	"slices"
	"strings"
)

// Dimensions are those of a place, in the order of the columns.
var Dimensions = []string{"region", "department", "team", "role", "seniority", "employment"}

// cuts are the published ones: the total, one of each dimension, four pairs.
var cuts = [][]string{
	{},
	{"region"}, {"department"}, {"team"}, {"role"}, {"seniority"}, {"employment"},
	{"department", "role"}, {"department", "seniority"}, {"region", "role"}, {"region", "seniority"},
}

// place has a person's value of each dimension.
type place [6]string

// Cell is a group of people: the cut, and their values of its dimensions.
type Cell struct {
	cut    int
	values place
}

// Dimensions are the cell's values by name.
func (c Cell) Dimensions() map[string]string {
	named := map[string]string{}
	for _, name := range cuts[c.cut] {
		named[name] = c.values[slices.Index(Dimensions, name)]
	}
	return named
}

// cellOf is the cell of a cut that the place is in.
func cellOf(cut int, p place) Cell {
	c := Cell{cut: cut}
	for i, name := range Dimensions {
		if slices.Contains(cuts[cut], name) {
			c.values[i] = p[i]
		}
	}
	return c
}

// cells lists those with somebody in them, the total first, by cut and values,
// and for each place the indexes of its cells, one per cut.
func cells(places []place) (all []Cell, placements [][]int32) {
	index := map[Cell]int32{}
	for cut := range cuts {
		from := len(all)
		for _, p := range places {
			c := cellOf(cut, p)
			if _, known := index[c]; !known {
				index[c] = 0
				all = append(all, c)
			}
		}
		slices.SortFunc(all[from:], func(a, b Cell) int { return slices.Compare(a.values[:], b.values[:]) })
	}
	for i, c := range all {
		index[c] = int32(i)
	}
	for _, p := range places {
		placement := make([]int32, len(cuts))
		for cut := range cuts {
			placement[cut] = index[cellOf(cut, p)]
		}
		placements = append(placements, placement)
	}
	return all, placements
}

// groupingSets is the SQL of all cuts, each by further columns.
func groupingSets(further ...string) string {
	var sets []string
	for _, cut := range cuts {
		sets = append(sets, "("+strings.Join(slices.Concat(cut, further), ", ")+")")
	}
	return "GROUPING SETS (" + strings.Join(sets, ", ") + ")"
}

// cutNamed is the cut of these dimensions.
func cutNamed(dimensions ...string) int {
	return slices.IndexFunc(cuts, func(cut []string) bool { return slices.Equal(cut, dimensions) })
}
