package publish

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TestGaugesShowOnlyCellsWhoseActivePeopleAreShown, rule 19.
func TestGaugesShowOnlyCellsWhoseActivePeopleAreShown(t *testing.T) {
	conn := tables(t)
	c := newCompany(rand.New(rand.NewPCG(3, 7)))
	count := func() map[string]int {
		registry := prometheus.NewRegistry()
		gauges, err := NewGauges(registry)
		if err != nil {
			t.Fatal(err)
		}
		if err := gauges.Refresh(t.Context(), conn, c.draft.Period); err != nil {
			t.Fatal(err)
		}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		samples := map[string]int{}
		for _, f := range families {
			samples[strings.TrimPrefix(f.GetName(), "ai_adoption_")] = len(f.GetMetric())
		}
		return samples
	}
	publish := func() {
		if _, err := Publish(t.Context(), conn, c.draft, Publication{}, DefaultConfig(), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	publish()
	all := count()
	for _, name := range []string{"active_users", "eligible_users", "headcount", "habitual_users", "tier_users", "seats", "idle_seats"} {
		if all[name] == 0 {
			t.Errorf("no samples of %s", name)
		}
	}
	if all["tier_users"] != 5*all["habitual_users"] {
		t.Errorf("%d samples of five tiers, %d of habits", all["tier_users"], all["habitual_users"])
	}
	// Other rows are shown still, their counts must go with those of the active people.
	veiled := make([]bool, len(c.draft.Eligible))
	for at := range veiled {
		veiled[at] = true
	}
	c.draft.Tables[0].Veiled = veiled
	publish()
	for name, n := range count() {
		if n > 0 && !strings.HasPrefix(name, "week_") {
			t.Errorf("%d samples of %s without active people", n, name)
		}
	}
}
