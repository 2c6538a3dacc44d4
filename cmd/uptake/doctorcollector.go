package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/uptake-telemetry/uptake/collector/token"
)

const areaCollector = "collector"

// examineCollector asks the collector whether it is ready and what it counted
// since it started.
func (e *examination) examineCollector(ctx context.Context) {
	e.examineReadiness(ctx)
	families, err := e.families(ctx)
	if err != nil {
		e.found.unasked(areaCollector, "its metrics cannot be read", err, "start the collector, or name its metrics port in listen.metrics")
		return
	}
	e.examineRefusals(families)
	e.examineSpool(families)
	e.examineUnknown(families)
	e.examineVersion(families)
}

// collectorReady is the body of the collector's /readyz.
type collectorReady struct {
	Ready           bool
	Reason, Waiting string
}

func (e *examination) examineReadiness(ctx context.Context) {
	ready, err := readReady(ctx, "http://"+e.config.Listen.OTLPHTTP+"/readyz")
	switch {
	case err != nil:
		e.found.unasked(areaCollector, "it does not answer", err, "start it with uptake up or uptake collect, or name its port in listen.otlp_http")
	case !ready.Ready:
		e.found.add(severityFail, areaCollector, "it takes no events", ready.Reason, "see the reason; senders are asked to come again meanwhile")
	case ready.Waiting != "":
		e.found.add(severityWarn, areaCollector, "it takes events but cannot pass them on", ready.Waiting, "bring Kafka back; the spool empties by itself")
	default:
		e.found.add(severityOK, areaCollector, "it is ready", e.config.Listen.OTLPHTTP, "")
	}
}

func readReady(ctx context.Context, address string) (ready collectorReady, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return ready, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return ready, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err == nil {
		err = json.Unmarshal(body, &ready)
	}
	if err != nil {
		return ready, fmt.Errorf("%s is no readiness of a collector: %w", address, err)
	}
	return ready, nil
}

// refusals say what each status of a refused request means to the operator.
var refusals = []struct {
	statuses   []string
	what, mend string
}{
	{[]string{"401"}, "clients send without a token that is in force", "give them one (uptake token create) in OTEL_EXPORTER_OTLP_HEADERS, as in docs/sending.md"},
	{[]string{"403"}, "clients send with a token of another scope", "make them one with: uptake token create --scope ingest"},
	{[]string{"429", "503"}, "senders were asked to come again", "look at the spool and at Kafka; more room is in spool.max_bytes"},
	{[]string{"400", "405", "413", "415"}, "requests could not be read", "see docs/sending.md for forms and limits"},
	{[]string{"500"}, "requests failed by a fault of Uptake", "report it with the collector's log"},
}

// examineRefusals tells of requests that were not answered 200. A few of very
// many are the ordinary noise of a network.
func (e *examination) examineRefusals(families map[string]*dto.MetricFamily) {
	requests := requestsByStatus(families)
	var all uint64
	for _, n := range requests {
		all += n
	}
	quiet := true
	for _, r := range refusals {
		var n uint64
		for _, status := range r.statuses {
			n += requests[status]
		}
		if n == 0 {
			continue
		}
		quiet = false
		s := severityNote
		if n*100 >= all {
			s = severityWarn
		}
		e.found.add(s, "requests", r.what, fmt.Sprintf("%d of %d requests since the start", n, all), r.mend)
	}
	if quiet {
		e.found.add(severityOK, "requests", "all were taken", fmt.Sprintf("%d since the start", all), "")
	}
}

func requestsByStatus(families map[string]*dto.MetricFamily) map[string]uint64 {
	requests := map[string]uint64{}
	for _, m := range families["uptake_collector_request_duration_seconds"].GetMetric() {
		requests[label(m, "status")] += m.GetHistogram().GetSampleCount()
	}
	return requests
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

// Age of the oldest entry of the spool from which it is told.
const (
	spoolSlow  = time.Minute
	spoolStuck = 10 * time.Minute
)

func (e *examination) examineSpool(families map[string]*dto.MetricFamily) {
	value := func(name string) int64 { return sum(families["uptake_collector_spool_"+name]) }
	bytes, most, entries := value("bytes"), value("max_bytes"), value("entries")
	oldest := time.Duration(value("oldest_seconds")) * time.Second
	evidence := fmt.Sprintf("%d entries, %s of %s, the oldest waits %s", entries, size(bytes), size(most), span(oldest))
	const mend = "see whether Kafka answers and takes events; then the spool empties by itself"
	switch {
	case oldest > spoolStuck || most > 0 && bytes*10 > most*9:
		e.found.add(severityFail, "spool", "events do not leave it", evidence, mend)
	case oldest > spoolSlow || most > 0 && bytes*2 > most:
		e.found.add(severityWarn, "spool", "events leave it slowly", evidence, mend)
	default:
		e.found.add(severityOK, "spool", "events pass", evidence, "")
	}
	if n := value("corrupt_frames_total"); n > 0 {
		e.found.add(severityWarn, "spool", "damaged stretches were skipped", fmt.Sprint(n), "check the disk of the collector")
	}
	if n := value("write_errors_total"); n > 0 {
		e.found.add(severityWarn, "spool", "writes to the disk failed", fmt.Sprint(n), "check the disk of the collector; senders were told to come again")
	}
}

// examineVersion compares the program that runs with the one that asks.
func (e *examination) examineVersion(families map[string]*dto.MetricFamily) {
	var running []string
	for _, m := range families[buildInfo].GetMetric() {
		running = append(running, label(m, "version"))
	}
	slices.Sort(running)
	switch joined := strings.Join(running, ", "); {
	case len(running) == 0:
		e.found.add(severityNote, "versions", "the collector does not tell its version", "", "update it to "+version)
	case joined != version:
		e.found.add(severityNote, "versions", "the collector runs another version", joined+", this is "+version, "run the same one everywhere")
	default:
		e.found.add(severityOK, "versions", "the collector runs this one", version, "")
	}
}

// expiresSoon is how long before its end a token is told of; expiredLately how
// long after it.
const (
	expiresSoon   = 14 * 24 * time.Hour
	expiredLately = 30 * 24 * time.Hour
)

// examineTokens reads the file of tokens, which may be on another machine.
func (e *examination) examineTokens(context.Context) {
	const area = "tokens"
	tokens, err := token.File{Path: e.config.Tokens.File}.List()
	if err != nil {
		e.found.unasked(area, "the file cannot be read", err, "run this where tokens.file is, as a user who may read it")
		return
	}
	active, sound := 0, true
	for _, t := range tokens {
		left := t.Expires.Sub(e.now)
		evidence := fmt.Sprintf("%s, scope %s, %s", t.Name, t.Scope, t.Expires.UTC().Format(time.DateTime))
		switch state := t.State(e.now); {
		case state == "expired" && -left < expiredLately:
			sound = false
			e.found.add(severityWarn, area, "a token has expired", evidence, "who uses it is refused: make it anew with uptake token create --name "+t.Name)
		case state == "active" && t.Scope == token.Ingest:
			active++
		}
		if t.State(e.now) == "active" && !t.Expires.IsZero() && left < expiresSoon {
			sound = false
			e.found.add(severityWarn, area, "a token expires soon", evidence, "make another one under a new name and hand it out before")
		}
	}
	switch {
	case active == 0:
		e.found.add(severityFail, area, "none may send", fmt.Sprintf("%d tokens in %s", len(tokens), e.config.Tokens.File), "make one with: uptake token create --name NAME")
	case sound:
		e.found.add(severityOK, area, "none expires soon", fmt.Sprintf("%d may send", active), "")
	}
}
