package store

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/table"
)

// columnLine matches a column of a CREATE TABLE: its name, its type and whether
// the server fills it in.
var columnLine = regexp.MustCompile("(?m)^    `?([a-z_]+)`? ((?:Nullable|LowCardinality|DateTime64|DateTime|Enum8)\\([^\\n]*?\\)|[A-Za-z0-9]+)( MATERIALIZED [^\\n]*)?,?$")

// addedColumn matches a column that a later state of the tables has besides.
var addedColumn = regexp.MustCompile("ADD COLUMN IF NOT EXISTS `?([a-z_]+)`? ((?:Nullable|LowCardinality|DateTime64|Enum8)\\([^\\n]*?\\)|[A-Za-z0-9]+)")

func tableColumns(t *testing.T, name string) (columns []string, types map[string]string) {
	t.Helper()
	types = map[string]string{}
	for _, m := range table.All() {
		for _, s := range m.Statements {
			if strings.HasPrefix(s, "ALTER TABLE "+name+" ") {
				for _, found := range addedColumn.FindAllStringSubmatch(s, -1) {
					columns = append(columns, found[1])
					types[found[1]] = found[2]
				}
			}
			if !strings.HasPrefix(s, "CREATE TABLE IF NOT EXISTS "+name+"\n") {
				continue
			}
			for _, found := range columnLine.FindAllStringSubmatch(s, -1) {
				if found[3] == "" {
					columns = append(columns, found[1])
					types[found[1]] = found[2]
				}
			}
		}
	}
	return columns, types
}

var exampleOrigin = Origin{Partition: 3, Offset: 70, Published: time.UnixMilli(1_790_000_002_345)}

func example() *schema.UsageEvent {
	yes := true
	return &schema.UsageEvent{
		EventId: []byte("0123456789abcdef"), OccurredAtUnixNano: 1_790_000_000_123_456_789, ReceivedAtUnixNano: 1_790_000_001_000_000_000,
		Path: schema.Path_PATH_API, Evidence: schema.Evidence_EVIDENCE_OBSERVED, Tool: "codex", ToolVersion: "1.0", Surface: schema.Surface_SURFACE_CLI,
		Person: []byte("ada-ada-ada-ada!"), PersonKind: schema.PersonKind_PERSON_KIND_HUMAN, Identity: schema.Identity_IDENTITY_TOKEN,
		Device: []byte("device-device-17"), Session: []byte("session-session1"), Action: schema.Action_ACTION_PROMPT,
		Initiator: schema.Initiator_INITIATOR_USER, Decision: schema.Decision_DECISION_ACCEPTED, Model: "gpt",
		TokensInputUncached: 1, TokensCacheRead: 2, TokensCacheWrite: 3, TokensOutput: 4, TokensReasoning: 5,
		CostMicroUsd: 6, LinesAdded: 7, LinesRemoved: 8, DurationMs: 9, Success: &yes,
		Signal: schema.Signal_SIGNAL_LOGS, Collector: "c-3f9a01bc",
	}
}

func exampleReading() *schema.UsageEvent {
	e := example()
	e.Action = 0
	e.Reading = &schema.Reading{Stream: []byte("stream-stream-01"), StartedAtUnixNano: 1_789_000_000_000_000_001, Measure: schema.Measure_MEASURE_COMMITS, Value: 1.5, Temporality: 2}
	return e
}

func exampleHeard() *schema.UsageEvent {
	e := example()
	e.Action, e.Heard = 0, true
	return e
}

func exampleLetter() *schema.DeadLetter {
	return &schema.DeadLetter{ReceivedAtUnixNano: 1_790_000_001_000_000_000, Path: 3, Stage: 1, Tool: "codex", Code: "bad_value", Field: "time", Message: "why", EventId: []byte("0123456789abcdef")}
}

