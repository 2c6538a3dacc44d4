package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/uptake-telemetry/uptake/adoption/rollup"
	"github.com/uptake-telemetry/uptake/collector/normalize"
	"github.com/uptake-telemetry/uptake/collector/receiver/otlp"
	"github.com/uptake-telemetry/uptake/collector/receiver/receivertest"
	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
	"github.com/uptake-telemetry/uptake/ingest/store"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// export is one request of one signal.
type export struct {
	signal tools.Signal
	body   proto.Message
}

// exportsOf reads the requests of a recorded run.
func exportsOf(t *testing.T, files []string) (all []export) {
	t.Helper()
	for _, file := range files {
		body := unzipped(t, file)
		e := export{}
		switch {
		case strings.Contains(file, "logs"):
			e = export{tools.Logs, &logs.LogsData{}}
		case strings.Contains(file, "metrics"):
			e = export{tools.Metrics, &metrics.MetricsData{}}
		default:
			e = export{tools.Spans, &traces.TracesData{}}
		}
		var err error
		if strings.Contains(file, ".pb") {
			err = proto.Unmarshal(body, e.body)
		} else {
			err = receivertest.ReadJSON(body, e.body)
		}
		if err != nil {
			t.Fatal(file, err)
		}
		all = append(all, e)
	}
	return all
}

