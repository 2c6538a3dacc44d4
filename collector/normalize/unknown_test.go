package normalize

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

func TestFingerprintsShowPublicPrefixesOnly(t *testing.T) {
	p := setUp(t).pseudonymizer
	for scope, prefix := range map[string]string{
		"ada@example.com": "", "io.opentelemetry.ada-secret": "io.opentelemetry.* ", "@opentelemetry/instrumentation-http": "@opentelemetry/* ",
		"go.opentelemetry.io/contrib": "go.opentelemetry.io/* ", "": "", "x.opentelemetry.y": "",
	} {
		got := Fingerprint(p, "billing", scope)
		digits, found := strings.CutPrefix(got, prefix)
		if Published(got) != (prefix != "") {
			t.Errorf("%q is taken for the wrong kind", got)
		}
		if !found || len(digits) != 8 || strings.Trim(digits, "0123456789abcdef") != "" {
			t.Errorf("%q is called %q", scope, got)
		}
	}
	if ab := Fingerprint(p, "a", "b"); ab == Fingerprint(p, "ab", "") || ab == Fingerprint(p, "a", "c") || ab != Fingerprint(setUp(t).pseudonymizer, "A", "b") {
		t.Error("fingerprints do not tell names apart")
	}
	if got := Fingerprint(p, schema.TelemetryService, "x"); got != schema.TelemetryService {
		t.Errorf("a collector is called %q", got)
	}
}

func TestUnknownRecordsAreCountedByOriginOnceStored(t *testing.T) {
	f := setUp(t)
	from := tools.Origin{Signal: tools.Spans, Service: "billing", Scope: "lib"}
	count := func() float64 {
		return testutil.ToFloat64(f.metrics.unknown.records.WithLabelValues("spans", Fingerprint(f.pseudonymizer, "billing", "lib")))
	}
	for _, stored := range []bool{false, true, true} {
		b := f.Begin(Sender{}, now)
		b.Unknown(from, 2)
		b.Unknown(tools.Origin{Signal: tools.Spans, Service: "other", Scope: "lib"}, 1)
		b.Unknown(from, 3)
		b.Close(stored)
	}
	if n, ignored := count(), testutil.ToFloat64(f.metrics.ignoredOf(nil)); n != 10 || ignored != 12 {
		t.Errorf("%v of the scope and %v altogether, want 10 and 12", n, ignored)
	}
}

func TestUnknownOriginsAreBounded(t *testing.T) {
	f := setUp(t)
	for range 2 {
		b := f.Begin(Sender{}, now)
		for i := range 1000 {
			b.Unknown(tools.Origin{Signal: tools.Logs, Scope: fmt.Sprint(i)}, 1)
		}
		if len(b.unknown) > maxUnknown+1 {
			t.Errorf("a batch tells %d origins apart", len(b.unknown))
		}
		b.Close(true)
		b = f.Begin(Sender{}, now)
		b.Unknown(tools.Origin{Signal: tools.Logs, Scope: "late"}, 1)
		b.Close(true)
	}
	if n := testutil.CollectAndCount(f.metrics.unknown.records); n > maxUnknown+1 {
		t.Errorf("%d series", n)
	}
	if n := testutil.ToFloat64(f.metrics.unknown.records.WithLabelValues("logs", otherScopes)); n != 2*(1000-maxUnknown)+2 {
		t.Errorf("%v others, want %d", n, 2*(1000-maxUnknown)+2)
	}
}
