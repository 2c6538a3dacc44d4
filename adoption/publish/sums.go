package publish

import (
	"math/rand/v2"
	"slices"
)

// sum says that the left cells together hold the same people as the right ones.
type sum struct {
	left, right []int32
}

// plain sums have a single whole: the total over a cut, a department over its
// teams, a role over its departments.
func (s sum) plain() bool { return len(s.left) == 1 || len(s.right) == 1 }

// whole tells whether the cell alone holds several others.
func (s sum) whole(c int32) bool {
	return len(s.left) == 1 && s.left[0] == c && len(s.right) > 1 || len(s.right) == 1 && s.right[0] == c && len(s.left) > 1
}

// structure is what an attacker knows of the cells without any number.
type structure struct {
	cells int
	sums  []sum
	// of lists per cell the sums that it is in.
	of [][]int32
	// total marks the cells that hold the same people as the total: they cannot
	// be hidden while the total is shown.
	total []bool
	// among lists per cell the wholes that it is part of by a plain sum.
	among [][]int32
	// places are the distinct placements where they are few, see apart.
	places [][]int32
}

// newStructure finds every sum between two cuts, and those between three that
// have a whole. Two cells of different cuts
// that share a placement are connected; in each connected part the cells of
// one cut hold the same people as those of the other.
func newStructure(cells int, placements [][]int32) *structure {
	s := &structure{cells: cells, of: make([][]int32, cells), among: make([][]int32, cells)}
	marks := fingerprints(cells, placements)
	s.total = make([]bool, cells)
	whole := map[uint64]bool{}
	for c, mark := range marks {
		s.total[c] = mark == marks[0]
		whole[mark] = true
	}
	if len(placements) == 0 {
		return s
	}
	for a := range placements[0] {
		for b := a + 1; b < len(placements[0]); b++ {
			for _, part := range connected(cells, placements, a, b) {
				if part.plain() || !whole[marksOf(part.left, marks)] {
					s.add(part)
				}
			}
		}
	}
	s.addRests(placements, marks)
	s.keepPlaces(placements)
	return s
}

func (s *structure) add(one sum) {
	index := int32(len(s.sums))
	s.sums = append(s.sums, one)
	for _, c := range one.left {
		s.of[c] = append(s.of[c], index)
	}
	for _, c := range one.right {
		s.of[c] = append(s.of[c], index)
	}
	if len(one.left) == 1 {
		for _, c := range one.right {
			s.among[c] = append(s.among[c], one.left[0])
		}
	}
	if len(one.right) == 1 {
		for _, c := range one.left {
			s.among[c] = append(s.among[c], one.right[0])
		}
	}
}

// fingerprints gives cells with the same placements the same number, and no
// others, but for a chance of 2^-64. The fixed seed keeps patterns repeatable.
func fingerprints(cells int, placements [][]int32) []uint64 {
	random := rand.New(rand.NewPCG(1, 2))
	marks := make([]uint64, cells)
	for _, placement := range placements {
		mark := random.Uint64()
		for _, c := range placement {
			marks[c] += mark
		}
	}
	return marks
}

func marksOf(cells []int32, marks []uint64) uint64 {
	var all uint64
	for _, c := range cells {
		all += marks[c]
	}
	return all
}

// connected returns the connected parts between the cells of cuts a and b, in
// the order of their least cell.
func connected(cells int, placements [][]int32, a, b int) []sum {
	root := make([]int32, cells)
	for c := range root {
		root[c] = int32(c)
	}
	find := func(c int32) int32 {
		for root[c] != c {
			root[c] = root[root[c]]
			c = root[c]
		}
		return c
	}
	for _, placement := range placements {
		x, y := find(placement[a]), find(placement[b])
		root[max(x, y)] = min(x, y)
	}
	parts := map[int32]*sum{}
	gather(placements, a, func(c int32) { part(parts, find(c)).left = append(part(parts, find(c)).left, c) })
	gather(placements, b, func(c int32) { part(parts, find(c)).right = append(part(parts, find(c)).right, c) })
	var sums []sum
	for _, p := range parts {
		slices.Sort(p.left)
		slices.Sort(p.right)
		sums = append(sums, *p)
	}
	slices.SortFunc(sums, func(x, y sum) int { return int(min(x.left[0], x.right[0]) - min(y.left[0], y.right[0])) })
	return sums
}

func part(parts map[int32]*sum, root int32) *sum {
	if parts[root] == nil {
		parts[root] = &sum{}
	}
	return parts[root]
}

// gather calls visit once for each cell of a cut.
func gather(placements [][]int32, cut int, visit func(int32)) {
	seen := map[int32]bool{}
	for _, placement := range placements {
		if c := placement[cut]; !seen[c] {
			seen[c] = true
			visit(c)
		}
	}
}
