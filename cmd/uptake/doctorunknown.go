package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	dto "github.com/prometheus/client_model/go"

	"github.com/uptake-telemetry/uptake/collector/normalize"
	"github.com/uptake-telemetry/uptake/schema"
)

// shownScopes bounds how many unknown scopes are named one by one.
const shownScopes = 5

// examineUnknown tells of telemetry that no file of the catalogue knows. It may
// be a tool whose use is not counted, or instrumentation of something else.
func (e *examination) examineUnknown(families map[string]*dto.MetricFamily) {
	var series []*dto.Metric
	var rest float64
	for _, m := range families["uptake_collector_records_unknown_total"].GetMetric() {
		if label(m, "scope") != schema.TelemetryService && m.GetCounter().GetValue() > 0 {
			series = append(series, m)
		}
	}
	if len(series) == 0 {
		e.found.add(severityOK, "unknown", "all telemetry is of known tools", "", "")
		return
	}
	slices.SortStableFunc(series, func(a, b *dto.Metric) int {
		return cmp.Compare(b.GetCounter().GetValue(), a.GetCounter().GetValue())
	})
	for i, m := range series {
		if i >= shownScopes {
			rest += m.GetCounter().GetValue()
			continue
		}
		e.found.add(severityNote, "unknown", "telemetry of no known tool",
			fmt.Sprintf("%.0f %s of %s since the start", m.GetCounter().GetValue(), label(m, "signal"), label(m, "scope")), mendOf(label(m, "scope")))
	}
	if rest > 0 {
		e.found.add(severityNote, "unknown", "telemetry of further scopes", fmt.Sprintf("%.0f records of %d scopes", rest, len(series)-shownScopes), "they are in uptake_collector_records_unknown_total")
	}
}

// mendOf says what to do about an unknown scope.
func mendOf(scope string) string {
	if normalize.Published(scope) {
		return "nothing: this is instrumentation of something else, which may export elsewhere"
	}
	return "test a guess with uptake doctor --service NAME --scope NAME; a file of your own makes a tool known"
}

// printFingerprint prints how records of the service and scope are called while
// nothing knows them.
func printFingerprint(w io.Writer, c Config, service, scope string) error {
	pseudonyms, err := c.pseudonymizer()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, normalize.Fingerprint(pseudonyms, service, scope))
	return err
}