func unzipped(t *testing.T, file string) []byte {
	t.Helper()
	body, err := os.ReadFile(file)
	if err == nil && strings.HasSuffix(file, ".gz") {
		body, err = gunzip(body)
	}
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// pieces cuts a request into one for each of its records and points.
func (e export) pieces() (all []export) {
	switch body := e.body.(type) {
	case *logs.LogsData:
		for _, r := range body.ResourceLogs {
			for _, s := range r.ScopeLogs {
				for _, record := range s.LogRecords {
					one := &logs.ScopeLogs{Scope: s.Scope, LogRecords: []*logs.LogRecord{record}}
					all = append(all, export{e.signal, &logs.LogsData{ResourceLogs: []*logs.ResourceLogs{{Resource: r.Resource, ScopeLogs: []*logs.ScopeLogs{one}}}}})
				}
			}
		}
	case *traces.TracesData:
		for _, r := range body.ResourceSpans {
			for _, s := range r.ScopeSpans {
				for _, span := range s.Spans {
					one := &traces.ScopeSpans{Scope: s.Scope, Spans: []*traces.Span{span}}
					all = append(all, export{e.signal, &traces.TracesData{ResourceSpans: []*traces.ResourceSpans{{Resource: r.Resource, ScopeSpans: []*traces.ScopeSpans{one}}}}})
				}
			}
		}
	case *metrics.MetricsData:
		for _, r := range body.ResourceMetrics {
			for _, s := range r.ScopeMetrics {
				for _, m := range s.Metrics {
					one := &metrics.ScopeMetrics{Scope: s.Scope, Metrics: []*metrics.Metric{m}}
					all = append(all, export{e.signal, &metrics.MetricsData{ResourceMetrics: []*metrics.ResourceMetrics{{Resource: r.Resource, ScopeMetrics: []*metrics.ScopeMetrics{one}}}}})
				}
			}
		}
	}
	return all
}

// halves is the pipeline without its sockets: collectors, the store, rollup.
type halves struct {
	t          *testing.T
	catalogue  *tools.Catalogue
	collectors [2]*normalize.Normalizer
	conn       driver.Conn
	store      *store.Store
	stored     int
	key        *schema.Pseudonymizer
}

func newHalves(t *testing.T) *halves {
	t.Helper()
	catalogue, err := tools.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := &halves{t: t, catalogue: catalogue, conn: enginetest.New(t)}
	h.key, err = schema.NewPseudonymizer(bytes.Repeat([]byte("k"), schema.MinKeySize))
	if err != nil {
		t.Fatal(err)
	}
	for i := range h.collectors {
		if h.collectors[i], err = normalize.New(normalize.Deps{Catalogue: catalogue, Pseudonymizer: h.key}); err != nil {
			t.Fatal(err)
		}
	}
	log := slog.New(slog.DiscardHandler)
	if err := migrate.Run(t.Context(), h.conn, log); err != nil {
		t.Fatal(err)
	}
	if h.store, err = store.New(store.DefaultConfig(), store.Deps{Conn: h.conn, Logger: log, Registerer: prometheus.NewRegistry()}); err != nil {
		t.Fatal(err)
	}
	return h
}

// sent is an export of a person, who is the run's.
type sent struct {
	export
	run string
}

// take sends exports to the collectors and what they make of them to the tables.
func (h *halves) take(exports []sent, which func() int) {
	h.t.Helper()
	block := store.NewBlock()
	for _, e := range exports {
		body, err := proto.Marshal(e.body)
		if err != nil {
			h.t.Fatal(err)
		}
		batch := h.collectors[which()].Begin(normalize.Sender{Path: schema.Path_PATH_OTLP, Person: h.key.Person(e.run)}, time.Now())
		if err := otlp.NewDecoder(h.catalogue).Protobuf(e.signal, body, batch); err != nil {
			h.t.Fatal(err)
		}
		for _, entry := range batch.Entries() {
			h.add(block, entry)
		}
		batch.Close(true)
	}
	h.stored++
	if err := h.store.Write(h.t.Context(), block, fmt.Sprint("block ", h.stored)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *halves) add(block *store.Block, entry []byte) {
	h.t.Helper()
	message, err := schema.DecodeMessage(entry)
	if err != nil || message.Kind != schema.EventMessage {
		h.t.Fatal("a message is no event", err)
	}
	var event schema.UsageEvent
	if err := event.UnmarshalVT(message.Value); err != nil {
		h.t.Fatal(err)
	}
	if r := schema.Validate(&event); r != nil {
		h.t.Fatal(r)
	}
	block.Add(&event, store.Origin{})
}

// personDays rebuilds all days, returns them by person and empties the tables.
func (h *halves) personDays() map[string][]string {
	h.t.Helper()
	ctx := h.t.Context()
	work, err := rollup.Stale(ctx, h.conn)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := rollup.Rebuild(ctx, h.conn, h.catalogue.Orders(), work.Days); err != nil {
		h.t.Fatal(err)
	}
	days := map[string][]string{}
	for _, row := range h.rows("SELECT * FROM person_day ORDER BY person, day, tool") {
		person, _, _ := strings.Cut(row, ",")
		days[person] = append(days[person], row)
	}
	for _, table := range []string{"event", "reading", "heard", "touched_hour", "person_day", "act_day"} {
		if err := h.conn.Exec(ctx, "TRUNCATE TABLE "+table); err != nil {
			h.t.Fatal(err)
		}
	}
	return days
}

// rows returns a query's answer, each row as a line.
func (h *halves) rows(query string) (lines []string) {
	h.t.Helper()
	rows, err := h.conn.Query(context.Background(), query)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		values := make([]any, len(rows.ColumnTypes()))
		for i, column := range rows.ColumnTypes() {
			values[i] = reflect.New(column.ScanType()).Interface()
		}
		if err := rows.Scan(values...); err != nil {
			h.t.Fatal(err)
		}
		line, err := json.Marshal(values)
		if err != nil {
			h.t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	if err := rows.Err(); err != nil {
		h.t.Fatal(err)
	}
	return lines
}

// recordedRuns are the files of each recorded run of the catalogue's tools.
func recordedRuns(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(recordings + "/*/*-[0-9]*.gz")
	if err != nil || len(files) == 0 {
		t.Fatal("no recordings", err)
	}
	runs := map[string][]string{}
	for _, file := range files {
		run, _, _ := strings.Cut(filepath.Base(file), "-0")
		runs[run] = append(runs[run], file)
	}
	return runs
}

// However the exports of a run are cut, ordered, repeated and spread over
// collectors, its person-days are those of the run exported once.
func TestAnyWayOfExportingGivesTheSamePersonDays(t *testing.T) {
	h := newHalves(t)
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	runs := recordedRuns(t)
	exports := map[string][]export{}
	for run, files := range runs {
		exports[run] = exportsOf(t, files)
		h.take(of(run, exports[run]), func() int { return 0 })
	}
	want := h.personDays()
	if len(want) < len(runs)/2 {
		t.Fatalf("only %d of %d runs have person-days", len(want), len(runs))
	}
	for range 3 {
		var all []sent
		for run := range runs {
			all = append(all, h.anyHow(random, run, exports[run])...)
		}
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for some := range slices.Chunk(all, len(all)/5+1) {
			h.take(some, func() int { return random.IntN(len(h.collectors)) })
		}
		got := h.personDays()
		for run := range runs {
			person := fmt.Sprintf("[%q", schema.PseudonymString(h.key.Person(run)))
			if !slices.Equal(got[person], want[person]) {
				t.Errorf("%s, seed %d:\n got %s\nwant %s", run, seed, got[person], want[person])
			}
		}
	}
}

func of(run string, exports []export) (all []sent) {
	for _, e := range exports {
		all = append(all, sent{e, run})
	}
	return all
}

// anyHow is each export or each of its pieces, once or more.
func (h *halves) anyHow(random *rand.Rand, run string, exports []export) (all []sent) {
	for _, e := range exports {
		pieces := []export{e}
		if random.IntN(4) > 0 {
			pieces = e.pieces()
		}
		for _, piece := range of(run, pieces) {
			for range 1 + random.IntN(3) {
				all = append(all, piece)
			}
		}
	}
	return all
}
