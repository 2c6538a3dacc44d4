package tools

import (
	"strings"
	"testing"
)

const patternTool = `id: own
name: Own
vendor: Us
category: coding
recognise: {services: [own]}
authority: {prompts: [logs]}
logs:
  name_from: [event.name]
  records:
    - {name: x, action: prompt, when: [{attribute: prompt_id, matches: PATTERN}]}
`

func TestConditionsMayLookForAPattern(t *testing.T) {
	c, err := load(t, map[string]string{"own.yaml": strings.Replace(patternTool, "PATTERN", "'^[^#]*#{2}[0-9]+$'", 1)})
	if err != nil {
		t.Fatal(err)
	}
	for id, holds := range map[string]bool{"a##1": true, "a##1#sub#0": false, "a": false, "": false} {
		rec := c.NewRecord()
		rec.Tool, rec.Signal = c.Tool("own"), Logs
		for name, value := range map[string]string{"event.name": "x", "prompt_id": id} {
			slot, _ := c.Slot(name)
			rec.Attributes.Set(slot, Value{Kind: KindString, Str: value})
		}
		if got := rec.Tool.Rule(rec) != nil; got != holds {
			t.Errorf("%q: the condition holds: %v, want %v", id, got, holds)
		}
	}
}

func TestAPatternThatIsNoneIsAnError(t *testing.T) {
	_, err := load(t, map[string]string{"own.yaml": strings.Replace(patternTool, "PATTERN", "'(a'", 1)})
	if err == nil || !strings.Contains(err.Error(), "when[0]: matches:") {
		t.Errorf("got %v, want the place of the pattern", err)
	}
}

func TestAMemberOfAListIsReadLikeOneOfJSON(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	qwen := c.Tool("qwen-code")
	metadata, _ := c.Slot("metadata")
	member, _ := c.Slot(MemberName("metadata", "model_added_lines"))
	name, _ := c.Slot("event.name")
	for form, set := range map[string]func(a *Attributes){
		"text": func(a *Attributes) {
			a.Set(metadata, Value{Kind: KindString, Str: `{"file":"x","model_added_lines":3}`})
		},
		"list": func(a *Attributes) {
			a.Set(metadata, Value{Kind: KindOther})
			a.Set(member, Value{Kind: KindInt, Int: 3})
		},
	} {
		rec := c.NewRecord()
		rec.Tool, rec.Signal = qwen, Logs
		rec.Attributes.Set(name, Value{Kind: KindString, Str: "qwen-code.tool_call"})
		set(&rec.Attributes)
		rule := qwen.Rule(rec)
		if rule == nil {
			t.Fatal(form, "no rule")
		}
		if got := rule.numbers[1].of(rec); got != 3 {
			t.Errorf("%s: %d lines added, want 3", form, got)
		}
	}
}
