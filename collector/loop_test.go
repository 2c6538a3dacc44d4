package collector

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/uptake-telemetry/uptake/schema"
)

// between is on the way from one collector to another, as a collector of another
// kind may be: it logs in, and may lose the mark.
type between struct {
	*httptest.Server
	to     atomic.Pointer[staged]
	traces atomic.Int64
}

func startBetween(t *testing.T, losesMark bool) *between {
	t.Helper()
	b := &between{}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		to := b.to.Load()
		address, _ := url.Parse(to.url)
		r.SetURL(address)
		r.Out.Header.Set("Authorization", "Bearer "+to.token)
		if losesMark {
			r.Out.Header.Del(schema.TelemetryHeader)
		}
	}, Transport: &http.Transport{DisableKeepAlives: true}}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/traces" {
			b.traces.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(b.Close)
	return b
}

// value sums the series of a metric that have the label.
func (s *staged) value(t *testing.T, name, label string) (sum float64) {
	t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

// Two collectors that tell each other of themselves tell of the one request that
// came from outside, and never of each other's telling.
func TestCollectorsThatTellEachOtherOfThemselvesComeToAnEnd(t *testing.T) {
	for name, losesMark := range map[string]bool{"marked": false, "on ways that lose the mark": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			toA, toB := startBetween(t, losesMark), startBetween(t, losesMark)
			a, stopA := startObserved(t, toB.URL, nil)
			b, stopB := startObserved(t, toA.URL, nil)
			for _, s := range []*staged{a, b} {
				s.intake.spool = s
				s.run(t)
			}
			toA.to.Store(a)
			toB.to.Store(b)
			if status, _ := a.sendEvents(t, "application/json", event("")); status != http.StatusOK {
				t.Fatalf("status %d", status)
			}
			const rounds = 4
			for _, s := range []*staged{a, b} {
				waitUntil(t, "exports in both directions", func() bool {
					return s.value(t, "uptake_collector_own_telemetry_requests_total", "") >= rounds
				})
			}
			stopA()
			stopB()
			if toB.traces.Load() != 1 || toA.traces.Load() != 0 {
				t.Errorf("%d and %d exports of traces, want that of one request alone", toB.traces.Load(), toA.traces.Load())
			}
			if b.value(t, "uptake_collector_records_ignored_total", "unknown") == 0 {
				t.Error("the telemetry is not counted as ignored")
			}
			if events, letters := b.events(t); len(events) != 0 || len(letters) != 0 {
				t.Errorf("of the telemetry became %d events and %d letters", len(events), len(letters))
			}
		})
	}
}
