package normalize

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

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
		"/home/ada/models/x": false, "ada@example.com": false, "two words": false, "a/../b": false, "~/x": false, "x\ny": false, strings.Repeat("x", 129): false,
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
