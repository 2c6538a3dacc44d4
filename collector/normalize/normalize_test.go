package normalize

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

var key = []byte("0123456789abcdef0123456789abcdef")

var now = time.Date(2026, 11, 20, 9, 15, 0, 0, time.UTC)

type fixture struct {
	*Normalizer
	catalogue *tools.Catalogue
	registry  *prometheus.Registry
}

func setUp(t testing.TB) *fixture {
	t.Helper()
	catalogue, err := tools.Load()
	if err != nil {
		t.Fatal(err)
	}
	pseudonymizer, err := schema.NewPseudonymizer(key)
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	n, err := New(Deps{Catalogue: catalogue, Pseudonymizer: pseudonymizer, Registerer: registry})
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{n, catalogue, registry}
}

// record makes a log record of the tool; names of attributes that begin with
// "resource:" are the resource's.
func (f *fixture) record(tool, name string, attributes ...string) *tools.Record {
	rec := f.catalogue.NewRecord()
	rec.Tool, rec.Signal, rec.Time = f.catalogue.Tool(tool), tools.Logs, uint64(now.UnixNano())
	f.set(rec, "event.name", name)
	for i := 0; i < len(attributes); i += 2 {
		f.set(rec, attributes[i], attributes[i+1])
	}
	return rec
}

func (f *fixture) set(rec *tools.Record, name, value string) {
	into := &rec.Attributes
	if plain, found := strings.CutPrefix(name, "resource:"); found {
		name, into = plain, &rec.Resource
	}
	if slot, known := f.catalogue.Slot(name); known {
		into.Set(slot, tools.Value{Kind: tools.KindString, Str: value})
	}
}

// events takes the records as one request and returns what becomes of them.
func (f *fixture) events(t testing.TB, sender Sender, records ...*tools.Record) (events []*schema.UsageEvent, letters []*schema.DeadLetter) {
	t.Helper()
	b := f.Begin(sender, now.Add(time.Minute))
	for _, rec := range records {
		b.Telemetry(rec)
	}
	events, letters = decoded(t, b)
	b.Close(true)
	return events, letters
}

