package normalize

import (
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// Names of services and scopes can hold anything, so what no tool sends is
// counted under a fingerprint of both. Whoever guesses the names and has the
// identity key can make it again.

// scopeIdentifier keeps the fingerprints apart from the pseudonyms of persons.
const scopeIdentifier schema.IdentifierKind = "scope:"

// fingerprintBytes of a fingerprint are shown: enough to tell some dozens apart.
const fingerprintBytes = 4

// publicPrefixes are those of published instrumentation, which is no AI tool's.
// What follows them is not shown.
var publicPrefixes = []string{"io.opentelemetry.", "opentelemetry.", "@opentelemetry/", "go.opentelemetry.io/"}

// Fingerprint is how records of the service and scope are called while no file
// of the catalogue knows them: eight hexadecimal digits, behind a public prefix
// of the scope where it has one. Telemetry of a collector has its plain name.
func Fingerprint(p *schema.Pseudonymizer, service, scope string) string {
	if service == schema.TelemetryService {
		// The service shares the body's memory, which other requests fill next.
		return schema.TelemetryService
	}
	digits := schema.PseudonymString(p.Append(nil, scopeIdentifier, service+"\x00"+scope)[:fingerprintBytes])
	for _, prefix := range publicPrefixes {
		if strings.HasPrefix(scope, prefix) {
			return prefix + anyRest + digits
		}
	}
	return digits
}

// anyRest stands for what follows a public prefix.
const anyRest = "* "

// Published says whether the fingerprint is that of published instrumentation.
func Published(fingerprint string) bool { return strings.Contains(fingerprint, anyRest) }

// unknown counts records of one origin in a batch.
type unknown struct {
	tools.Origin
	fingerprint string
	n           int
}

// Bounds of what is told apart, in a batch and in the metrics.
const (
	maxUnknown  = 64
	otherScopes = "other"
)

// Unknown counts records that are no known tool's.
func (b *Batch) Unknown(from tools.Origin, n int) {
	b.Ignore(nil, n)
	// The newest first: records of one scope come together.
	for i := len(b.unknown) - 1; i >= 0; i-- {
		if b.unknown[i].Origin == from {
			b.unknown[i].n += n
			return
		}
	}
	if len(b.unknown) > maxUnknown {
		b.unknown[maxUnknown].n += n
		return
	}
	added := unknown{Origin: tools.Origin{Signal: from.Signal}, fingerprint: otherScopes, n: n}
	if len(b.unknown) < maxUnknown {
		added.Service, added.Scope = strings.Clone(from.Service), strings.Clone(from.Scope)
		added.fingerprint = Fingerprint(b.n.pseudonymizer, from.Service, from.Scope)
	}
	b.unknown = append(b.unknown, added)
}

// strangers counts records of no known tool for as long as the process runs.
type strangers struct {
	records *prometheus.CounterVec
	mu      sync.Mutex
	known   map[string]bool
}

func newStrangers() *strangers {
	return &strangers{known: map[string]bool{}, records: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "uptake_collector_records_unknown_total",
		Help: "Telemetry records of no known tool, by signal and fingerprint of service and scope; `uptake doctor` explains them.",
	}, []string{"signal", "scope"})}
}

func (s *strangers) add(u *unknown) {
	s.records.WithLabelValues(u.Signal.String(), s.admit(u.fingerprint)).Add(float64(u.n))
}

// admit bounds the labels: the first fingerprints have one each.
func (s *strangers) admit(fingerprint string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known[fingerprint] {
		if len(s.known) >= maxUnknown {
			return otherScopes
		}
		s.known[fingerprint] = true
	}
	return fingerprint
}
