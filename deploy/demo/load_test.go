package demo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/uptake-telemetry/uptake/deploy/demo"
)

// door stands for the collector: it keeps ids and does what the test says first.
type door struct {
	mu    sync.Mutex
	calls int
	ids   map[string]bool
	// before may answer a call itself; it then returns true.
	before func(call int, w http.ResponseWriter) bool
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	if d.before != nil && d.before(d.calls, w) {
		return
	}
	if r.URL.Path != "/v1/events" || r.Header.Get("Authorization") != "Bearer t" || r.Header.Get("Content-Type") != demo.ContentType {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	lines := bytes.Split(bytes.TrimSpace(body), []byte("\n"))
	for _, line := range lines {
		id, _, _ := strings.Cut(strings.TrimPrefix(string(line), `{"id":"`), `"`)
		d.ids[id] = true
	}
	fmt.Fprintf(w, `{"accepted": %d, "rejected": []}`, len(lines))
}

// RoundTrip lets the door be called without a network, so that time can be faked.
func (d *door) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

func load(ctx context.Context, d *door, progress func(done, total int)) (demo.Result, int, error) {
	company := demo.New(demo.DefaultSeed, days[0])
	// The first weeks are enough to see how loading goes.
	now := days[0].AddDate(0, 0, -7*24)
	result, err := demo.Load(ctx, demo.Options{
		Company: company, Now: now, Endpoint: "http://collector/", Token: "t",
		Client: &http.Client{Transport: d}, Progress: progress,
	})
	return result, company.Count(now), err
}

func TestLoadSendsEveryEventOnce(t *testing.T) {
	d := &door{ids: map[string]bool{}}
	last := 0
	result, count, err := load(t.Context(), d, func(done, total int) {
		if done <= last || done > total {
			t.Errorf("progress went from %d to %d of %d", last, done, total)
		}
		last = done
	})
	if err != nil || result.Accepted != count || len(d.ids) != count || last != count {
		t.Errorf("%+v, %d ids, progress to %d, of %d events: %v", result, len(d.ids), last, count, err)
	}
}

func TestLoadWaitsForABusyCollector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &door{ids: map[string]bool{}, before: func(call int, w http.ResponseWriter) bool {
			switch {
			case call <= 4:
				w.Header().Set("Retry-After", "30")
				w.WriteHeader(http.StatusServiceUnavailable)
			case call <= 6:
				w.WriteHeader(http.StatusTooManyRequests)
			default:
				return false
			}
			return true
		}}
		begun := time.Now()
		result, count, err := load(t.Context(), d, nil)
		if err != nil || result.Accepted != count || len(d.ids) != count {
			t.Errorf("%+v of %d events: %v", result, count, err)
		}
		if waited := time.Since(begun); waited < 30*time.Second {
			t.Errorf("waited %s though the collector asked for 30 s", waited)
		}
	})
}

func TestLoadGivesUp(t *testing.T) {
	for name, status := range map[string]int{"a wrong token at once": http.StatusUnauthorized, "a collector that stays away in the end": http.StatusServiceUnavailable} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &door{before: func(_ int, w http.ResponseWriter) bool { w.WriteHeader(status); return true }}
				_, _, err := load(t.Context(), d, nil)
				if err == nil || !strings.Contains(err.Error(), fmt.Sprint(status)) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestLoadTellsRefusals(t *testing.T) {
	d := &door{ids: map[string]bool{}, before: func(call int, w http.ResponseWriter) bool {
		if call > 1 {
			return false
		}
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"accepted": 0, "rejected": [{"index": 0, "code": "unknown_tool", "field": "tool", "message": "no such tool"}]}`)
		return true
	}}
	result, _, err := load(t.Context(), d, nil)
	if err != nil || result.Rejected != 1 || result.Refusal != "unknown_tool (tool): no such tool" {
		t.Errorf("%+v: %v", result, err)
	}
}

func TestLoadStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := &door{before: func(_ int, w http.ResponseWriter) bool {
		cancel()
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}}
	if _, _, err := load(ctx, d, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
