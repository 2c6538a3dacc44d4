package normalize

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/schema"
)

func claim(id string) (*schema.UsageEvent, Names) {
	return &schema.UsageEvent{OccurredAtUnixNano: uint64(now.UnixNano()), Tool: "codex", Action: schema.Action_ACTION_PROMPT},
		Names{ID: id, Person: "Ada@example.com", Device: "laptop-17", Session: "s"}
}

func (f *fixture) claimed(t *testing.T, sender Sender, change func(*schema.UsageEvent, *Names)) *schema.UsageEvent {
	t.Helper()
	e, names := claim("a-17")
	change(e, &names)
	b := f.Begin(sender, now)
	if r := b.Claim(e, names); r != nil {
		t.Fatal(r)
	}
	events, _ := decoded(t, b)
	b.Close(true)
	return events[0]
}

func TestClaimedEventsAreFilledIn(t *testing.T) {
	f := setUp(t)
	e := f.claimed(t, Sender{Token: "ci", Path: schema.Path_PATH_API}, func(*schema.UsageEvent, *Names) {})
	id := schema.EventID("id", "ci", string(e.Device), "a-17")
	switch {
	case !bytes.Equal(e.EventId, id[:]):
		t.Error("the id is not that of token, device and id")
	case e.Initiator != schema.Initiator_INITIATOR_USER || e.PersonKind != schema.PersonKind_PERSON_KIND_HUMAN:
		t.Error("defaults are missing")
	case e.Identity != schema.Identity_IDENTITY_CLAIMED || !bytes.Equal(e.Person, f.pseudonymizer.Person("ada@example.com")):
		t.Error("the person is not the claimed one")
	case e.Path != schema.Path_PATH_API || e.Evidence != schema.Evidence_EVIDENCE_OBSERVED:
		t.Error("path or evidence is missing")
	}
	bound := f.claimed(t, Sender{Person: f.pseudonymizer.Person("bob@example.com")}, func(*schema.UsageEvent, *Names) {})
	if bound.Identity != schema.Identity_IDENTITY_TOKEN || !bytes.Equal(bound.Person, f.pseudonymizer.Person("bob@example.com")) {
		t.Error("the token's person does not win")
	}
	service := f.claimed(t, Sender{}, func(e *schema.UsageEvent, _ *Names) { e.PersonKind = schema.PersonKind_PERSON_KIND_SERVICE })
	if service.PersonKind != schema.PersonKind_PERSON_KIND_SERVICE {
		t.Error("the kind of person is lost")
	}
}

func TestClaimedIDs(t *testing.T) {
	f := setUp(t)
	id := func(sender Sender, change func(*schema.UsageEvent, *Names)) string {
		return hex.EncodeToString(f.claimed(t, sender, change).EventId)
	}
	same := func(*schema.UsageEvent, *Names) {}
	model := func(e *schema.UsageEvent, _ *Names) { e.Model = "gpt-5" }
	device := func(_ *schema.UsageEvent, n *Names) { n.Device = "laptop-18" }
	if id(Sender{Token: "a"}, same) != id(Sender{Token: "a", Path: schema.Path_PATH_EXTENSION}, model) {
		t.Error("with an id, the content or the path changes it")
	}
	if id(Sender{Token: "a"}, same) == id(Sender{Token: "b"}, same) || id(Sender{Token: "a"}, same) == id(Sender{Token: "a"}, device) {
		t.Error("an id is not that of one token and device")
	}
	without := func(change func(*schema.UsageEvent, *Names)) func(*schema.UsageEvent, *Names) {
		return func(e *schema.UsageEvent, n *Names) { n.ID = ""; change(e, n) }
	}
	defaults := func(e *schema.UsageEvent, _ *Names) {
		e.Initiator, e.PersonKind = schema.Initiator_INITIATOR_USER, schema.PersonKind_PERSON_KIND_HUMAN
	}
	derived := id(Sender{Token: "a", Path: schema.Path_PATH_API}, without(same))
	if derived != id(Sender{Token: "b", Path: schema.Path_PATH_EXTENSION}, without(defaults)) {
		t.Error("without an id, token, path or stated defaults change it")
	}
	if derived == id(Sender{}, without(model)) || derived == id(Sender{}, without(device)) {
		t.Error("without an id, the content does not change it")
	}
}

func TestClaimedEventsThatAreRefused(t *testing.T) {
	f := setUp(t)
	for want, change := range map[string]func(*schema.UsageEvent){
		"bad_time time":          func(e *schema.UsageEvent) { e.OccurredAtUnixNano = uint64(now.AddDate(-2, 0, 0).UnixNano()) },
		"bad_value model":        func(e *schema.UsageEvent) { e.Model = "please fix the bug" },
		"bad_value tool_version": func(e *schema.UsageEvent) { e.ToolVersion = "ada@example.com" },
	} {
		e, names := claim("a-17")
		change(e)
		b := f.Begin(Sender{Token: "ci"}, now)
		r := b.Claim(e, names)
		if r == nil || string(r.Code)+" "+r.Field != want {
			t.Errorf("got %v, want %s", r, want)
			continue
		}
		b.RefuseClaim(r, e, names)
		_, letters := decoded(t, b)
		for _, word := range []string{"fix the bug", "example.com", "laptop-17", "a-17"} {
			if bytes.Contains(b.encoded, []byte(word)) {
				t.Errorf("%q is in the letter", word)
			}
		}
		if l := letters[0]; l.Code != string(r.Code) || len(l.EventId) != schema.EventIDSize || b.Rejected() != 1 || b.Accepted() != 0 {
			t.Errorf("got %v", l)
		}
		b.Close(true)
	}
}

