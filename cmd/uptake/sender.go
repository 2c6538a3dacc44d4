package main

import (
	"bytes"
	"context"
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
	patience   = time.Minute
)

// sender posts bodies to a collector, for `uptake send` and for the demo.
type sender struct {
	client   *http.Client
	endpoint string
	token    string
}

func newSender(endpoint, token string) *sender {
	return &sender{client: &http.Client{Timeout: time.Minute}, endpoint: strings.TrimSuffix(endpoint, "/"), token: token}
}

// passing is a failure that may be gone after a while.
type passing struct {
	error
	after time.Duration // What the collector asked for, 0 without a wish.
}

// post sends a body until the collector takes or refuses it, or patience ends.
func (s *sender) post(ctx context.Context, r recording) (string, error) {
	pause, deadline := firstPause, time.Now().Add(patience)
	for {
		answer, err := s.postOnce(ctx, r)
		var p passing
		if err == nil || !errors.As(err, &p) {
			return answer, err
		}
		wait := max(p.after, pause/2+rand.N(pause))
		if time.Now().Add(wait).After(deadline) {
			return "", fmt.Errorf("gave up after %s: %w", patience, p.error)
		}
		if err := sleep(ctx, wait); err != nil {
			return "", errors.Join(err, p.error)
		}
		pause = min(2*pause, longPause)
	}
}

func (s *sender) postOnce(ctx context.Context, r recording) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint+r.path, bytes.NewReader(r.body))
	if err != nil {
		return "", fmt.Errorf("address the collector: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", r.contentType)
	if r.contentEncoding != "" {
		request.Header.Set("Content-Encoding", r.contentEncoding)
	}
	response, err := s.client.Do(request)
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err != nil:
		return "", passing{error: fmt.Errorf("reach the collector: %w", err)}
	}
	defer response.Body.Close()
	return readAnswer(response)
}

// readAnswer sorts the answers: taken, to be tried again, or refused.
func readAnswer(response *http.Response) (string, error) {
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return "", passing{fmt.Errorf("the collector asks to wait: %s", response.Status), retryAfter(response.Header)}
	case http.StatusOK:
	default:
		return "", fmt.Errorf("the collector answered %s: %s", response.Status, strings.TrimSpace(string(text)))
	}
	if err != nil {
		return "", passing{error: fmt.Errorf("read the collector's answer: %w", err)}
	}
	if strings.Contains(response.Header.Get("Content-Type"), "json") {
		return string(text), nil
	}
	return "taken", nil
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

// sleep returns early, and with the reason, when the context ends.
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
