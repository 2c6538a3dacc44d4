package main

import (
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

func TestExplainAndRebuildRefuseWrongUse(t *testing.T) {
	for _, arguments := range []string{
		"explain", "explain nonsense", "explain adoption_rate reach", "explain adoption_rate --statistic gini", "explain concentration --statistic power", "explain adoption_rate --dimensions role",
		"explain adoption_rate --period soon", "explain adoption_rate --grain month", "explain adoption_rate --format csv", "rebuild", "rebuild --from soon", "rebuild --from 2999-01-01", "coverage now",
	} {
		if got := run(strings.Fields(arguments)); got != exitUsage {
			t.Errorf("uptake %s: exit status %d", arguments, got)
		}
	}
}

func TestStatisticsStandForDimensions(t *testing.T) {
	for statistic, want := range map[string]string{"tier_share power": "tier=power", "flow lapsed": "flow=lapsed", "depth p90": "statistic=p90", "retention week8": "statistic=week8"} {
		metric, kind, _ := strings.Cut(statistic, " ")
		asked := explainAsked{statistic: kind, tool: "any"}
		if _, err := asked.filter(metric); err != nil || dimensionWords(asked.dimensions) != want {
			t.Errorf("%s: %v, %v", statistic, asked.dimensions, err)
		}
	}
}

// TestExplanationText says as much of a figure as was published.
func TestExplanationText(t *testing.T) {
	shown := row("role_gap", 0.125, "role_a", "editor", "role_b", "writer")
	shown.Watermark = time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC)
	x := adoption.Explanation{Row: shown, SQL: "SELECT 1", Excluded: []adoption.Left{{Reason: "people on long leave", Count: "about 35"}}}
	for _, d := range figure.Definitions() {
		if d.Metric == "role_gap" {
			x.Definition = d
		}
	}
	text := explanationText(x)
	for _, want := range []string{"role_gap of role_a=editor, role_b=writer, tool any, week of 2026-11-09", "+12.5 points (0.125)", "0.115 to 0.135", "42 people", "final", "2026-11-19T12:00:00Z", "about 35", "SELECT 1", x.Definition.Formula} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	dark := row("reach", 0, "team", "small")
	dark.Value, dark.Low, dark.High, dark.Group, dark.Suppressed = nil, nil, nil, nil, true
	if text := explanationText(adoption.Explanation{Row: dark}); !strings.Contains(text, "Suppressed") || strings.Contains(text, "SQL that gives") || strings.Contains(text, "Left out") {
		t.Error(text)
	}
	dark.Suppressed, dark.State = false, publish.Unknown
	if text := explanationText(adoption.Explanation{Row: dark}); !strings.Contains(text, "not zero") {
		t.Error(text)
	}
}
