package consume

import "sync"

// state is the last thing that was in the way, nil for nothing.
type state struct {
	mu  sync.Mutex
	err error
}

// set keeps err and says whether it differs from what was kept.
func (s *state) set(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := (err == nil) != (s.err == nil) || err != nil && err.Error() != s.err.Error()
	s.err = err
	return changed
}

func (s *state) get() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
