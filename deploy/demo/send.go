package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Bounds of the waiting for a collector that is busy or away.
const (
	firstPause = 100 * time.Millisecond
	longPause  = 5 * time.Second
	patience   = 2 * time.Minute
)

// answer is the body with which the front door answers.
type answer struct {
	Accepted int       `json:"accepted"`
	Rejected []refusal `json:"rejected"`
}

type refusal struct {
	Code    string `json:"code"`
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (r refusal) String() string { return fmt.Sprintf("%s (%s): %s", r.Code, r.Field, r.Message) }

type sender struct {
	client  *http.Client
	address string
	token   string
}

func newSender(o Options) *sender {
	client := o.Client
	if client == nil {
		client = &http.Client{Timeout: time.Minute}
	}
	return &sender{client: client, address: strings.TrimSuffix(o.Endpoint, "/") + "/v1/events", token: o.Token}
}

// passing is a failure that may be gone after a while.
type passing struct {
	error
	after time.Duration // What the collector asked for, 0 without a wish.
}

// send posts a batch until it is answered, fails for good, or patience ends.
func (s *sender) send(ctx context.Context, b Batch) (answer, error) {
	pause, deadline := firstPause, time.Now().Add(patience)
	for {
		a, err := s.post(ctx, b)
		var p passing
		if err == nil || !errors.As(err, &p) {
			return a, err
		}
		wait := max(p.after, pause/2+rand.N(pause))
		if time.Now().Add(wait).After(deadline) {
			return answer{}, fmt.Errorf("gave up after %s: %w", patience, p.error)
		}
		if err := sleep(ctx, wait); err != nil {
			return answer{}, err
		}
		pause = min(2*pause, longPause)
	}
}

func (s *sender) post(ctx context.Context, b Batch) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address, bytes.NewReader(b.Body))
	if err != nil {
		return answer{}, fmt.Errorf("addressing the collector: %w", err)
	}
	request.Header.Set("Content-Type", ContentType)
	request.Header.Set("Authorization", "Bearer "+s.token)
	response, err := s.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return answer{}, context.Cause(ctx)
		}
		return answer{}, passing{error: fmt.Errorf("reaching the collector: %w", err)}
	}
	defer response.Body.Close() //nolint:errcheck // Nothing is lost with a body that was read.
	return read(response)
}

// read sorts the answers: taken or refused event by event, to be tried again, or in vain.
func read(response *http.Response) (answer, error) {
	status := response.StatusCode
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	switch {
	case status == http.StatusTooManyRequests || status >= 500:
		return answer{}, passing{fmt.Errorf("the collector answered %d", status), retryAfter(response.Header)}
	case err != nil:
		return answer{}, passing{error: fmt.Errorf("reading the collector's answer: %w", err)}
	case status != http.StatusOK && status != http.StatusBadRequest:
		return answer{}, fmt.Errorf("the collector answered %d", status)
	}
	var a answer
	if err := json.Unmarshal(body, &a); err != nil || a.Accepted+len(a.Rejected) == 0 {
		return answer{}, fmt.Errorf("the collector answered %d without saying what it took", status)
	}
	return a, nil
}

// retryAfter reads the header in both forms that HTTP knows.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