func TestInsertsNameEveryColumnOfTheirTables(t *testing.T) {
	b := NewBlock()
	b.Add(example(), exampleOrigin)
	b.Add(exampleReading(), exampleOrigin)
	b.Add(exampleHeard(), exampleOrigin)
	b.AddLetter(exampleLetter(), uuid.UUID{15: 7}, Place{"t", 1, 2})
	var order []string
	for _, in := range b.inserts("token") {
		order = append(order, in.table)
		want, _ := tableColumns(t, in.table)
		var got []string
		for _, c := range in.columns {
			got = append(got, c.name)
			if n := reflect.ValueOf(c.values).Len(); n != in.rows {
				t.Errorf("%s.%s has %d values for %d rows", in.table, c.name, n, in.rows)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: inserts name %v, the table has %v", in.table, got, want)
		}
	}
	if want := []string{"event", "reading", "heard", "dead_letter", "touched_hour"}; !slices.Equal(order, want) {
		t.Errorf("the order is %v", order)
	}
}

// Enumerations go by their number, so the tables must number as the schema does.
func TestTablesNumberAsTheSchema(t *testing.T) {
	value := regexp.MustCompile(`'([a-z_]*)' = (\d+)`)
	names := map[string]func(int32) string{
		"path":        func(v int32) string { return schema.Path(v).Name() },
		"evidence":    func(v int32) string { return schema.Evidence(v).Name() },
		"surface":     func(v int32) string { return schema.Surface(v).Name() },
		"person_kind": func(v int32) string { return schema.PersonKind(v).Name() },
		"identity":    func(v int32) string { return schema.Identity(v).Name() },
		"action":      func(v int32) string { return schema.Action(v).Name() },
		"initiator":   func(v int32) string { return schema.Initiator(v).Name() },
		"decision":    func(v int32) string { return schema.Decision(v).Name() },
		"temporality": func(v int32) string { return schema.Temporality(v).Name() },
		"stage":       func(v int32) string { return schema.Stage(v).Name() },
		"signal":      func(v int32) string { return schema.Signal(v).Name() },
	}
	numbers := map[string]map[int32]string{
		"path": schema.Path_name, "evidence": schema.Evidence_name, "surface": schema.Surface_name, "person_kind": schema.PersonKind_name,
		"identity": schema.Identity_name, "action": schema.Action_name, "initiator": schema.Initiator_name, "decision": schema.Decision_name,
		"temporality": schema.Temporality_name, "stage": schema.Stage_name, "signal": schema.Signal_name,
	}
	for _, name := range []string{"event", "reading", "dead_letter"} {
		_, types := tableColumns(t, name)
		for column, kind := range types {
			if !strings.HasPrefix(kind, "Enum8") {
				continue
			}
			values := value.FindAllStringSubmatch(kind, -1)
			if len(values) != len(numbers[column]) {
				t.Errorf("%s.%s has %d values, the schema %d", name, column, len(values), len(numbers[column]))
			}
			for _, v := range values {
				n, _ := strconv.Atoi(v[2])
				if got := names[column](int32(n)); got != v[1] {
					t.Errorf("%s.%s: %d is %q in the table and %q in the schema", name, column, n, v[1], got)
				}
			}
		}
	}
}

func TestABlockSplitsByMonthAndCountsHours(t *testing.T) {
	b := NewBlock()
	for _, s := range []string{"2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z", "2026-11-01T00:59:59Z", "2026-11-01T01:00:00Z"} {
		at, _ := time.Parse(time.RFC3339, s)
		e := example()
		e.OccurredAtUnixNano = uint64(at.UnixNano())
		b.Add(e, exampleOrigin)
	}
	inserts := b.inserts("topic:0:1-4")
	var got []string
	for _, in := range inserts {
		got = append(got, fmt.Sprintf("%s %d", in.token, in.rows))
	}
	want := []string{"topic:0:1-4:event:202610 1", "topic:0:1-4:event:202611 3", "topic:0:1-4:touched_hour 3"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if rows := inserts[2].columns[1].values; !reflect.DeepEqual(rows, []uint64{1, 2, 1}) {
		t.Errorf("hours hold %v", rows)
	}
	if b.Months() != 2 || b.Rows() != 4 || b.Bytes() != 4*eventBytes {
		t.Errorf("months %d, rows %d, bytes %d", b.Months(), b.Rows(), b.Bytes())
	}
}

func TestAResetBlockIsEmptyAndItsRowsAreNotShared(t *testing.T) {
	b := NewBlock()
	for range 2 {
		e := example()
		b.Add(e, exampleOrigin)
		b.Add(exampleHeard(), exampleOrigin)
		b.Add(exampleHeard(), exampleOrigin)
		*e.Success, e.EventId[0] = false, 'x'
		inserts := b.inserts("t")
		if len(inserts) != 3 || inserts[0].rows != 1 || inserts[1].rows != 1 {
			t.Fatalf("got %v", inserts)
		}
		if c := b.events[202609]; c.eventID[0][0] != '0' || !*c.success[0] {
			t.Error("the block shares memory with an event")
		}
		b.Reset()
		if n := b.inserts("t"); len(n) != 0 || b.Rows() != 0 || b.Bytes() != 0 {
			t.Errorf("after a reset %v", n)
		}
	}
}

func TestALetterIsNeverRefused(t *testing.T) {
	b := NewBlock()
	l := exampleLetter()
	l.Path, l.Stage, l.EventId, l.Message = 77, 99, []byte("short"), strings.Repeat("é", 400)+"\xff"
	b.AddLetter(l, uuid.UUID{}, Place{"t", 1, 2})
	c := b.letters[202609]
	if c.path[0] != 0 || c.stage[0] != 0 || len(c.message[0]) > maxLetterMessage || !strings.HasPrefix(c.message[0], "é") {
		t.Errorf("got %v %v %d", c.path, c.stage, len(c.message[0]))
	}
}

func TestConfigNamesTheSetting(t *testing.T) {
	for setting, change := range map[string]func(*Config){
		"insert_timeout": func(c *Config) { c.InsertTimeout = 0 },
		"max_backoff":    func(c *Config) { c.MaxBackoff = 0 },
		"inserts":        func(c *Config) { c.Inserts = 0 },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), setting+": ") {
			t.Errorf("%s: got %v", setting, err)
		}
	}
}

func BenchmarkBlock(b *testing.B) {
	value, _ := example().MarshalVT()
	block := NewBlock()
	var e schema.UsageEvent
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		e.Reset()
		if err := e.UnmarshalVT(value); err != nil {
			b.Fatal(err)
		}
		if r := schema.Validate(&e); r != nil {
			b.Fatal(r)
		}
		block.Add(&e, exampleOrigin)
		if block.Rows() == 20_000 {
			block.Reset()
		}
	}
}