func TestNamesOfModelsAndVersions(t *testing.T) {
	for word, want := range map[string]bool{
		"": true, "claude-sonnet-5": true, "models/gemini-2.5-pro": true, "claude-sonnet-4@20250514": true, "claude-opus-4-6[1m]": true, "gpt-5:latest": true,
		"arn:aws:bedrock:us-east-1:1234:inference-profile/us.anthropic.claude": true,
		"/home/ada/models/x": false, "ada@example.com": false, "two words": false, "a/../b": false, "~/x": false, "file:///models/x": false, "C:/models/x": false, "https://example.com/x": false, "x\ny": false, strings.Repeat("x", 129): false,
	} {
		if ModelName(word) != want {
			t.Errorf("%q: got %v", word, !want)
		}
	}
	for word, want := range map[string]bool{"2.1.330": true, "0.169.0-alpha.1+build": true, "v22": true, "a b": false, "a@b": false, "/x": false} {
		if VersionName(word) != want {
			t.Errorf("%q: got %v", word, !want)
		}
	}
}

// A letter about a tool that no file has is the event that it will be once a
// file has it, but for the word.
func TestUnknownToolsAreKnownAgain(t *testing.T) {
	f := setUp(t)
	refused := func(id, word string, change func(*schema.UsageEvent)) *schema.DeadLetter {
		t.Helper()
		e, names := claim(id)
		e.Tool, names.UnknownTool = "", word
		change(e)
		b := f.Begin(Sender{Token: "ci", Path: schema.Path_PATH_API}, now)
		b.RefuseClaim(schema.Reject(schema.CodeUnknownTool, "tool", "no tool of the catalogue has this id"), e, names)
		if bytes.Contains(b.encoded, []byte("our-copilot")) || bytes.Contains(b.encoded, []byte("Our-Copilot")) {
			t.Error("the word is in the letter")
		}
		_, letters := decoded(t, b)
		b.Close(true)
		return letters[0]
	}
	same := func(*schema.UsageEvent) {}
	for _, id := range []string{"a-17", ""} {
		want := f.claimed(t, Sender{Token: "ci", Path: schema.Path_PATH_API}, func(e *schema.UsageEvent, n *Names) { e.Tool, n.ID = "our-copilot", id })
		l := refused(id, "our-copilot", same)
		if !bytes.Equal(l.ToolPseudonym, f.pseudonymizer.Append(nil, schema.ToolIdentifier, "our-copilot")) {
			t.Errorf("id %q: the pseudonym of the word is %x", id, l.ToolPseudonym)
		}
		if !bytes.Equal(l.EventId, want.EventId) {
			t.Errorf("id %q: the letter has the id %x, the event would have %x", id, l.EventId, want.EventId)
		}
		l.Event.Tool = "our-copilot"
		if l.Event.String() != want.String() {
			t.Errorf("id %q: the letter holds\n%s, want\n%s", id, l.Event, want)
		}
	}
	for what, l := range map[string]*schema.DeadLetter{
		"a word that no file can have": refused("a", "Our-Copilot", same),
		"a bad model":                  refused("a", "our-copilot", func(e *schema.UsageEvent) { e.Model = "please fix" }),
		"a bad time":                   refused("a", "our-copilot", func(e *schema.UsageEvent) { e.OccurredAtUnixNano = uint64(now.AddDate(-2, 0, 0).UnixNano()) }),
		"no word":                      refused("a", "", same),
	} {
		if l.ToolPseudonym != nil {
			t.Errorf("%s has a pseudonym", what)
		}
	}
}

func TestAnEventAheadKeepsItsID(t *testing.T) {
	f := setUp(t)
	want := f.claimed(t, Sender{}, func(_ *schema.UsageEvent, n *Names) { n.ID = "" })
	e, names := claim("")
	b := f.Begin(Sender{}, now.Add(-time.Hour))
	r := b.Claim(e, names)
	if r == nil || r.Code != schema.CodeBadTime {
		t.Fatalf("got %v", r)
	}
	b.RefuseClaim(r, e, names)
	_, letters := decoded(t, b)
	b.Close(true)
	if !bytes.Equal(letters[0].EventId, want.EventId) {
		t.Error("the letter has another id than the event in time")
	}
}

func TestEveryEventNamesItsCollector(t *testing.T) {
	f := setUp(t)
	before := f.claimed(t, Sender{}, func(_ *schema.UsageEvent, n *Names) { n.ID = "" })
	f.collector = "c-3f9a01bc"
	after := f.claimed(t, Sender{}, func(_ *schema.UsageEvent, n *Names) { n.ID = "" })
	if after.Collector != "c-3f9a01bc" || !bytes.Equal(before.EventId, after.EventId) {
		t.Errorf("the event is of the collector %q, with the id %x, before %x", after.Collector, after.EventId, before.EventId)
	}
	events, _ := f.events(t, Sender{}, f.record("claude-code", "user_prompt", "prompt.id", "p"))
	if len(events) != 1 || events[0].Collector != "c-3f9a01bc" {
		t.Errorf("got %v", events)
	}
}
