package publish

import (
	"context"
	"fmt"
	"sync"

	kafkago "github.com/segmentio/kafka-go"
)

// session is a producer id with its epoch; generation counts the sessions of
// this process.
type session struct {
	id         int64
	epoch      int16
	generation int
}

// sessions holds the one session that all partitions send in.
type sessions struct {
	mu      sync.Mutex
	current session
	valid   bool
}

// lose ends a session, unless a later one has begun.
func (s *sessions) lose(lost session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.generation == lost.generation {
		s.valid = false
	}
}

// session returns the current session, or begins one.
func (p *Publisher) session(ctx context.Context) (session, error) {
	p.sessions.mu.Lock()
	defer p.sessions.mu.Unlock()
	if p.sessions.valid {
		return p.sessions.current, nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.config.RequestTimeout)
	defer cancel()
	res, err := p.client.InitProducerID(ctx, &kafkago.InitProducerIDRequest{ProducerID: -1, ProducerEpoch: -1})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return session{}, fmt.Errorf("begin a producer session: %w", err)
	}
	p.sessions.valid = true
	p.sessions.current = session{
		id:         int64(res.Producer.ProducerID),
		epoch:      int16(res.Producer.ProducerEpoch),
		generation: p.sessions.current.generation + 1,
	}
	p.metrics.sessions.Inc()
	return p.sessions.current, nil
}
