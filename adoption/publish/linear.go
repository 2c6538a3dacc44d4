package publish

import (
	"container/heap"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// prime is the field in which the sums are solved. Coefficients are 1 and -1
// at first, so that a rank differs from that over the rationals only by a
// chance of about 2^-61.
const prime = 1<<61 - 1

func multiply(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	sum := low&prime + (low>>61 | high<<3)
	if sum = sum&prime + sum>>61; sum >= prime {
		sum -= prime
	}
	return sum
}

func add(a, b uint64) uint64 {
	if a += b; a >= prime {
		a -= prime
	}
	return a
}

func negate(a uint64) uint64 {
	if a == 0 {
		return 0
	}
	return prime - a
}

// invert is Fermat's a^(prime-2).
func invert(a uint64) uint64 {
	result := uint64(1)
	for exponent := uint64(prime - 2); exponent > 0; exponent >>= 1 {
		if exponent&1 == 1 {
			result = multiply(result, a)
		}
		a = multiply(a, a)
	}
	return result
}

// term is a coefficient of an unknown.
type term struct {
	unknown int32
	factor  uint64
}

// determined returns the hidden cells whose numbers follow from the shown ones
// by linear algebra over all sums, in their order.
//
// It draws a random solution of the sums in which every shown number is zero:
// what follows from the shown numbers is zero in each such solution, anything
// else with a chance of about 2^-61 only.
func (p *pattern) determined() []int32 {
	system := newSystem(p.structure.cells)
	for _, row := range p.unknowns() {
		system.insert(row)
	}
	solution := system.solution()
	var exposed []int32
	for c, hidden := range p.hidden {
		if hidden && solution[c] == 0 {
			exposed = append(exposed, int32(c))
		}
	}
	return exposed
}

// unknowns returns the sums as equations of their hidden cells, short ones first.
func (p *pattern) unknowns() [][]term {
	var rows [][]term
	for i, s := range p.sums {
		if p.tally[i].hidden == 0 {
			continue
		}
		var row []term
		for _, c := range s.left {
			if p.hidden[c] {
				row = append(row, term{c, 1})
			}
		}
		for _, c := range s.right {
			if p.hidden[c] {
				row = append(row, term{c, prime - 1})
			}
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b []term) int { return len(a) - len(b) })
	return rows
}

// system is a set of equations in echelon form: each row's pivot stands in no
// later row.
type system struct {
	rows [][]term
	// pivot per row, and the row per unknown, -1 where it is no pivot.
	pivot []int32
	rowOf []int32
	// scratch holds the row that is being reduced, seen in which row an unknown
	// was met last.
	scratch []uint64
	uses    []int32
	seen    []int32
	round   int32
}

func newSystem(unknowns int) *system {
	s := &system{rowOf: make([]int32, unknowns), scratch: make([]uint64, unknowns), uses: make([]int32, unknowns), seen: make([]int32, unknowns)}
	for i := range s.rowOf {
		s.rowOf[i] = -1
	}
	return s
}

// insert reduces a row by those before it and keeps what is left of it.
func (s *system) insert(row []term) {
	var touched []int32
	waiting := &rowHeap{}
	s.round++
	touch := func(t term, factor uint64) {
		s.scratch[t.unknown] = add(s.scratch[t.unknown], multiply(t.factor, factor))
		if s.seen[t.unknown] == s.round {
			return
		}
		s.seen[t.unknown] = s.round
		touched = append(touched, t.unknown)
		if s.rowOf[t.unknown] >= 0 {
			heap.Push(waiting, s.rowOf[t.unknown])
		}
	}
	for _, t := range row {
		touch(t, 1)
	}
	// A row brings in pivots of later rows only, so that each is met once.
	for waiting.Len() > 0 {
		i := heap.Pop(waiting).(int32)
		factor := negate(s.scratch[s.pivot[i]])
		if factor == 0 {
			continue
		}
		for _, t := range s.rows[i] {
			touch(t, factor)
		}
	}
	s.keep(touched)
}

// keep makes the scratch a row with a pivot of factor 1 and clears it.
func (s *system) keep(touched []int32) {
	var row []term
	for _, c := range touched {
		if s.scratch[c] != 0 {
			row = append(row, term{c, s.scratch[c]})
			s.scratch[c] = 0
		}
	}
	if len(row) == 0 {
		return
	}
	least := 0
	for i, t := range row {
		if s.uses[t.unknown] < s.uses[row[least].unknown] {
			least = i
		}
		s.uses[t.unknown]++
	}
	scale := invert(row[least].factor)
	for i := range row {
		row[i].factor = multiply(row[i].factor, scale)
	}
	s.rowOf[row[least].unknown] = int32(len(s.rows))
	s.pivot = append(s.pivot, row[least].unknown)
	s.rows = append(s.rows, row)
}

// solution draws the free unknowns and solves for the others, last row first.
func (s *system) solution() []uint64 {
	random := rand.New(rand.NewPCG(3, 4))
	values := make([]uint64, len(s.rowOf))
	for c := range values {
		if s.rowOf[c] < 0 {
			values[c] = 1 + random.Uint64N(prime-1)
		}
	}
	for i := len(s.rows) - 1; i >= 0; i-- {
		var rest uint64
		for _, t := range s.rows[i] {
			if t.unknown != s.pivot[i] {
				rest = add(rest, multiply(t.factor, values[t.unknown]))
			}
		}
		values[s.pivot[i]] = negate(rest)
	}
	return values
}

type rowHeap []int32

func (h rowHeap) Len() int           { return len(h) }
func (h rowHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h rowHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *rowHeap) Push(x any)        { *h = append(*h, x.(int32)) }
func (h *rowHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
