package collector

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
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
// spool, and decoding alone, with what the official library takes for decoding.
func BenchmarkOTLP(b *testing.B) {
	i := benchIntake(b)
	now := time.Now()
	for _, n := range []int{100, 5, 1} {
		body, err := proto.Marshal(claudeLogs(now, n))
		if err != nil {
			b.Fatal(err)
		}
		official := func() error { return proto.Unmarshal(body, &logs.LogsData{}) }
		d := otlp.NewDecoder(i.catalogue)
		b.Run(fmt.Sprintf("to-messages/%d", n), func(b *testing.B) {
			compare(b, n, "official-library", official, func() error {
				return toMessages(i, n, now, func(batch *normalize.Batch) error { return d.Protobuf(tools.Logs, body, batch) })
			})
		})
		b.Run(fmt.Sprintf("decode-only/%d", n), func(b *testing.B) {
			compare(b, n, "official-library", official, func() error { return d.Protobuf(tools.Logs, body, nowhere{}) })
		})
	}
}

// BenchmarkOTLPJSON is the same for OTLP's JSON.
func BenchmarkOTLPJSON(b *testing.B) {
	const n = 100
	i := benchIntake(b)
	now := time.Now()
	body, err := protojsonMarshal(claudeLogs(now, n))
	if err != nil {
		b.Fatal(err)
	}
	d := otlp.NewDecoder(i.catalogue)
	official := func() error { return protojson.Unmarshal(body, &logs.LogsData{}) }
	compare(b, n, "official-library", official, func() error {
		return toMessages(i, n, now, func(batch *normalize.Batch) error { return d.JSON(tools.Logs, body, batch) })
	})
}

// toMessages makes a batch of n messages and throws it away.
func toMessages(i *intake, n int, now time.Time, decode func(*normalize.Batch) error) error {
	batch := i.normalizer.Begin(normalize.Sender{}, now)
	defer batch.Close(true)
	if err := decode(batch); err != nil {
		return err
	}
	if got := len(batch.Entries()); got != n {
		return fmt.Errorf("%d messages of %d", got, n)
	}
	return nil
}

type nowhere struct{}

func (nowhere) Telemetry(*tools.Record)   {}
func (nowhere) Unknown(tools.Origin, int) {}

// slice is how long ours and the reference run in turn: long enough for each to
// pay for its own garbage.
const slice = 10 * time.Millisecond

// compare reports how many times faster ours is than the reference.
func compare(b *testing.B, n int, name string, reference, ours func() error) {
	b.Helper()
	b.ReportMetric(inTurn(b, n, name, reference, ours), "times-faster")
}

// inTurn runs ours and the reference in turn, n records a call. It reports the
// least time of both, because a busy machine makes both slower and neither
// faster, and returns of the ratios of neighbours the one in the middle.
func inTurn(b *testing.B, n int, name string, reference, ours func() error) float64 {
	b.Helper()
	took := func(one func() error) time.Duration {
		begun, calls, spent := cpuTime(), 0, time.Duration(0)
		for more := 1; spent < slice; more = calls {
			for range more {
				if err := one(); err != nil {
					b.Fatal(err)
				}
			}
			calls += more
			spent = cpuTime() - begun
		}
		return spent / time.Duration(calls)
	}
	our, their := time.Hour, time.Hour
	var ratios []float64
	for b.Loop() {
		a, z := took(ours), took(reference)
		our, their = min(our, a), min(their, z)
		ratios = append(ratios, float64(z)/float64(a))
	}
	slices.Sort(ratios)
	records := float64(n)
	b.ReportMetric(0, "ns/op") // of both together
	b.ReportMetric(float64(our.Nanoseconds())/records, "ns/record")
	b.ReportMetric(float64(their.Nanoseconds())/records, name+"-ns/record")
	b.ReportMetric(testing.AllocsPerRun(10, func() { _ = ours() })/records, "allocs/record")
	return ratios[len(ratios)/2]
}

// cpuTime is what this process has spent on its processors: time on the clock
// also counts what others did meanwhile.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
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
	plain := func() error { return json.Unmarshal(body, new([]plainEvent)) }
	d := events.NewDecoder(i.catalogue)
	b.Run("to-messages", func(b *testing.B) {
		compare(b, n, "encoding/json", plain, func() error {
			c := &claims{batch: i.normalizer.Begin(normalize.Sender{Token: "t", Path: schema.Path_PATH_API}, now)}
			defer c.batch.Close(true)
			if err := d.Decode(events.JSON, body, c); err != nil || c.batch.Accepted() != n {
				return fmt.Errorf("%d events of %d: %w", c.batch.Accepted(), n, err)
			}
			return nil
		})
	})
	b.Run("decode-only", func(b *testing.B) {
		compare(b, n, "encoding/json", plain, func() error { return d.Decode(events.JSON, body, nobody{}) })
	})
}

type nobody struct{}

func (nobody) Event(int, *events.Event)                     {}
func (nobody) Reject(int, *schema.Rejection, *events.Event) {}
