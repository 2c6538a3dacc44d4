package publish

import (
	"cmp"
	"slices"
)

// mostPlaces is how many places are solved for one by one: relations between
// any number of cuts are found so, but it takes the third power of time.
const mostPlaces = 600

// keepPlaces keeps the distinct placements where they are few.
func (s *structure) keepPlaces(placements [][]int32) {
	places := slices.Clone(placements)
	slices.SortFunc(places, slices.Compare)
	places = slices.CompactFunc(places, slices.Equal)
	if len(places) <= mostPlaces {
		s.places = places
	}
}

// addRests finds the sums of a whole, the cells of another cut that lie inside
// it, and one cell of a third cut that is all of the rest: a region is a team
// and the one department that has nobody elsewhere.
func (s *structure) addRests(placements [][]int32, marks []uint64) {
	sizes, named := make([]int, s.cells), map[uint64][]int32{}
	for _, placement := range placements {
		for _, c := range placement {
			sizes[c]++
		}
	}
	for c, mark := range marks {
		named[mark] = append(named[mark], int32(c))
	}
	for whole := range placements[0] {
		for cut := range placements[0] {
			if whole != cut {
				s.restsOf(insides(placements, sizes, whole, cut), marks, named)
			}
		}
	}
}

func (s *structure) restsOf(inside map[int32][]int32, marks []uint64, named map[uint64][]int32) {
	wholes := make([]int32, 0, len(inside))
	for whole := range inside {
		wholes = append(wholes, whole)
	}
	slices.Sort(wholes)
	for _, whole := range wholes {
		slices.Sort(inside[whole])
		rest := marks[whole] - marksOf(inside[whole], marks)
		if rest == 0 {
			continue
		}
		// Cells that hold the same people are linked to each other already.
		if same := named[rest]; len(same) > 0 {
			parts := append(inside[whole], same[0])
			slices.Sort(parts)
			s.add(sum{[]int32{whole}, parts})
		}
	}
}

// insides lists the cells of a cut that lie inside one cell of another, by that.
func insides(placements [][]int32, sizes []int, whole, cut int) map[int32][]int32 {
	type pair struct{ whole, part int32 }
	shared := map[pair]int{}
	for _, placement := range placements {
		shared[pair{placement[whole], placement[cut]}]++
	}
	inside := map[int32][]int32{}
	for p, n := range shared {
		if n == sizes[p.part] && n < sizes[p.whole] {
			inside[p.whole] = append(inside[p.whole], p.part)
		}
	}
	return inside
}

// apart returns the hidden cells whose people are those of shown cells added to
// and taken from each other, whatever their cuts.
func (p *pattern) apart() []int32 {
	if len(p.places) == 0 {
		return nil
	}
	of := make([][]term, p.structure.cells)
	for place, cells := range p.places {
		for _, c := range cells {
			of[c] = append(of[c], term{int32(place), 1})
		}
	}
	var rows [][]term
	for c, hidden := range p.hidden {
		if !hidden {
			rows = append(rows, of[c])
		}
	}
	slices.SortStableFunc(rows, func(a, b []term) int { return cmp.Compare(len(a), len(b)) })
	system := newSystem(len(p.places))
	for _, row := range rows {
		system.insert(row)
	}
	solution := system.solution()
	var exposed []int32
	for c, hidden := range p.hidden {
		var people uint64
		for _, t := range of[c] {
			people = add(people, solution[t.unknown])
		}
		if hidden && people == 0 && len(of[c]) > 0 {
			exposed = append(exposed, int32(c))
		}
	}
	return exposed
}
