package normalize

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// recordOf makes a record of whatever bytes: which tool, which name, which
// attributes with which values.
func recordOf(f *fixture, names []string, data []byte) *tools.Record {
	all := f.catalogue.Tools()
	take := func(n int) []byte {
		n = min(n, len(data))
		taken := data[:n]
		data = data[n:]
		return taken
	}
	number := func() uint64 {
		var b [8]byte
		copy(b[:], take(8))
		return binary.LittleEndian.Uint64(b[:])
	}
	small := func() int {
		if b := take(1); len(b) == 1 {
			return int(b[0])
		}
		return 0
	}
	rec := f.catalogue.NewRecord()
	rec.Tool = all[small()%len(all)]
	rec.Signal = tools.Signal(small()%3) + tools.Logs
	rec.Name = names[small()%len(names)]
	rec.Time, rec.Observed, rec.Start = number(), number(), number()
	rec.Value, rec.HasValue, rec.Monotonic = math.Float64frombits(number()), small()%2 == 0, small()%4 != 0
	rec.Temporality = schema.Temporality(small() % 3)
	f.set(rec, "event.name", rec.Name)
	for len(data) > 0 {
		name := attributeNames[small()%len(attributeNames)]
		f.set(rec, name, string(take(small()%40)))
	}
	return rec
}

var attributeNames = []string{
	"session.id", "user.email", "user.id", "model", "app.version", "query_source", "tool_name", "decision", "source", "type", "input_tokens",
	"output_tokens", "input_token_count", "cached_token_count", "event.kind", "call_id", "conversation.id", "function_name", "duration_ms", "success",
	"cost_usd", "resource:user.email", "resource:enduser.id", "resource:host.name", "resource:service.version", "command_name", "role", "interactive",
}

var recordNames = []string{
	"user_prompt", "api_request", "api_error", "tool_decision", "codex.user_prompt", "codex.sse_event", "codex.tool_decision", "codex.tool_result",
	"gemini_cli.user_prompt", "gemini_cli.api_response", "gemini_cli.tool_call", "claude_code.lines_of_code.count", "claude_code.commit.count", "gemini_cli.lines.changed", "x",
}

// FuzzMapping holds the mapping to what ingest takes: whatever a client sends,
// each message decodes, and each event that is not refused is valid.
func FuzzMapping(f *testing.F) {
	fixture := setUp(f)
	for i := range recordNames {
		f.Add(append([]byte{byte(i), byte(i), byte(i), 0, 0, 0, 0, 0, 0, 0}, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789"...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b := fixture.Begin(Sender{}, now)
		defer b.Close(false)
		b.Telemetry(recordOf(fixture, recordNames, data))
		if len(b.Entries()) > 1 {
			t.Errorf("one record is %d messages", len(b.Entries()))
		}
		decoded(t, b)
	})
}
