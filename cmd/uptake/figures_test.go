package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

func TestDefinitionsPageIsUpToDate(t *testing.T) {
	text, err := os.ReadFile("../../docs/definitions.md")
	if err != nil {
		t.Fatal(err)
	}
	page, err := withMetrics(string(text), figure.Definitions())
	if err != nil || page != string(text) {
		t.Errorf("docs/definitions.md is not what the program writes: run make generate (%v)", err)
	}
	if _, err := withMetrics("no marks", figure.Definitions()); err == nil {
		t.Error("a page without marks is written")
	}
}

// row is a published row of a kind with a value.
func row(metric string, value float64, dimensions ...string) publish.Row {
	group, low, high := publish.Group("42"), value-0.01, value+0.01
	r := publish.Row{Metric: metric, Grain: "week", Period: publish.Date{Time: time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)}, Tool: "any", Dimensions: map[string]string{},
		Value: &value, Low: &low, High: &high, Group: &group, State: publish.Final}
	for i := 0; i < len(dimensions); i += 2 {
		r.Dimensions[dimensions[i]] = dimensions[i+1]
	}
	return r
}

func TestFiguresAreShownInTheirUnits(t *testing.T) {
	for _, c := range []struct {
		row  publish.Row
		want string
	}{
		{row("adoption_rate", 0.42), "adoption_rate|total|42.0 %|41.0 to 43.0|42|any|2026-11-09|final"},
		{row("tier_share", 0.1, "tier", "power", "role", "writer"), "tier_share power|writer|10.0 %|9.0 to 11.0|42|any|2026-11-09|final"},
		{row("flow", 12, "flow", "new", "department", "it", "role", "administrator of databases"), "flow new|it / administrator of …|12|12 to 12|42|any|2026-11-09|final"},
		{row("role_gap", -0.125, "role_a", "editor", "role_b", "writer"), "role_gap|editor - writer|-12.5 points|-13.5 to -11.5|42|any|2026-11-09|final"},
		{row("role_gap", 1.25, "seniority_a", "executive", "seniority_b", "entry", "statistic", "ratio"), "role_gap ratio|executive - entry|1.25 times|1.24 to 1.26|42|any|2026-11-09|final"},
		{row("idle_seats", 99.5, "statistic", "monthly_usd"), "idle_seats monthly_usd|total|99.50 USD|99.49 to 99.51|42|any|2026-11-09|final"},
		{row("time_to_first_use", 3, "statistic", "median"), "time_to_first_use median|total|3 days|3 to 3|42|any|2026-11-09|final"},
		{row("concentration", 0.5, "statistic", "gini"), "concentration gini|total|0.50|0.49 to 0.51|42|any|2026-11-09|final"},
	} {
		var cells []string
		for _, cell := range readableFigures([]publish.Row{c.row}).rows[0] {
			cells = append(cells, cellText(cell))
		}
		if got := strings.Join(cells, "|"); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestColumnsThatSayTheSameAreSaidOnce(t *testing.T) {
	other := row("adoption_rate", 0.2, "role", "writer")
	other.State = publish.Corrected
	figures := readableFigures([]publish.Row{row("adoption_rate", 0.4), other})
	if said := figures.lift("period", "tool", "state"); said != "period 2026-11-09, tool any" || strings.Join(figures.columns, " ") != "figure group value interval people state" || len(figures.rows[1]) != 6 {
		t.Errorf("%s: %+v", said, figures)
	}
}

// TestEveryUnitIsOfAKindThatExists, so that a renamed statistic is not shown as a share.
func TestEveryUnitIsOfAKindThatExists(t *testing.T) {
	kinds := map[string]bool{}
	for _, d := range figure.Definitions() {
		kinds[d.Metric] = true
		for _, s := range d.Statistics {
			kinds[strings.TrimSpace(d.Metric+" "+s.Dimensions["statistic"])] = true
		}
	}
	for kind := range units {
		if !kinds[kind] {
			t.Errorf("there is no %s", kind)
		}
	}
}

func TestStatisticsAreFiltered(t *testing.T) {
	rows := func() []publish.Row {
		return []publish.Row{row("concentration", 0.5), row("concentration", 0.4, "statistic", "gini"), row("tier_share", 0.1, "tier", "power")}
	}
	for statistic, want := range map[string]int{"": 3, "value": 1, "gini": 1, "power": 1, "low": 0} {
		if got := ofStatistic(rows(), statistic); len(got) != want {
			t.Errorf("--statistic %q gives %d rows, want %d", statistic, len(got), want)
		}
	}
}

func TestOverviewNumbers(t *testing.T) {
	gaps := widestGap([]publish.Row{row("role_gap", 0.05, "role_a", "a", "role_b", "b"), row("role_gap", -0.2, "role_a", "a", "role_b", "c"), row("role_gap", 0.9, "seniority_a", "x", "seniority_b", "y")})
	if len(gaps) != 1 || gaps[0].Value != "20 points" || strings.Join(gaps[0].Notes, " · ") != "c over a · 19 to 21" {
		t.Errorf("%+v", gaps)
	}
	seats := idleSeats([]publish.Row{row("idle_seats", 7), row("idle_seats", 140, "statistic", "monthly_usd"), row("idle_seats", 3, "role", "a"), row("idle_seats", 1, "role", "a", "statistic", "monthly_usd")})
	if len(seats) != 1 || seats[0].Value != "7" || strings.Join(seats[0].Notes, "") != "140 USD a month" {
		t.Errorf("%+v", seats)
	}
	if len(widestGap(nil)) != 0 || len(idleSeats(nil)) != 0 {
		t.Error("numbers without rows")
	}
}