func decoded(t testing.TB, b *Batch) (events []*schema.UsageEvent, letters []*schema.DeadLetter) {
	t.Helper()
	for _, entry := range b.Entries() {
		m, err := schema.DecodeMessage(entry)
		if err != nil {
			t.Fatal(err)
		}
		e, l := &schema.UsageEvent{}, &schema.DeadLetter{}
		if m.Kind == schema.DeadLetterMessage {
			err = l.UnmarshalVT(m.Value)
			letters = append(letters, l)
		} else {
			err = e.UnmarshalVT(m.Value)
			events = append(events, e)
			if r := schema.Validate(e); r != nil {
				t.Errorf("ingest would refuse it: %v", r)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return events, letters
}

// TestWhatRecordsMean is the mapping of the built-in files, rule by rule.
func TestWhatRecordsMean(t *testing.T) {
	f := setUp(t)
	for _, tt := range []struct {
		tool, name string
		attributes []string
		want       string
	}{
		{"claude-code", "user_prompt", nil, "prompt user "},
		{"claude-code", "claude_code.user_prompt", nil, "prompt user "},
		{"claude-code", "user_prompt", []string{"command_name", "exit"}, "heard"},
		{"claude-code", "api_request", nil, "request user true"},
		{"claude-code", "api_request", []string{"query_source", "sdk"}, "request user true"},
		{"claude-code", "api_request", []string{"query_source", "repl_main_thread"}, "request user true"},
		{"claude-code", "api_request", []string{"query_source", "agent:builtin:general-purpose"}, "request agent true"},
		{"claude-code", "api_request", []string{"query_source", "compact"}, "request agent true"},
		{"claude-code", "api_error", []string{"query_source", "sdk"}, "request user false"},
		{"claude-code", "tool_decision", []string{"tool_name", "Bash", "decision", "accept", "source", "config"}, "tool_use user automatic"},
		{"claude-code", "tool_decision", []string{"tool_name", "Bash", "decision", "accept", "source", "hook"}, "tool_use user automatic"},
		{"claude-code", "tool_decision", []string{"tool_name", "Edit", "decision", "accept", "source", "user_temporary"}, "edit user accepted"},
		{"claude-code", "tool_decision", []string{"tool_name", "Write", "decision", "accept", "source", "user_permanent"}, "edit user accepted"},
		{"claude-code", "tool_decision", []string{"tool_name", "NotebookEdit", "decision", "reject", "source", "user_reject"}, "edit user rejected"},
		{"claude-code", "tool_decision", []string{"tool_name", "Bash", "decision", "reject", "source", "config"}, "tool_use user rejected"},
		{"claude-code", "tool_decision", []string{"tool_name", "Bash", "decision", "accept", "source", "config", "agent_id", "a1"}, "tool_use agent automatic"},
		{"claude-code", "tool_result", []string{"tool_name", "Bash", "success", "true", "tool_use_id", "t"}, "heard"},
		{"claude-code", "tool_result", []string{"tool_name", "Bash", "success", "true"}, "tool_use user automatic true"},
		{"codex", "codex.user_prompt", nil, "prompt user "},
		{"codex", "codex.sse_event", []string{"event.kind", "response.completed"}, "heard"},
		{"codex", "codex.sse_event", []string{"event.kind", "response.completed", "input_token_count", "5"}, "request user true"},
		{"codex", "codex.sse_event", []string{"event.kind", "response.created", "input_token_count", "5"}, "heard"},
		{"codex", "codex.tool_decision", []string{"tool_name", "exec_command", "decision", "approved", "source", "Config"}, "tool_use user automatic"},
		{"codex", "codex.tool_decision", []string{"tool_name", "apply_patch", "decision", "approved_for_session", "source", "User"}, "edit user accepted"},
		{"codex", "codex.tool_decision", []string{"tool_name", "apply_patch", "decision", "denied", "source", "User"}, "edit user rejected"},
		{"codex", "codex.tool_decision", []string{"tool_name", "shell", "decision", "abort", "source", "user"}, "tool_use user rejected"},
		{"codex", "codex.tool_result", []string{"tool_name", "exec_command", "success", "true"}, "heard"},
		{"codex", "codex.tool_result", []string{"tool_name", "update_plan", "success", "true"}, "tool_use user automatic true"},
		{"gemini-cli", "gemini_cli.user_prompt", nil, "prompt user "},
		{"gemini-cli", "gemini_cli.api_response", []string{"role", "main"}, "request user true"},
		{"gemini-cli", "gemini_cli.api_response", []string{"role", "utility_summarizer"}, "request agent true"},
		{"gemini-cli", "gemini_cli.api_error", []string{"role", "main", "status_code", "400"}, "request user false"},
		{"gemini-cli", "gemini_cli.api_error", []string{"role", "main", "status_code", "503"}, "heard"},
		{"gemini-cli", "gen_ai.client.inference.operation.details", nil, "heard"},
		{"gemini-cli", "gemini_cli.tool_call", []string{"function_name", "replace", "decision", "accept", "interactive", "true", "success", "true"}, "edit user accepted true"},
		{"gemini-cli", "gemini_cli.tool_call", []string{"function_name", "replace", "decision", "accept", "interactive", "false"}, "edit user automatic"},
		{"gemini-cli", "gemini_cli.tool_call", []string{"function_name", "write_file", "decision", "modify", "interactive", "true"}, "edit user accepted"},
		{"gemini-cli", "gemini_cli.tool_call", []string{"function_name", "run_shell_command", "decision", "reject", "success", "false"}, "tool_use user rejected false"},
		{"gemini-cli", "gemini_cli.tool_call", []string{"function_name", "read_file", "decision", "accept", "interactive", "true"}, "tool_use user automatic"},
		{"gemini-cli", "gemini_cli.tool_call", []string{"function_name", "run_shell_command", "decision", "auto_accept", "interactive", "true"}, "tool_use user automatic"},
		{"qwen-code", "qwen-code.user_prompt", nil, "prompt user"},
		{"copilot-cli", "invoke_agent", nil, "heard"},
	} {
		attributes := append([]string{"resource:user.email", tt.name + strings.Join(tt.attributes, "") + tt.tool}, tt.attributes...)
		events, letters := f.events(t, Sender{}, f.record(tt.tool, tt.name, attributes...))
		if len(events) != 1 || len(letters) != 0 {
			t.Errorf("%s %v: %d events, %d letters", tt.name, tt.attributes, len(events), len(letters))
			continue
		}
		e := events[0]
		words := []string{e.Action.Name(), e.Initiator.Name()}
		if e.Decision != 0 {
			words = append(words, e.Decision.Name())
		}
		if e.Success != nil {
			words = append(words, map[bool]string{true: "true", false: "false"}[*e.Success])
		}
		got := strings.Join(words, " ")
		if e.Heard {
			got = "heard"
		}
		if got != strings.TrimSpace(tt.want) {
			t.Errorf("%s %s %v: got %q, want %q", tt.tool, tt.name, tt.attributes, got, tt.want)
		}
	}
}

func TestTokenArithmetic(t *testing.T) {
	f := setUp(t)
	for _, tt := range []struct {
		tool, name string
		attributes []string
		want       [5]uint64
	}{
		{"claude-code", "api_request", []string{"input_tokens", "1", "cache_read_tokens", "2", "cache_creation_tokens", "3", "output_tokens", "4"}, [5]uint64{1, 2, 3, 4, 0}},
		{"codex", "codex.sse_event", []string{"event.kind", "response.completed", "input_token_count", "100", "cached_token_count", "30", "cache_write_token_count", "20", "output_token_count", "9", "reasoning_token_count", "5"}, [5]uint64{50, 30, 20, 4, 5}},
		{"codex", "codex.sse_event", []string{"event.kind", "response.completed", "input_token_count", "10", "cached_token_count", "30"}, [5]uint64{0, 30, 0, 0, 0}},
		{"gemini-cli", "gemini_cli.api_response", []string{"input_token_count", "100", "cached_content_token_count", "30", "tool_token_count", "7", "output_token_count", "9", "thoughts_token_count", "5"}, [5]uint64{77, 30, 0, 9, 5}},
		{"gemini-cli", "gemini_cli.api_response", []string{"input_token_count", "-5", "output_token_count", "many"}, [5]uint64{}},
	} {
		events, _ := f.events(t, Sender{}, f.record(tt.tool, tt.name, tt.attributes...))
		e := events[0]
		if got := [5]uint64{e.TokensInputUncached, e.TokensCacheRead, e.TokensCacheWrite, e.TokensOutput, e.TokensReasoning}; got != tt.want {
			t.Errorf("%s %v: got %v, want %v", tt.tool, tt.attributes, got, tt.want)
		}
	}
}

func TestCostComesInMillionths(t *testing.T) {
	f := setUp(t)
	events, _ := f.events(t, Sender{},
		f.record("claude-code", "api_request", "cost_usd", "0.0010526", "request_id", "1"),
		f.record("claude-code", "api_request", "cost_usd", "0.0010526", "cost_usd_micros", "1054", "request_id", "2"))
	if events[0].CostMicroUsd != 1053 || events[1].CostMicroUsd != 1054 {
		t.Errorf("got %d and %d", events[0].CostMicroUsd, events[1].CostMicroUsd)
	}
}

func TestWhoIsThePerson(t *testing.T) {
	f := setUp(t)
	pseudonym := func(id string) string { return string(f.pseudonymizer.Person(id)) }
	own := Sender{Person: f.pseudonymizer.Person("token@example.com")}
	for name, tt := range map[string]struct {
		sender     Sender
		attributes []string
		person     string
		identity   schema.Identity
	}{
		"the token's person wins":      {own, []string{"user.email", "login@example.com"}, "token@example.com", schema.Identity_IDENTITY_TOKEN},
		"a login":                      {Sender{}, []string{"user.email", " Login@Example.com ", "resource:user.email", "it@example.com"}, "login@example.com", schema.Identity_IDENTITY_ACCOUNT},
		"a copy of the resource":       {Sender{}, []string{"user.email", "it@example.com", "resource:user.email", "it@example.com"}, "it@example.com", schema.Identity_IDENTITY_ATTRIBUTE},
		"enduser.id of the resource":   {Sender{}, []string{"resource:enduser.id", "a", "resource:user.email", "b", "resource:user.name", "c"}, "a", schema.Identity_IDENTITY_ATTRIBUTE},
		"user.email of the resource":   {Sender{}, []string{"resource:enduser.id", " ", "resource:user.email", "b", "resource:user.name", "c"}, "b", schema.Identity_IDENTITY_ATTRIBUTE},
		"user.name of the resource":    {Sender{}, []string{"resource:user.name", "c"}, "c", schema.Identity_IDENTITY_ATTRIBUTE},
		"an account before the vendor": {Sender{}, []string{"user.account_uuid", "u-1"}, "u-1", schema.Identity_IDENTITY_ACCOUNT},
		"an installation is nobody":    {Sender{}, []string{"user.id", "0123abcd"}, "", schema.Identity_IDENTITY_NONE},
	} {
		events, _ := f.events(t, tt.sender, f.record("claude-code", "user_prompt", tt.attributes...))
		e, want := events[0], pseudonym(tt.person)
		if string(e.Person) != want || e.Identity != tt.identity || e.PersonKind != schema.PersonKind_PERSON_KIND_HUMAN {
			t.Errorf("%s: got %x by %s", name, e.Person, e.Identity.Name())
		}
	}
}

func TestDeviceIsTheMachineElseTheInstallation(t *testing.T) {
	f := setUp(t)
	events, _ := f.events(t, Sender{},
		f.record("claude-code", "user_prompt", "user.id", "install-1", "prompt.id", "1"),
		f.record("claude-code", "user_prompt", "user.id", "install-1", "resource:host.name", "Laptop-17", "prompt.id", "2"))
	for i, want := range []string{"install-1", "laptop-17"} {
		// The roster's alias of the device is the same pseudonym.
		if got := events[i].Device; !bytes.Equal(got, f.pseudonymizer.Person("device:"+want)) {
			t.Errorf("device %x is not %s", got, want)
		}
	}
}

func TestIDsDependOnTheFactAlone(t *testing.T) {
	f, other := setUp(t), setUp(t)
	record := func(f *fixture, more ...string) *tools.Record {
		return f.record("claude-code", "api_request", append([]string{"session.id", "s", "request_id", "r", "event.sequence", "4"}, more...)...)
	}
	first, _ := f.events(t, Sender{Token: "a"}, record(f))
	again, _ := other.events(t, Sender{Token: "b", Person: f.pseudonymizer.Person("x")}, record(other, "user.email", "ada@example.com", "model", "m"))
	if !bytes.Equal(first[0].EventId, again[0].EventId) {
		t.Error("the id depends on the sender, the collector or the content")
	}
	later := record(f)
	later.Time++
	different, _ := f.events(t, Sender{}, later, record(f, "client_request_id", "x"))
	for _, e := range different {
		if bytes.Equal(first[0].EventId, e.EventId) {
			t.Error("two facts have one id")
		}
	}
}

func TestAUseIsCountedOnceHoweverManyDecisionsItHas(t *testing.T) {
	f := setUp(t)
	first := f.record("codex", "codex.tool_decision", "conversation.id", "c", "call_id", "1", "tool_name", "shell", "decision", "approved", "source", "Config")
	second := f.record("codex", "codex.tool_decision", "conversation.id", "c", "call_id", "1", "tool_name", "shell", "decision", "approved", "source", "User")
	second.Time += uint64(time.Second)
	unnamed := f.record("codex", "codex.tool_decision", "conversation.id", "c", "tool_name", "shell", "decision", "approved")
	later := f.record("codex", "codex.tool_decision", "conversation.id", "c", "tool_name", "shell", "decision", "approved")
	later.Time += uint64(time.Second)
	events, _ := f.events(t, Sender{}, first, second, unnamed, later)
	if !bytes.Equal(events[0].EventId, events[1].EventId) {
		t.Error("two decisions on one use are two uses")
	}
	if bytes.Equal(events[2].EventId, events[3].EventId) {
		t.Error("two uses without a call id are one")
	}
}

// TestCallsOfOneInteractionAreOnePrompt holds without a session, which Claude Code
// can be told to leave out.
func TestCallsOfOneInteractionAreOnePrompt(t *testing.T) {
	f := setUp(t)
	call := func(interaction byte, after time.Duration) *tools.Record {
		rec := f.record("claude-code", "", "llm_request.context", "interaction", "query_source_safe", "sdk")
		rec.Signal, rec.Name = tools.Spans, "claude_code.llm_request"
		rec.HasParent, rec.ParentID[0], rec.TraceID[0] = true, interaction, 1
		rec.Time += uint64(after)
		return rec
	}
	prompts := map[string]bool{}
	events, _ := f.events(t, Sender{}, call(1, 0), call(1, time.Second), call(2, 2*time.Second))
	for _, e := range events {
		if e.Action.Name() == "prompt" {
			prompts[string(e.EventId)] = true
		}
	}
	if len(prompts) != 2 {
		t.Errorf("two interactions are %d prompts", len(prompts))
	}
}

func TestTimesOutOfBoundsAreDeadLetters(t *testing.T) {
	f := setUp(t)
	for name, at := range map[string]uint64{
		"none": 0, "of long ago": uint64(now.AddDate(-2, 0, 0).UnixNano()), "ahead": uint64(now.Add(time.Hour).UnixNano()), "of the year 2554": ^uint64(0),
	} {
		rec := f.record("claude-code", "user_prompt", "user.email", "ada@example.com")
		rec.Time = at
		events, letters := f.events(t, Sender{}, rec)
		if len(events) != 0 || len(letters) != 1 || letters[0].Code != "bad_time" || letters[0].Tool != "claude-code" || letters[0].Event.Action != schema.Action_ACTION_PROMPT {
			t.Errorf("%s: got %v, %v", name, events, letters)
		}
	}
	observed := f.record("codex", "codex.user_prompt")
	observed.Time, observed.Observed = 0, uint64(now.UnixNano())
	if events, _ := f.events(t, Sender{}, observed); len(events) != 1 || events[0].OccurredAtUnixNano != uint64(now.UnixNano()) {
		t.Errorf("the observed time does not stand in: %v", events)
	}
}

func TestMarksAreMadeOncePersonToolAndDay(t *testing.T) {
	f := setUp(t)
	ignored := func() *tools.Record { return f.record("claude-code", "plugin_loaded", "user.email", "ada@example.com") }
	nobody := f.record("claude-code", "plugin_loaded")
	tomorrow := ignored()
	tomorrow.Time -= uint64(24 * time.Hour)
	first, _ := f.events(t, Sender{}, ignored(), ignored(), nobody, tomorrow, ignored())
	if len(first) != 2 && len(first) != 3 {
		t.Fatalf("got %d marks, want one for each day", len(first))
	}
	if again, _ := f.events(t, Sender{}, ignored(), tomorrow); len(again) != 0 {
		t.Errorf("got %d marks again", len(again))
	}
	if e := first[0]; !e.Heard || e.OccurredAtUnixNano != uint64(now.Truncate(24*time.Hour).UnixNano()) {
		t.Errorf("got %v", e)
	}
	b := f.Begin(Sender{}, now)
	b.Telemetry(f.record("codex", "x", "resource:user.email", "ada@example.com"))
	b.Close(false)
	if again, _ := f.events(t, Sender{}, f.record("codex", "x", "resource:user.email", "ada@example.com")); len(again) != 1 {
		t.Error("a mark that was not stored is not made again")
	}
}

func TestRecentForgetsTheOldest(t *testing.T) {
	r := newRecent(2)
	id := func(i byte) [schema.EventIDSize]byte { return [schema.EventIDSize]byte{i} }
	r.add([][schema.EventIDSize]byte{id(1), id(2), id(2), id(3)})
	if r.has(id(1)) || !r.has(id(2)) || !r.has(id(3)) || len(r.ids) != 2 {
		t.Errorf("got %v", r.ids)
	}
}

func TestOnlyWhatIsStoredCounts(t *testing.T) {
	f := setUp(t)
	for _, stored := range []bool{false, true} {
		b := f.Begin(Sender{}, now)
		b.Telemetry(f.record("codex", "codex.user_prompt"))
		b.Ignore(nil, 7)
		b.refuse(schema.Reject(schema.CodeTooLong, "id", "x"), nil, nil)
		b.Close(stored)
	}
	if a, r, i := testutil.ToFloat64(f.metrics.accepted), testutil.ToFloat64(f.metrics.rejected.WithLabelValues("too_long")), testutil.ToFloat64(f.metrics.ignoredOf(nil)); a != 1 || r != 1 || i != 7 {
		t.Errorf("accepted %v, rejected %v, ignored %v, want 1, 1, 7", a, r, i)
	}
}
