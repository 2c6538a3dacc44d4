package tools

import (
	"strings"
	"testing"

	"github.com/uptake-telemetry/uptake/schema"
)

const spanTool = `id: own
name: Own
vendor: Us
category: coding
recognise: {services: [own]}
authority: {prompts: [spans, logs], requests: [spans]}
identity:
  - {attribute: name, kind: account, not_in: [unknown]}
  - {attribute: "resource:enduser.id", kind: attribute}
logs:
  name_from: [body]
  records:
    - {name: turn, when: [{attribute: "body:step", in: ["0"]}], action: prompt, id: ["body:session"]}
spans:
  records:
    - {name: turn, when: [{attribute: "span:parent", present: false}], action: prompt, id: ["span:trace"], timeless: true}
    - {name: turn, when: [{attribute: "span:status", in: [error]}], besides: true, action: request, id: ["span:id", "span:parent_id"]}
`

func spanRecord(t *testing.T, signal Signal) *Record {
	t.Helper()
	c, err := load(t, map[string]string{"own.yaml": spanTool})
	if err != nil {
		t.Fatal(err)
	}
	rec := c.NewRecord()
	rec.Tool, rec.Signal, rec.Name = c.Tool("own"), signal, "turn"
	return rec
}

func TestASpanMayTellOfTwoFacts(t *testing.T) {
	rec := spanRecord(t, Spans)
	if rec.Tool.Rule(rec) == nil || rec.Tool.RuleBesides(rec) != nil {
		t.Error("a span that went well does not tell of a prompt alone")
	}
	rec.Status = 2
	second := rec.Tool.RuleBesides(rec)
	if rec.Tool.Rule(rec) == nil || second == nil {
		t.Fatal("a span that failed does not tell of a prompt and of a request")
	}
	var e schema.UsageEvent
	if second.Fill(rec, &e); e.Action != schema.Action_ACTION_REQUEST {
		t.Errorf("the second fact is a %s", e.Action.Name())
	}
}

func TestIDsOfSpans(t *testing.T) {
	rec := spanRecord(t, Spans)
	rec.Status = 2
	if rec.Tool.Rule(rec).Timeless(rec) {
		t.Error("a span without a trace goes by the trace")
	}
	rec.TraceID[15], rec.SpanID[7] = 1, 2
	if trace := rec.Tool.Rule(rec).NativeID(rec, nil); !rec.Tool.Rule(rec).Timeless(rec) || trace[0].Str != strings.Repeat("0", 31)+"1" {
		t.Errorf("the trace is %q", trace[0].Str)
	}
	if ids := rec.Tool.RuleBesides(rec).NativeID(rec, nil); ids[0].Str != "0000000000000002" || ids[1].Str != "" {
		t.Errorf("span and parent are %q and %q", ids[0].Str, ids[1].Str)
	}
}

func TestABodyMayHoldANameAndATextAboutIt(t *testing.T) {
	for text, want := range map[string]bool{`{"session":"s","step":0}`: true, `{"step":1}`: false, "": false, "no JSON": false} {
		rec := spanRecord(t, Logs)
		rec.Body, rec.Detail = "turn", text
		rule := rec.Tool.Rule(rec)
		if got := rule != nil; got != want {
			t.Errorf("%q: a rule is there: %v, want %v", text, got, want)
		}
		if want && rule.NativeID(rec, nil)[0].Str != "s" {
			t.Errorf("%q: the session is not read", text)
		}
	}
}

func TestWordsThatNameNobody(t *testing.T) {
	for name, want := range map[string]string{"ada": "ada", "unknown": "it@set.this", "": "it@set.this"} {
		rec := spanRecord(t, Spans)
		for i, id := range []string{name, "it@set.this"} {
			set := []*Attributes{&rec.Attributes, &rec.Resource}[i]
			set.Set(rec.Tool.identity[i].slot, Value{Kind: KindString, Str: id})
		}
		if got, _ := rec.Tool.Person(rec); got != want {
			t.Errorf("%q: the person is %q, want %q", name, got, want)
		}
	}
}
