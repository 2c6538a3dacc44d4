package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// door answers calls without a network, so that time can be faked.
type door func(call int, w http.ResponseWriter)

func (d door) sender() *sender {
	calls := 0
	s := newSender("http://collector/", "t")
	s.client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != "{}" || r.URL.String() != "http://collector/v1/events" || r.Header.Get("Authorization") != "Bearer t" {
			return nil, fmt.Errorf("%s with %q: %w", r.URL, body, err)
		}
		calls++
		w := httptest.NewRecorder()
		d(calls, w)
		return w.Result(), nil
	})}
	return s
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var emptyEvent = recording{path: "/v1/events", contentType: "application/json", body: []byte("{}")}

func TestABusyCollectorIsWaitedForAsLongAsItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := door(func(call int, w http.ResponseWriter) {
			switch call {
			case 1:
				w.Header().Set("Retry-After", "30")
				w.WriteHeader(http.StatusServiceUnavailable)
			case 2:
				w.WriteHeader(http.StatusTooManyRequests)
			default:
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, `{"accepted": 1}`)
			}
		}).sender()
		begun := time.Now()
		answer, err := s.post(t.Context(), emptyEvent)
		if err != nil || answer != `{"accepted": 1}` {
			t.Errorf("%q: %v", answer, err)
		}
		if waited := time.Since(begun); waited < 30*time.Second {
			t.Errorf("waited %s though the collector asked for 30 s", waited)
		}
	})
}

func TestSendingGivesUp(t *testing.T) {
	for name, c := range map[string]struct{ status, calls int }{
		"a wrong token at once":                   {http.StatusUnauthorized, 1},
		"a collector that stays away, in the end": {http.StatusServiceUnavailable, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				s := door(func(call int, w http.ResponseWriter) { calls = call; w.WriteHeader(c.status) }).sender()
				if _, err := s.post(t.Context(), emptyEvent); err == nil || !strings.Contains(err.Error(), fmt.Sprint(c.status)) {
					t.Errorf("got %v", err)
				}
				if calls < c.calls || c.calls == 1 && calls > 1 {
					t.Errorf("%d calls", calls)
				}
			})
		})
	}
}

func TestSendingStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := door(func(_ int, w http.ResponseWriter) {
		cancel()
		w.WriteHeader(http.StatusServiceUnavailable)
	}).sender()
	if _, err := s.post(ctx, emptyEvent); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
