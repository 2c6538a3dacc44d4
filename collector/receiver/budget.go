package receiver

import "sync/atomic"

// budget bounds the bytes of all requests under way.
type budget struct {
	most int64
	used atomic.Int64
}

func newBudget(most int64) *budget { return &budget{most: most} }

// hold is what one request has taken of the budget.
type hold struct {
	budget *budget
	n      int64
}

func (b *budget) hold() *hold { return &hold{budget: b} }

// take takes n bytes, or nothing and returns false.
func (h *hold) take(n int64) bool {
	if h.budget.used.Add(n) > h.budget.most {
		h.budget.used.Add(-n)
		return false
	}
	h.n += n
	return true
}

// release gives everything back.
func (h *hold) release() {
	h.budget.used.Add(-h.n)
	h.n = 0
}
