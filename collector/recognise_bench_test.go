package collector

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/uptake-telemetry/uptake/collector/receiver/otlp"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// recogniser applies the catalogue to each record as a batch does: whose it is,
// which rules it meets, what those say.
type recogniser struct {
	event   schema.UsageEvent
	records int
}

func (r *recogniser) Unknown(_ tools.Origin, n int) { r.records += n }

func (r *recogniser) Telemetry(rec *tools.Record) {
	r.records++
	tool, e := rec.Tool, &r.event
	_, e.Identity = tool.Person(rec)
	_ = tool.Device(rec)
	if rec.Signal == tools.Metrics {
		if rule := tool.MetricRule(rec); rule != nil {
			r.describe(rec)
			rule.Fill(rec, rule.Measure(rec), e)
		}
		return
	}
	for _, rule := range []*tools.Rule{tool.Rule(rec), tool.RuleBesides(rec)} {
		if rule != nil {
			r.describe(rec)
			rule.Fill(rec, e)
		}
	}
}

func (r *recogniser) describe(rec *tools.Record) {
	tool, e := rec.Tool, &r.event
	e.Surface, e.PersonKind, e.ToolVersion = tool.Surface(rec), tool.PersonKind(rec), tool.Version(rec)
	_ = tool.Session(rec)
}

// BenchmarkRecognise measures decoding and recognising the recordings of all
// tools, against decoding them with the usual library and against our own
// decoding alone: the second says what the catalogue adds.
func BenchmarkRecognise(b *testing.B) {
	i := benchIntake(b)
	bodies := allRecordings(b)
	d := otlp.NewDecoder(i.catalogue)
	all := func(sink otlp.Sink) func() error {
		return func() error {
			for _, body := range bodies {
				if err := d.Protobuf(body.signal, body.binary, sink); err != nil {
					return err
				}
			}
			return nil
		}
	}
	official := func() error {
		for _, body := range bodies {
			if err := proto.Unmarshal(body.binary, methods[body.path].message()); err != nil {
				return err
			}
		}
		return nil
	}
	counted := &recogniser{}
	if err := all(counted)(); err != nil {
		b.Fatal(err)
	}
	b.Run("against-the-library", func(b *testing.B) { compare(b, counted.records, "official-library", official, all(&recogniser{})) })
	b.Run("against-decoding", func(b *testing.B) {
		b.ReportMetric(1/inTurn(b, counted.records, "decode-only", all(nowhere{}), all(&recogniser{})), "x-decode-only")
	})
}

type signalBody struct {
	signal tools.Signal
	path   string
	binary []byte
}

// allRecordings reads the recordings of all tools as protobuf.
func allRecordings(b *testing.B) (bodies []signalBody) {
	b.Helper()
	paths := map[string]tools.Signal{"logs": tools.Logs, "metrics": tools.Metrics, "traces": tools.Spans}
	err := filepath.WalkDir(recordings, func(file string, entry fs.DirEntry, err error) error {
		for word, signal := range paths {
			if err != nil || entry.IsDir() || !strings.Contains(entry.Name(), word) {
				continue
			}
			body, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			r := recording{path: "/v1/" + word, body: body}
			if strings.Contains(file, ".pb") {
				r.contentType = "application/x-protobuf"
			}
			if strings.HasSuffix(file, ".gz") {
				r.encoding = "gzip"
			}
			bodies = append(bodies, signalBody{signal, r.path, r.protobuf(b)})
		}
		return err
	})
	if err != nil || len(bodies) == 0 {
		b.Fatal("no recordings", err)
	}
	return bodies
}
