package adoption_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// TestAPIAndGauges of a final week.
func TestAPIAndGauges(t *testing.T) {
	conn := tables(t)
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	registry := prometheus.NewRegistry()
	o, err := adoption.New(adoption.DefaultConfig(), adoption.Deps{Conn: conn, Logger: slog.New(slog.DiscardHandler), Registerer: registry,
		Clock: func() time.Time { return now }, Tools: categories})
	if err != nil {
		t.Fatal(err)
	}
	office().storePeople(t, conn)
	adoptiontest.InsertEvents(t, conn, prompts("2026-11-10"))
	settle(t, o, conn)
	round(t, o)
	want := `# HELP ai_adoption_week_end_timestamp_seconds End of the last final week, midnight UTC after its Sunday.
# TYPE ai_adoption_week_end_timestamp_seconds gauge
ai_adoption_week_end_timestamp_seconds 1.7792352e+09
`
	want = strings.Replace(want, "1.7792352e+09", fmt.Sprintf("%v", float64(time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC).Unix())), 1)
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "ai_adoption_week_end_timestamp_seconds"); err != nil {
		t.Error(err)
	}
	if got := gauge(t, registry, "ai_adoption_active_users", "any", "d0"); got != 10 {
		t.Errorf("active users of d0: %v", got)
	}
	if got := gauge(t, registry, "ai_adoption_eligible_users", "chatgpt", "d1"); got != 30 {
		t.Errorf("eligible users of d1: %v", got)
	}
	server := httptest.NewServer(adoption.Handler(adoption.DefaultConfig(), conn, slog.New(slog.DiscardHandler), publish.VerifierFunc(func(token string) int {
		return map[string]int{"reader": http.StatusOK, "sender": http.StatusForbidden}[token]
	})))
	defer server.Close()
	for path, want := range map[string]int{
		"/api/v1/figures?metric=reach&by=department&tool=any&period=2026-11-09&grain=week": 2,
		"/api/v1/figures?metric=reach&by=role,department&tool=any":                         2 * weeksTo(now),
		"/api/v1/figures?period=2020-01-06":                                                0,
	} {
		var rows []map[string]any
		get(t, server.URL+path, "reader", http.StatusOK, &rows)
		if rows == nil || len(rows) != want {
			t.Errorf("%s: %d rows, want %d", path, len(rows), want)
		}
	}
	var row []map[string]any
	get(t, server.URL+"/api/v1/figures?metric=adoption_rate&by=total&tool=any&period=2026-11-09", "reader", http.StatusOK, &row)
	if row[0]["group"] != 60.0 || row[0]["numerator"] != 20.0 || row[0]["definition"] != "adoption_rate.v1" || row[0]["period"] != "2026-11-09" || row[0]["suppressed"] != false {
		t.Errorf("%v", row[0])
	}
	var definitions struct {
		K       int
		Metrics []map[string]any
	}
	get(t, server.URL+"/api/v1/definitions", "reader", http.StatusOK, &definitions)
	if definitions.K != 5 || len(definitions.Metrics) != len(adoption.MetricNames()) {
		t.Errorf("%+v", definitions)
	}
	var problem map[string]string
	get(t, server.URL+"/api/v1/figures?colour=red", "reader", http.StatusBadRequest, &problem)
	if !strings.HasPrefix(problem["error"], "colour: ") {
		t.Errorf("%v", problem)
	}
	get(t, server.URL+"/api/v1/figures", "sender", http.StatusForbidden, &problem)
	get(t, server.URL+"/api/v1/figures", "nobody", http.StatusUnauthorized, &problem)
}

// weeksTo counts the weeks from that of the events on.
func weeksTo(now time.Time) int {
	return int(now.Sub(time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)).Hours())/24/7 + 1
}

func get(t *testing.T, url, token string, status int, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		t.Fatalf("%s: %d %s, %v", url, response.StatusCode, body, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("%s: %v in %s", url, err, body)
	}
}

// gauge is the sample of a department.
func gauge(t *testing.T, registry *prometheus.Registry, name, tool, department string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				if l.GetValue() != "" {
					labels[l.GetName()] = l.GetValue()
				}
			}
			if family.GetName() == name && len(labels) == 2 && labels["tool"] == tool && labels["department"] == department {
				return m.GetGauge().GetValue()
			}
		}
	}
	t.Fatalf("%s has no sample for %s, %s", name, tool, department)
	return 0
}
