package collector

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	logs "go.opentelemetry.io/proto/otlp/logs/v1"

	"github.com/uptake-telemetry/uptake/collector/normalize"
	"github.com/uptake-telemetry/uptake/collector/receiver/events"
	"github.com/uptake-telemetry/uptake/collector/receiver/otlp"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

func benchIntake(b *testing.B) *intake {
	b.Helper()
	catalogue, err := tools.Load()
	if err != nil {
		b.Fatal(err)
	}
	i, err := newIntake(catalogue, &Deps{IdentityKey: identityKey})
	if err != nil {
		b.Fatal(err)
	}
	return i
}

// claudeLogs is a request of n records as Claude Code sends them, about 20
// attributes and 700 bytes each.
func claudeLogs(at time.Time, n int) *logs.LogsData {
	data := canaryLogs(at)
	group := data.ResourceLogs[0].ScopeLogs[0]
	base := group.LogRecords[1]
	group.LogRecords = nil
	for i := range n {
		record := proto.Clone(base).(*logs.LogRecord)
		for _, a := range []struct{ key, value string }{
			{"event.timestamp", "2026-11-22T08:05:40.758Z"}, {"prompt.id", "e738de60-61de-4c1d-8aec-24ddd6ccd161"}, {"anthropic.provider", "firstParty"},
			{"terminal.type", "xterm-256color"}, {"output_tokens", "11"}, {"cache_read_tokens", "1009"}, {"cache_creation_tokens", "53"},
			{"cost_usd_micros", "646"}, {"duration_ms", "119"}, {"event.sequence", fmt.Sprint(i)},
		} {
			record.Attributes = append(record.Attributes, attribute(a.key, a.value))
		}
		group.LogRecords = append(group.LogRecords, record)
	}
	return data
}

// BenchmarkOTLP compares decoding and normalizing, up to the messages for the
// spool, with what the official library takes for decoding alone.
func BenchmarkOTLP(b *testing.B) {
	i := benchIntake(b)
	now := time.Now()
	for _, n := range []int{100, 5, 1} {
		body, err := proto.Marshal(claudeLogs(now, n))
		if err != nil {
			b.Fatal(err)
		}
		text, err := protojsonMarshal(claudeLogs(now, n))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("protobuf/%d", n), func(b *testing.B) {
			d := otlp.NewDecoder(i.catalogue)
			perRecord(b, n, func() {
				batch := i.normalizer.Begin(normalize.Sender{}, now)
				if err := d.Protobuf(tools.Logs, body, batch); err != nil || len(batch.Entries()) != n {
					b.Fatal(err, len(batch.Entries()))
				}
				batch.Close(true)
			})
		})
		b.Run(fmt.Sprintf("protobuf decode only/%d", n), func(b *testing.B) {
			d := otlp.NewDecoder(i.catalogue)
			perRecord(b, n, func() {
				if err := d.Protobuf(tools.Logs, body, nowhere{}); err != nil {
					b.Fatal(err)
				}
			})
		})
		b.Run(fmt.Sprintf("official library/%d", n), func(b *testing.B) {
			perRecord(b, n, func() {
				if err := proto.Unmarshal(body, &logs.LogsData{}); err != nil {
					b.Fatal(err)
				}
			})
		})
		b.Run(fmt.Sprintf("JSON/%d", n), func(b *testing.B) {
			d := otlp.NewDecoder(i.catalogue)
			perRecord(b, n, func() {
				batch := i.normalizer.Begin(normalize.Sender{}, now)
				if err := d.JSON(tools.Logs, text, batch); err != nil || len(batch.Entries()) != n {
					b.Fatal(err, len(batch.Entries()))
				}
				batch.Close(true)
			})
		})
	}
}

type nowhere struct{}

func (nowhere) Telemetry(*tools.Record) {}
func (nowhere) Ignore(*tools.Tool, int) {}

func perRecord(b *testing.B, n int, one func()) {
	b.ReportAllocs()
	for b.Loop() {
		one()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/record")
}

// plainEvent is an event as encoding/json would read it.
type plainEvent struct {
	ID          string            `json:"id"`
	Time        time.Time         `json:"time"`
	Tool        string            `json:"tool"`
	ToolVersion string            `json:"tool_version"`
	Surface     string            `json:"surface"`
	Person      string            `json:"person"`
	Device      string            `json:"device"`
	Session     string            `json:"session"`
	Action      string            `json:"action"`
	Model       string            `json:"model"`
	Tokens      map[string]uint64 `json:"tokens"`
	Cost        uint64            `json:"cost_micro_usd"`
	Duration    uint64            `json:"duration_ms"`
	Success     bool              `json:"success"`
}

// BenchmarkEvents compares reading events of JSON with what encoding/json takes
// for decoding alone.
func BenchmarkEvents(b *testing.B) {
	const n = 100
	i := benchIntake(b)
	now := time.Now()
	one := event(`, "id": "a-17", "tool_version": "2.1.330", "surface": "cli", "person": "ada@example.com", "device": "laptop-17", "session": "s-1", "model": "gpt-5.5", "tokens": {"input_uncached": 10, "output": 20}, "cost_micro_usd": 1200, "duration_ms": 1800, "success": true`)
	body := []byte("[" + strings.Repeat(one+",", n-1) + one + "]")
	b.Run("to messages", func(b *testing.B) {
		d := events.NewDecoder(i.catalogue)
		perRecord(b, n, func() {
			c := &claims{batch: i.normalizer.Begin(normalize.Sender{Token: "t", Path: schema.Path_PATH_API}, now)}
			if err := d.Decode(events.JSON, body, c); err != nil || c.batch.Accepted() != n {
				b.Fatal(err, string(c.answer.JSON()))
			}
			c.batch.Close(true)
		})
	})
	b.Run("decode only", func(b *testing.B) {
		d := events.NewDecoder(i.catalogue)
		perRecord(b, n, func() {
			if err := d.Decode(events.JSON, body, nobody{}); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("encoding json", func(b *testing.B) {
		perRecord(b, n, func() {
			var decoded []plainEvent
			if err := json.Unmarshal(body, &decoded); err != nil {
				b.Fatal(err)
			}
		})
	})
}

type nobody struct{}

func (nobody) Event(int, *events.Event)                     {}
func (nobody) Reject(int, *schema.Rejection, *events.Event) {}
